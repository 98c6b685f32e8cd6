/** What every Store must keep apart: the records of one project from those who ask for another. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/id.ts";
import type { NewDataset, ProjectStore, Store } from "../../src/domain/ports.ts";
import { aChunk, aModel, aNewJob, aSuccess, someWeights } from "./fixtures.ts";

/** `open` gives an empty store; the suite closes it. */
export function projectContract(name: string, open: () => Promise<Store>): void {
  let store: Store;
  let ours: ProjectStore;
  let theirs: ProjectStore;
  beforeEach(async () => {
    store = await open();
    ours = store.ofProject("ours");
    theirs = store.ofProject("theirs");
  });
  afterEach(() => store.close());

  const named = (modelName: string) => ({ ...aModel("job_none"), name: modelName });

  describe(`${name}: projects`, () => {
    it("shows the jobs of one project to nobody else", async () => {
      const { id } = await ours.insertJob(aNewJob());
      await store.claimJob(1);
      await store.appendMetrics(id, 1, aChunk(1, 5));
      expect(await ours.getJob(id)).toMatchObject({ id, project: "ours" });
      expect((await ours.listJobs({}, { limit: 9 })).data.map((job) => job.id)).toEqual([id]);
      expect((await store.listJobs({}, { limit: 9 })).data.map((job) => job.id)).toEqual([id]);
      expect(await theirs.getJob(id)).toBeNull();
      expect(await theirs.readPayload(id)).toBeNull();
      expect(await theirs.queuePosition(id)).toBeNull();
      expect(await theirs.readEvents(id, 0, 10)).toEqual([]);
      expect(await theirs.readMetrics(id, 1, 5)).toEqual([]);
      for (const filter of [{}, { name: "moons" }, { state: "running" }, { name: "moons", state: "running" }] as const)
        expect((await theirs.listJobs(filter, { limit: 9 })).data).toEqual([]);
    });

    it("lets nobody else change or delete a job", async () => {
      const { id } = await ours.insertJob(aNewJob());
      const to = { state: "cancelled", at: 5, reason: "a test" } as const;
      expect(await theirs.transition(id, { from: ["queued"], to })).toBeNull();
      expect(await ours.transition(id, { from: ["queued"], to })).toMatchObject({ state: "cancelled" });
      expect(await theirs.deleteJob(id)).toBe(false);
      expect(await ours.deleteJob(id)).toBe(true);
    });

    it("gives the model of a job to the job's project", async () => {
      const { id } = await ours.insertJob(aNewJob());
      await store.claimJob(1);
      const outcome = aSuccess(id);
      await store.finishJob(id, 1, 9, "done", outcome);
      const model = outcome.model.id;
      expect(await ours.getModel(model)).toMatchObject({ name: "moons", version: 1 });
      expect(await ours.readEvaluation(model)).not.toBeNull();
      expect(await theirs.getModel(model)).toBeNull();
      expect(await theirs.readEvaluation(model)).toBeNull();
      expect(await theirs.readWeights(model)).toBeNull();
      expect(await theirs.tagModel(model, { a: "b" })).toBeNull();
      expect(await theirs.deleteModel(model)).toEqual({ deleted: false, aliases: [] });
      expect(await theirs.findModel({ kind: "id", id: model })).toBeNull();
      expect(await theirs.findModel({ kind: "newest", name: "moons" })).toBeNull();
      expect((await theirs.listModels({ limit: 9 })).data).toEqual([]);
      expect(await ours.readWeights(model)).toEqual(someWeights());
    });

    it("numbers the versions of a name in each project, and points its aliases there", async () => {
      const [first, other] = [
        await ours.insertModel(named("a"), someWeights()),
        await theirs.insertModel(named("a"), someWeights()),
      ];
      const second = await ours.insertModel(named("a"), someWeights());
      expect([first.version, second.version, other.version]).toEqual([1, 2, 1]);
      expect(await theirs.setAlias("a", "live", 2)).toBeNull();
      await ours.setAlias("a", "live", 2);
      await theirs.setAlias("a", "live", 1);
      expect((await ours.findModel({ kind: "alias", name: "a", alias: "live" }))?.id).toBe(second.id);
      expect(await theirs.findModel({ kind: "alias", name: "a", alias: "live" })).toMatchObject({
        id: other.id,
        aliases: ["live"],
      });
      expect((await ours.findModel({ kind: "version", name: "a", version: 1 }))?.id).toBe(first.id);
      expect(await ours.getModel(first.id)).toMatchObject({ aliases: [] });
      expect(await theirs.deleteAlias("a", "live")).toBe(true);
      expect(await ours.getModel(second.id)).toMatchObject({ aliases: ["live"] });
      expect(await store.findModel({ kind: "newest", name: "a" })).toBeNull();
    });

    it("keeps data sets apart, also those of the same bytes", async () => {
      const given = aNewDataset();
      const [mine, other] = [await ours.insertDataset(given), await theirs.insertDataset(aNewDataset())];
      expect([mine.created, other.created]).toEqual([true, true]);
      const { id } = mine.summary;
      expect((await ours.findDataset(given.sha256, "csv"))?.summary.id).toBe(id);
      expect((await theirs.listDatasets({ limit: 9 })).data.map((dataset) => dataset.id)).toEqual([other.summary.id]);
      expect(await theirs.getDataset(id)).toBeNull();
      expect(await theirs.describeDataset(id)).toBeNull();
      expect(await theirs.readDatasetPreview(id)).toBeNull();
      await expect(theirs.readDatasetColumns(id, ["x"])).rejects.toMatchObject({ code: "not_found" });
      expect(await theirs.deleteDataset(id)).toEqual({ deleted: false, usedBy: null });
      expect(await ours.readDatasetColumns(id, ["x"])).toEqual(new Map([["x", Float64Array.of(1, 2)]]));
    });
  });
}

function aNewDataset(): NewDataset {
  return {
    id: createId("dataset"),
    name: "table",
    format: "csv",
    sha256: "cd".repeat(32),
    bytes: 6,
    createdAt: Date.now(),
    rows: 2,
    names: ["x"],
    columnsJson: '[{"name":"x","type":"number"}]',
    previewLines: ["[1]", "[2]"],
    values: new Map([["x", Float64Array.of(1, 2)]]),
  };
}
