/** How every Store keeps the records of projects apart, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewDataset } from "../../src/domain/datasets/dataset-store.ts";
import { createId } from "../../src/domain/id.ts";
import type { ProjectStore, Store } from "../../src/domain/store/store.ts";
import { aChunk, aModel, aNewJob, aSuccess, someWeights } from "./fixtures.ts";

/** `open` gives an empty store; the suite closes it. */
export function projectContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
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

    describe("projects", () => {
      it("shows the jobs of a project to no other project", async () => {
        const { id } = await ours.jobs.insert(aNewJob());
        await store.queue.claim(1);
        await store.metrics.append(id, 1, aChunk(1, 5));
        expect(await ours.jobs.get(id)).toMatchObject({ id, project: "ours" });
        expect((await ours.jobs.list({}, { limit: 9 })).data.map((job) => job.id)).toEqual([id]);
        expect((await store.jobs.list({}, { limit: 9 })).data.map((job) => job.id)).toEqual([id]);
        expect(await theirs.jobs.get(id)).toBeNull();
        expect(await theirs.jobs.readPayload(id)).toBeNull();
        expect(await theirs.queue.position(id)).toBeNull();
        expect(await theirs.events.read(id, 0, 10)).toEqual([]);
        expect(await theirs.metrics.read(id, 1, 5)).toEqual([]);
        for (const filter of [{}, { name: "moons" }, { state: "running" }, { name: "moons", state: "running" }] as const)
          expect((await theirs.jobs.list(filter, { limit: 9 })).data).toEqual([]);
      });

      it("lets no other project change or delete a job", async () => {
        const { id } = await ours.jobs.insert(aNewJob());
        const to = { state: "cancelled", at: 5, reason: "a test" } as const;
        expect(await theirs.jobs.transition(id, { from: ["queued"], to })).toBeNull();
        expect(await ours.jobs.transition(id, { from: ["queued"], to })).toMatchObject({ state: "cancelled" });
        expect(await theirs.jobs.delete(id)).toBe(false);
        expect(await ours.jobs.delete(id)).toBe(true);
      });

      it("gives the model of a job to the job's project", async () => {
        const { id } = await ours.jobs.insert(aNewJob());
        await store.queue.claim(1);
        const outcome = aSuccess(id);
        await store.jobs.finish(id, 1, 9, "done", outcome);
        const model = outcome.model.id;
        expect(await ours.models.get(model)).toMatchObject({ name: "moons", version: 1 });
        expect(await ours.models.readEvaluation(model)).not.toBeNull();
        expect(await theirs.models.get(model)).toBeNull();
        expect(await theirs.models.readEvaluation(model)).toBeNull();
        expect(await theirs.models.readWeights(model)).toBeNull();
        expect(await theirs.models.tag(model, { a: "b" })).toBeNull();
        expect(await theirs.models.delete(model)).toEqual({ deleted: false, aliases: [] });
        expect(await theirs.models.find({ kind: "id", id: model })).toBeNull();
        expect(await theirs.models.find({ kind: "newest", name: "moons" })).toBeNull();
        expect((await theirs.models.list({ limit: 9 })).data).toEqual([]);
        expect(await ours.models.readWeights(model)).toEqual(someWeights());
      });

      it("numbers the versions of a name in each project, and points its aliases there", async () => {
        const [first, other] = [
          await ours.models.insert(named("a"), someWeights()),
          await theirs.models.insert(named("a"), someWeights()),
        ];
        const second = await ours.models.insert(named("a"), someWeights());
        expect([first.version, second.version, other.version]).toEqual([1, 2, 1]);
        expect(await theirs.models.setAlias("a", "live", 2)).toBeNull();
        await ours.models.setAlias("a", "live", 2);
        await theirs.models.setAlias("a", "live", 1);
        expect((await ours.models.find({ kind: "alias", name: "a", alias: "live" }))?.id).toBe(second.id);
        expect(await theirs.models.find({ kind: "alias", name: "a", alias: "live" })).toMatchObject({
          id: other.id,
          aliases: ["live"],
        });
        expect((await ours.models.find({ kind: "version", name: "a", version: 1 }))?.id).toBe(first.id);
        expect(await ours.models.get(first.id)).toMatchObject({ aliases: [] });
        expect(await theirs.models.deleteAlias("a", "live")).toBe(true);
        expect(await ours.models.get(second.id)).toMatchObject({ aliases: ["live"] });
        expect(await store.models.find({ kind: "newest", name: "a" })).toBeNull();
      });

      it("keeps data sets apart, also those of the same bytes", async () => {
        const given = aNewDataset();
        const [mine, other] = [await ours.datasets.insert(given), await theirs.datasets.insert(aNewDataset())];
        expect([mine.created, other.created]).toEqual([true, true]);
        const { id } = mine.summary;
        expect((await ours.datasets.find(given.sha256, "csv"))?.summary.id).toBe(id);
        expect((await theirs.datasets.list({ limit: 9 })).data.map((dataset) => dataset.id)).toEqual([other.summary.id]);
        expect(await theirs.datasets.get(id)).toBeNull();
        expect(await theirs.datasets.describe(id)).toBeNull();
        expect(await theirs.datasets.readPreview(id)).toBeNull();
        await expect(theirs.datasets.readColumns(id, ["x"])).rejects.toMatchObject({ code: "not_found" });
        expect(await theirs.datasets.delete(id)).toEqual({ deleted: false, usedBy: null });
        expect(await ours.datasets.readColumns(id, ["x"])).toEqual(new Map([["x", Float64Array.of(1, 2)]]));
      });

      it("keeps a data set that is in use when an equal one that is unused is deleted, in whichever project", async () => {
        const unlessClaimed = { unlessClaimed: true };
        const ofSchedule = (await ours.datasets.insert(aNewDataset())).summary.id;
        const given = await ours.datasets.insert({ ...aNewDataset(), isClaimed: true });
        expect([given.created, given.summary.id]).toEqual([false, ofSchedule]);
        expect(await ours.datasets.delete(ofSchedule, unlessClaimed)).toEqual({ deleted: false, usedBy: null });
        const own = await ours.datasets.insert({ ...aNewDataset(), sha256: "ef".repeat(32), isClaimed: true });
        expect(await ours.datasets.delete(own.summary.id, unlessClaimed)).toEqual({ deleted: false, usedBy: null });
        expect((await ours.datasets.delete(ofSchedule)).deleted).toBe(true);
        const again = (await ours.datasets.insert(aNewDataset())).summary.id;
        expect(await ours.datasets.delete(again, unlessClaimed)).toEqual({ deleted: true, usedBy: null });
      });

      it("copy the columns of a data set that another one shares", async () => {
        const { id } = (await ours.datasets.insert(aNewDataset())).summary;
        const values = new Map<string, never>();
        const copy = { ...aNewDataset(), sha256: "ef".repeat(32), values, copyOf: id };
        await ours.datasets.insert(copy);
        expect(await ours.datasets.readColumns(copy.id, ["x"])).toEqual(new Map([["x", Float64Array.of(1, 2)]]));
        const orphan = { ...copy, id: createId("dataset"), sha256: "aa".repeat(32), copyOf: createId("dataset") };
        await expect(ours.datasets.insert(orphan)).rejects.toMatchObject({ code: "not_found" });
      });
    });
  });
}

/** A data set of two rows. */
export function aNewDataset(): NewDataset {
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
