/** What every Store must do with what tracking clients log, whatever database is behind it. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/id.ts";
import type { Store } from "../../src/domain/store/store.ts";
import type { SweepChunk } from "../../src/domain/sweeps/sweep-store.ts";
import { parseRunFilter, parseRunOrder, RUN_ATTRIBUTES } from "../../src/domain/tracking/run-search.ts";
import { type LoggedModel, type RunInfo, TRACKING_LIMITS } from "../../src/domain/tracking/tracking.ts";
import { aNewJob } from "./fixtures.ts";
import { aNewSweep, aRequest, aTrial, generationOf, keyOf, planned } from "./sweeps.ts";

const aRun = (changes: Partial<RunInfo> = {}): RunInfo => ({
  ...{ id: createId("run"), experimentId: "0", name: "oak", userId: "ada", status: "RUNNING", lifecycle: "active" },
  ...{ startTime: 1000, endTime: null },
  ...changes,
});
const NOTHING = { metrics: [], params: [], tags: [] };
const aMetric = (value: number, step = 0, timestamp = 0, key = "loss") => ({ key, value, step, timestamp });

/** `open` gives an empty store; the suite closes it. */
export function trackingContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const find = async (
      filter: string,
      order: readonly string[] = [],
      of: { readonly tracking: Pick<Store["tracking"], "searchRuns"> } = store,
      offset = 0,
      limit = 100,
    ) => {
      const found = await of.tracking.searchRuns({
        ...{ experimentIds: ["0"], lifecycle: "active", offset, limit },
        ...{ conditions: parseRunFilter(filter, RUN_ATTRIBUTES), order: parseRunOrder(order, RUN_ATTRIBUTES) },
      });
      return found.map(({ kind, id, number }) => (kind === "trial" ? `${id}-${number}` : id));
    };

    describe("logged runs", () => {
      it("keep what was logged: the last of each metric by step, time and value, and all points in that order", async () => {
        const value = fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constantFrom(0, 1, -1));
        const point = fc.record({ value, step: fc.integer({ min: -2, max: 3 }), timestamp: fc.integer({ min: 0, max: 2 }) });
        await fc.assert(
          fc.asyncProperty(fc.array(fc.array(point, { maxLength: 8 }), { maxLength: 4 }), async (batches) => {
            const run = aRun();
            await store.tracking.insertRun(run, []);
            for (const batch of batches) {
              const metrics = batch.map((each) => ({ ...each, value: each.value === 0 ? 0 : each.value, key: "loss" }));
              for (let time = 0; time < 2; time++) await store.tracking.logToRun(run.id, 5, { ...NOTHING, metrics });
            }
            const stored = (each: { value: number }) => (Number.isNaN(each.value) ? 0 : each.value);
            const sorted = batches.flat().sort((a, b) => {
              return (
                a.step - b.step ||
                a.timestamp - b.timestamp ||
                stored(a) - stored(b) ||
                Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value))
              );
            });
            const unique = new Map(sorted.map((each) => [`${each.step} ${each.timestamp} ${each.value}`, each]));
            const points = await store.tracking.readPoints(run.id, "loss", null, 1000);
            expect(points.map(({ step, timestamp, value: each }) => `${step} ${timestamp} ${each === 0 ? 0 : each}`)).toEqual([
              ...new Set(
                [...unique.values()].map(({ step, timestamp, value: each }) => `${step} ${timestamp} ${each === 0 ? 0 : each}`),
              ),
            ]);
            const half = points[Math.floor(points.length / 2)];
            if (half) {
              const after = { ...half, isNaN: Number.isNaN(half.value) };
              const rest = await store.tracking.readPoints(run.id, "loss", after, 1000);
              expect(rest).toEqual(points.slice(Math.floor(points.length / 2) + 1));
            }
            const last = sorted.at(-1);
            const [kept] = (await store.tracking.getRun(run.id))?.metrics ?? [];
            expect(kept && [kept.step, kept.timestamp]).toEqual(last && [last.step, last.timestamp]);
          }),
          { numRuns: 20 },
        );
      });

      it("have parameters that stay, tags that change, a status and an end, and are stored whole or not at all", async () => {
        const run = aRun();
        await store.tracking.insertRun(run, [{ key: "mlflow.runName", value: "oak" }]);
        const params = [{ key: "depth", value: "7" }];
        await store.tracking.logToRun(run.id, 5, { ...NOTHING, params, tags: [{ key: "mlflow.runName", value: "elm" }] });
        const other = { metrics: [aMetric(1)], params: [{ key: "depth", value: "8" }], tags: [{ key: "a", value: "b" }] };
        await expect(store.tracking.logToRun(run.id, 6, other)).rejects.toMatchObject({ code: "invalid" });
        await store.tracking.changeRun(run.id, 7, { status: "FINISHED", endTime: 9 });
        expect(await store.tracking.getRun(run.id)).toEqual({
          ...{
            ...run,
            name: "elm",
            status: "FINISHED",
            endTime: 9,
            metrics: [],
            params,
            tags: [{ key: "mlflow.runName", value: "elm" }],
          },
          links: { datasets: [], modelInputs: [], modelOutputs: [] },
        });
        await store.tracking.deleteRunTag(run.id, 8, "mlflow.runName");
        await expect(store.tracking.deleteRunTag(run.id, 8, "mlflow.runName")).rejects.toMatchObject({ code: "not_found" });
        await store.tracking.changeRun(run.id, 9, { lifecycle: "deleted" });
        await expect(store.tracking.logToRun(run.id, 9, NOTHING)).rejects.toMatchObject({ code: "invalid" });
      });

      it("have all that two clients link to them at once, and no text beyond the limit", async () => {
        const run = aRun();
        await store.tracking.insertRun(run, []);
        const dataset = (name: string) => ({ tags: [], dataset: { name } });
        const names = Array.from({ length: 8 }, (_, at) => `table ${at}`);
        const link = (name: string) => store.tracking.linkRun(run.id, 5, { datasets: [dataset(name)], modelInputs: [name] });
        await Promise.all([...names, ...names].map(link));
        const { datasets, modelInputs } = (await store.tracking.getRun(run.id))?.links ?? {};
        expect(new Set(modelInputs)).toEqual(new Set(names));
        expect([datasets?.length, modelInputs?.length]).toEqual([8, 8]);
        const { characters } = TRACKING_LIMITS;
        const tags = Array.from({ length: 64 }, (_, at) => ({ key: `t${at}`, value: "x".repeat(characters / 64) }));
        for (const refused of [
          store.tracking.logToRun(run.id, 5, { ...NOTHING, tags }),
          store.tracking.linkRun(run.id, 5, { datasets: [dataset("x".repeat(characters))] }),
        ])
          await expect(refused).rejects.toMatchObject({ code: "too_large" });
        expect((await store.tracking.getRun(run.id))?.tags).toEqual([]);
        await store.tracking.changeRun(run.id, 6, { lifecycle: "deleted" });
        await expect(link("late")).rejects.toMatchObject({ code: "invalid" });
      });

      it("belong to one project", async () => {
        const run = aRun();
        const [ants, bees] = [store.ofProject("ants"), store.ofProject("bees")];
        await ants.tracking.insertRun(run, []);
        await ants.tracking.logToRun(run.id, 5, { ...NOTHING, metrics: [aMetric(1)] });
        expect(await bees.tracking.getRun(run.id)).toBeNull();
        expect(await bees.tracking.readPoints(run.id, "loss", null, 10)).toEqual([]);
        expect([await find("", [], bees), await find("", [], ants)]).toEqual([[], [run.id]]);
        for (const attempt of [
          bees.tracking.logToRun(run.id, 5, NOTHING),
          bees.tracking.linkRun(run.id, 5, { modelInputs: ["m"] }),
          bees.tracking.changeRun(run.id, 5, { name: "stolen" }),
          bees.tracking.deleteRunTag(run.id, 5, "a"),
        ])
          await expect(attempt).rejects.toMatchObject({ code: "not_found" });
      });

      it("are removed with their points and models when they are old, or were deleted long ago", async () => {
        const [old, deleted, fresh] = [aRun(), aRun(), aRun()];
        for (const [run, at] of [
          [old, 100],
          [deleted, 500],
          [fresh, 900],
        ] as const) {
          await store.tracking.insertRun({ ...run, startTime: 1 }, []);
          await store.tracking.logToRun(run.id, at, { ...NOTHING, metrics: [aMetric(1)] });
        }
        await store.tracking.insertModel(aModelOf(old.id));
        await store.tracking.changeRun(deleted.id, 500, { lifecycle: "deleted" });
        expect(await store.tracking.deleteOld(null, 400, 10)).toBe(0);
        expect(await store.tracking.deleteOld(null, 600, 10)).toBe(1);
        expect(await store.tracking.deleteOld(200, 0, 10)).toBe(1);
        const left = await store.tracking.getRuns([old.id, deleted.id, fresh.id]);
        expect(left.map(({ id }) => id)).toEqual([fresh.id]);
        expect(await store.tracking.readPoints(old.id, "loss", null, 10)).toEqual([]);
        expect(await store.tracking.listModels(["0"], 0, 10)).toEqual([]);
      });
    });

    describe("experiments", () => {
      it("have names of their own in a project, and tags", async () => {
        const { tracking } = store.ofProject("ants");
        const experiment = { id: "exp_1", name: "woods", lifecycle: "active", tags: [], createdAt: 1, updatedAt: 1 } as const;
        await tracking.insertExperiment(experiment);
        await expect(tracking.insertExperiment({ ...experiment, id: "exp_2" })).rejects.toMatchObject({ code: "conflict" });
        await store.ofProject("bees").tracking.insertExperiment({ ...experiment, id: "exp_2" });
        await tracking.changeExperiment("exp_1", 2, { tags: { a: "1", b: "2" } });
        await tracking.changeExperiment("exp_1", 3, { name: "forest", lifecycle: "deleted", tags: { a: null } });
        await tracking.changeExperiment("0", 4, { tags: { c: "3" } });
        expect(await tracking.findExperiment({ id: "exp_2" })).toBeNull();
        expect(await tracking.findExperiment({ name: "woods" })).toBeNull();
        expect(await tracking.findExperiment({ name: "forest" })).toMatchObject({ id: "exp_1" });
        const long = "x".repeat(TRACKING_LIMITS.experimentTags / 2);
        await tracking.changeExperiment("exp_1", 3, { tags: { long } });
        const more = { ...experiment, id: "exp_3", name: "more", tags: [{ key: "long", value: long }] };
        await expect(tracking.insertExperiment(more)).rejects.toMatchObject({ code: "too_large" });
        await tracking.changeExperiment("exp_1", 3, { tags: { long: null } });
        await expect(tracking.changeExperiment("exp_2", 4, {})).rejects.toMatchObject({ code: "not_found" });
        expect(await tracking.listExperiments()).toMatchObject([
          { id: "0", tags: [{ key: "c", value: "3" }] },
          { id: "exp_1", name: "forest", lifecycle: "deleted", tags: [{ key: "b", value: "2" }], updatedAt: 3 },
        ]);
      });
    });

    describe("logged models", () => {
      it("have what was logged of them, and metrics of their runs", async () => {
        const run = aRun();
        await store.tracking.insertRun(run, []);
        const model = aModelOf(run.id);
        await store.tracking.insertModel(model);
        await store.tracking.logToRun(run.id, 5, { ...NOTHING, metrics: [{ ...aMetric(0.5, 1), modelId: model.id }] });
        await store.tracking.changeModel(model.id, 6, {
          status: "LOGGED_MODEL_READY",
          tags: { a: "1" },
          params: [{ key: "p", value: "q" }],
        });
        const changed = { ...model, status: "LOGGED_MODEL_READY", updatedAt: 6, tags: [{ key: "a", value: "1" }] };
        expect(await store.tracking.getModel(model.id)).toEqual({
          ...changed,
          params: [{ key: "p", value: "q" }],
          metrics: [aMetric(0.5, 1)],
        });
        expect(await store.ofProject("bees").tracking.getModel(model.id)).toBeNull();
        await store.tracking.deleteModel(model.id);
        await expect(store.tracking.deleteModel(model.id)).rejects.toMatchObject({ code: "not_found" });
      });
    });

    describe("a search of runs", () => {
      it("finds logged runs, jobs, sweeps and trials by what they have, in any order and by pages", async () => {
        const job = await store.jobs.insert({
          ...aNewJob(),
          createdAt: 4000,
          labels: { tags: { team: "a" }, note: "Baseline." },
        });
        const sweep = await store.sweeps.insert(aNewSweep({ createdAt: 3000, labels: { tags: { team: "b" }, note: null } }));
        const chunk = (await store.sweeps.claimChunk(aRequest())) as SweepChunk;
        await store.sweeps.startGeneration(keyOf(chunk), generationOf(planned(3)), 2000);
        const first = (await store.sweeps.claimChunk(aRequest())) as SweepChunk;
        const done = [0, 1, 2].map((number) => aTrial(number));
        await store.sweeps.storeTrials(keyOf(first), 0, done, 2500);
        const run = aRun();
        await store.tracking.insertRun(run, []);
        const lr = [{ key: "optimizer/lr", value: "0.2" }];
        await store.tracking.logToRun(run.id, 5, {
          metrics: [aMetric(0.4), aMetric(Number.NaN, 0, 0, "auc")],
          params: lr,
          tags: [],
        });
        const trials = [0, 1, 2].map((number) => `${sweep.id}-${number}`);
        const [t0, t1, t2] = trials as [string, string, string];
        const all = [job.id, sweep.id, ...trials, run.id];
        expect(new Set(await find(""))).toEqual(new Set(all));
        expect(await find(`tags."mlflow.parentRunId" = '${sweep.id}'`, ["metrics.loss ASC"])).toEqual([t2, t1, t0]);
        const isNoSweep = "tags.`trainyard.kind` != 'sweep'";
        expect(await find(`metrics.loss < 0.45 and ${isNoSweep}`, ["metrics.loss DESC"])).toEqual([t2]);
        expect(await find("metrics.loss < 0.45 and tags.`trainyard.kind` IS NULL")).toEqual([run.id]);
        expect(await find("metrics.auc >= 0")).toEqual([]);
        expect(new Set(await find("params.\"optimizer/lr\" = '0.2'"))).toEqual(new Set([t2, run.id]));
        expect(new Set(await find("params.\"optimizer/lr\" != '0.2'"))).toEqual(new Set([job.id, t0, t1]));
        expect(await find("tags.team = 'a'")).toEqual([job.id]);
        expect(await find("tags.team LIKE 'B'")).toEqual([]);
        expect(await find("tags.team ILIKE 'B'")).toEqual([sweep.id]);
        expect(await find("tags.`mlflow.note.content` LIKE 'Base%.'")).toEqual([job.id]);
        expect(await find("run_name = 'rates #1'")).toEqual([t1]);
        expect(await find("run_name LIKE 'rates #_' and status = 'FINISHED'", ["run_id"])).toEqual(trials);
        expect(await find(`run_id IN ('${t2}', '${run.id}')`, ["run_name"])).toEqual([run.id, t2]);
        expect((await find("", ["start_time DESC"]))[0]).toBe(job.id);
        expect((await find("", ["tags.team DESC"])).slice(0, 2)).toEqual([sweep.id, job.id]);
        expect((await find("", ["params.`optimizer/lr`"])).slice(-1)).toEqual([sweep.id]);
        for (const order of [[], ["metrics.loss"], ["params.`optimizer/lr` DESC", "run_name"], ["end_time"], ["status DESC"]]) {
          const whole = await find("", order);
          const pages = [];
          for (let at = 0; at < whole.length; at += 2) pages.push(...(await find("", order, store, at, 2)));
          expect([order, pages]).toEqual([order, whole]);
        }
      });
    });
  });
}

const aModelOf = (runId: string): LoggedModel => ({
  ...{ id: createId("loggedModel"), experimentId: "0", runId, name: "oak", type: "tree", status: "LOGGED_MODEL_PENDING" },
  ...{ createdAt: 1, updatedAt: 1, metrics: [], params: [], tags: [] },
});
