/** What every Store must do with sweeps, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseFilter } from "../../src/domain/filter.ts";
import { createId } from "../../src/domain/id.ts";
import type { Store } from "../../src/domain/store/store.ts";
import type { ResolvedSweepSpec } from "../../src/domain/sweeps/sweep-spec.ts";
import {
  type ChunkRequest,
  type NewSweep,
  type ResultsRequest,
  type SweepChunk,
  TRIAL_FIELDS,
} from "../../src/domain/sweeps/sweep-store.ts";
import type { PlannedTrial, Trial, TrialResult } from "../../src/domain/sweeps/trial.ts";
import type { PlannedGeneration } from "../../src/domain/sweeps/trial-run.ts";
import { aSpec } from "./fixtures.ts";

/** A random sweep over the learning rate of a job. */
function aSweepSpec(goal: "minimize" | "maximize" = "minimize"): ResolvedSweepSpec {
  return {
    name: "rates",
    job: aSpec(),
    parameters: { "/optimizer/lr": { min: 0.001, max: 1, scale: "log", integer: false, step: null } },
    method: { type: "random" },
    objective: { metric: "loss", goal },
    folds: null,
    trials: 10,
    max_seconds: null,
    seed: 0,
    promote: "best",
  };
}

export function aNewSweep(changes: Partial<NewSweep> = {}): NewSweep {
  return {
    id: createId("sweep"),
    spec: aSweepSpec(),
    source: new TextEncoder().encode('{"data": "ü"}'),
    chunkTrials: 4,
    memoryBytes: 1000,
    bestJobId: createId("job"),
    createdAt: 1000,
    ...changes,
  };
}

export const planned = (count: number): PlannedTrial[] =>
  Array.from({ length: count }, (_, number) => ({
    number,
    parameters: { "/optimizer/lr": number / 10 },
    untilEpoch: null,
    goesOn: false,
  }));

/** A generation in chunks of at most `most` trials. */
export const generationOf = (
  trials: readonly PlannedTrial[],
  most = 4,
  index = 0,
  pruned: number[] = [],
): PlannedGeneration => {
  const parts = Array.from({ length: Math.ceil(trials.length / most) }, (_, at) => trials.slice(at * most, (at + 1) * most));
  return { index, chunks: parts.map((part) => ({ size: part.length, json: JSON.stringify(part) })), pruned };
};

export const aTrial = (number: number, changes: Partial<Trial> = {}): Trial => ({
  number,
  generation: 0,
  parameters: { "/optimizer/lr": number / 10 },
  state: "succeeded",
  reason: null,
  value: 1 / (number + 1),
  projected_value: number === 2 ? 0.125 : null,
  fold_values: null,
  epochs: 100,
  seconds: 0.25,
  sha256: "ab".repeat(32),
  curve: { epochs: [1, 100], values: [1, null] },
  ...changes,
});

let leases = 0;
export const aRequest = (changes: Partial<ChunkRequest> = {}): ChunkRequest => ({
  lease: `lease-${leases++}`,
  at: 2000,
  until: 3000,
  freeBytes: 1e9,
  runningJobs: 100,
  ...changes,
});

export const keyOf = ({ sweep, number, lease }: SweepChunk) => ({ sweepId: sweep.id, number, lease });

/** `open` gives an empty store; the suite closes it. */
export function sweepContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const claim = async (changes: Partial<ChunkRequest> = {}): Promise<SweepChunk> =>
      (await store.sweeps.claimChunk(aRequest(changes))) as SweepChunk;
    /** A sweep whose first generation has this many trials. */
    const started = async (trials: number, changes: Partial<NewSweep> = {}) => {
      const sweep = await store.sweeps.insert(aNewSweep(changes));
      const planning = await claim();
      await store.sweeps.startGeneration(keyOf(planning), generationOf(planned(trials), changes.chunkTrials), 2000);
      return sweep;
    };
    const events = async (id: string) => store.sweeps.readEvents(id, 0, 1000);

    describe("sweeps", () => {
      it("returns what was stored", async () => {
        const given = aNewSweep();
        const sweep = await store.sweeps.insert(given);
        expect(sweep).toMatchObject({
          id: given.id,
          project: "default",
          state: "queued",
          spec: given.spec,
          lastSeq: 1,
          best: null,
        });
        expect(await store.sweeps.get(sweep.id)).toEqual(sweep);
        expect(new TextDecoder().decode((await store.sweeps.readSource(sweep.id)) as Uint8Array)).toBe('{"data": "ü"}');
        expect((await store.sweeps.list({ state: "queued", name: "rates" }, { limit: 10 })).data).toEqual([sweep]);
        expect((await store.sweeps.list({ state: "paused" }, { limit: 10 })).data).toEqual([]);
        expect(await events(sweep.id)).toEqual([{ seq: 1, type: "state", state: "queued", at: 1000, reason: "submitted" }]);
      });

      it("returns null or nothing for unknown ids", async () => {
        const none = createId("sweep");
        expect(await store.sweeps.get(none)).toBeNull();
        expect(await store.sweeps.readSource(none)).toBeNull();
        expect(await store.sweeps.getTrial(none, 0)).toBeNull();
        expect(await store.sweeps.delete(none)).toBe(false);
        expect(await events(none)).toEqual([]);
        expect(await store.sweeps.transition(none, ["queued"], { state: "paused", at: 1, reason: "" })).toBeNull();
        expect(await store.sweeps.claimChunk(aRequest())).toBeNull();
        const { id } = await store.sweeps.insert(aNewSweep());
        const other = store.ofProject("other").sweeps;
        expect(await other.get(id)).toBeNull();
        expect((await other.listTrials(id, { orderBy: "number", limit: 10 })).data).toEqual([]);
        expect((await other.list({}, { limit: 10 })).data).toEqual([]);
      });

      it("enforces the limits of a project", async () => {
        for (let count = 0; count < 2; count++) await store.sweeps.insert(aNewSweep({ within: { queuedJobs: 2 } }));
        await expect(store.sweeps.insert(aNewSweep({ within: { queuedJobs: 2 } }))).rejects.toMatchObject({
          code: "rate_limited",
        });
      });

      it("runs a sweep chunk by chunk: planning, trials, planning, end", async () => {
        const sweep = await store.sweeps.insert(aNewSweep());
        const planning = await claim();
        expect(planning).toMatchObject({ trials: [], done: 0, sweep: { id: sweep.id, state: "running", startedAt: 2000 } });
        expect(await store.sweeps.claimChunk(aRequest())).toBeNull();
        await store.sweeps.startGeneration(keyOf(planning), generationOf(planned(6)), 2000);
        const [first, second] = [await claim(), await claim()];
        expect([first, second].map(({ trials }) => trials.map(({ number }) => number))).toEqual([
          [0, 1, 2, 3],
          [4, 5],
        ]);
        expect(await store.sweeps.claimChunk(aRequest())).toBeNull();
        const later = await store.sweeps.storeTrials(
          keyOf(second),
          0,
          [aTrial(4), aTrial(5, { state: "failed", value: null })],
          7,
        );
        expect(later?.isGenerationOver).toBe(false);
        expect(await store.sweeps.storeTrials(keyOf(first), 0, [aTrial(0), aTrial(1)], 8)).toMatchObject({
          isGenerationOver: false,
        });
        expect(await store.sweeps.storeTrials(keyOf(first), 2, [aTrial(2), aTrial(3)], 9)).toMatchObject({
          isGenerationOver: true,
        });
        expect(await store.sweeps.get(sweep.id)).toMatchObject({ succeeded: 5, failed: 1, best: { number: 4, value: 0.2 } });
        const last = await claim();
        expect(last.trials).toEqual([]);
        const to = { state: "succeeded" as const, at: 10, reason: "all trials are over" };
        const ended = await store.sweeps.finish(keyOf(last), { to, pruned: [], isPromoted: true, error: null });
        expect(ended).toMatchObject({ state: "succeeded", finishedAt: 10, isPromoted: true });
        expect(await store.sweeps.claimChunk(aRequest())).toBeNull();
        const all = await events(sweep.id);
        expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
        expect(all.map((event) => (event.type === "state" ? event.state : event.succeeded))).toEqual([
          ...["queued", "running", 0, 1, 3, 5, "succeeded"],
        ]);
      });

      it("chooses the best trial by the goal, and among equal ones the lowest number, in whatever order they arrive", async () => {
        const values = [3, 1, 1, 2];
        for (const [goal, best] of [
          ["minimize", { number: 1, value: 1 }],
          ["maximize", { number: 0, value: 3 }],
        ] as const) {
          const sweep = await started(4, { spec: aSweepSpec(goal), chunkTrials: 1 });
          const chunks = [await claim(), await claim(), await claim(), await claim()].reverse();
          for (const [index, chunk] of chunks.entries())
            await store.sweeps.storeTrials(keyOf(chunk), 0, [aTrial(3 - index, { value: values[3 - index] as number })], 5);
          expect((await store.sweeps.get(sweep.id))?.best).toEqual(best);
          await store.sweeps.transition(sweep.id, ["running"], { state: "cancelled", at: 6, reason: "" });
        }
      });

      it("gives a chunk to another when its lease has ended, from its first trial without a result", async () => {
        await started(4);
        const lost = await claim({ at: 2000, until: 3000 });
        await store.sweeps.storeTrials(keyOf(lost), 0, [aTrial(0)], 5);
        expect(await store.sweeps.claimChunk(aRequest({ at: 3000 }))).toBeNull();
        expect(await store.sweeps.renewLeases([lost.lease, "unknown"], 4000)).toEqual([lost.lease]);
        expect(await store.sweeps.claimChunk(aRequest({ at: 3500 }))).toBeNull();
        const taken = await claim({ at: 4001, until: 5000 });
        expect(taken).toMatchObject({ done: 1, trials: [{ number: 1 }, { number: 2 }, { number: 3 }] });
        expect(await store.sweeps.renewLeases([lost.lease], 9000)).toEqual([]);
        expect(await store.sweeps.storeTrials(keyOf(lost), 1, [aTrial(1)], 5)).toBeNull();
        await store.sweeps.releaseChunk(keyOf(lost), true);
        expect(await store.sweeps.storeTrials(keyOf(taken), 1, [aTrial(1)], 5)).not.toBeNull();
        // Storing the same results again changes nothing.
        expect(await store.sweeps.storeTrials(keyOf(taken), 1, [aTrial(1)], 5)).toBeNull();
        await store.sweeps.releaseChunk(keyOf(taken), true);
        const again = await claim({ at: 4001, until: 5000 });
        expect(again).toMatchObject({ done: 2, crashes: 1 });
        await store.sweeps.releaseAllChunks();
        expect((await claim({ at: 4001 })).done).toBe(2);
      });

      it("gives no chunk of a paused sweep, takes the results of those under way, and goes on", async () => {
        const { id } = await started(8);
        const chunk = await claim();
        await store.sweeps.transition(id, ["running"], { state: "paused", at: 5, reason: "" });
        expect(await store.sweeps.claimChunk(aRequest())).toBeNull();
        expect(await store.sweeps.storeTrials(keyOf(chunk), 0, [aTrial(0)], 6)).not.toBeNull();
        await store.sweeps.releaseChunk(keyOf(chunk), false);
        await store.sweeps.transition(id, ["paused"], { state: "queued", at: 7, reason: "" });
        expect(await claim()).toMatchObject({ done: 1, sweep: { state: "running" } });
      });

      it("takes no results of a sweep that has ended, and deletes it with its trials", async () => {
        const { id } = await started(4);
        const chunk = await claim();
        await store.sweeps.storeTrials(keyOf(chunk), 0, [aTrial(0)], 6);
        expect(await store.sweeps.delete(id)).toBe(false);
        await store.sweeps.transition(id, ["running"], { state: "cancelled", at: 5, reason: "" });
        expect(await store.sweeps.storeTrials(keyOf(chunk), 1, [aTrial(1)], 6)).toBeNull();
        expect(await store.sweeps.listEnded(6, 10)).toEqual([{ id, project: "default" }]);
        expect(await store.sweeps.delete(id)).toBe(true);
        expect(await store.sweeps.get(id)).toBeNull();
        expect(await store.sweeps.getTrial(id, 0)).toBeNull();
      });

      it("continues trials, and prunes the others", async () => {
        const { id } = await started(3);
        const rung = (number: number) => aTrial(number, { state: "running", epochs: 10 });
        await store.sweeps.storeTrials(keyOf(await claim()), 0, [rung(0), rung(1), rung(2)], 5);
        expect(await store.sweeps.get(id)).toMatchObject({ succeeded: 0, best: null });
        const next = generationOf([{ ...(planned(1)[0] as PlannedTrial), goesOn: true }], 4, 1, [1, 2]);
        await store.sweeps.startGeneration(keyOf(await claim()), next, 6);
        await store.sweeps.storeTrials(keyOf(await claim()), 0, [aTrial(0, { generation: 1, value: 0.1 })], 5);
        expect(await store.sweeps.get(id)).toMatchObject({
          generation: 1,
          succeeded: 1,
          pruned: 2,
          best: { number: 0, value: 0.1 },
        });
        const resultsOf = async (request: ResultsRequest) => {
          const { count, last, json } = await store.sweeps.readResults(id, request);
          const results = JSON.parse(new TextDecoder().decode(json)) as TrialResult[];
          expect([count, last]).toEqual([results.length, results.at(-1)?.number ?? null]);
          return results;
        };
        expect((await resultsOf({ after: -1, limit: 10 })).map(({ state }) => state)).toEqual([
          "succeeded",
          "pruned",
          "pruned",
        ]);
        expect((await resultsOf({ after: -1, limit: 10, every: 2 })).map(({ number }) => number)).toEqual([0, 2]);
        expect(await resultsOf({ after: 2, limit: 10 })).toEqual([]);
        expect(await store.sweeps.getTrial(id, 0)).toEqual(aTrial(0, { generation: 1, value: 0.1 }));
        expect(await resultsOf({ after: 1, limit: 10 })).toEqual([
          {
            ...{ number: 2, generation: 0, parameters: { "/optimizer/lr": 0.2 } },
            ...{ state: "pruned", value: 1 / 3, projected_value: 0.125 },
          },
        ]);
      });

      it("pages trials in every order, with filters", async () => {
        const { id } = await started(7, { chunkTrials: 7 });
        const values = [2, null, 1, 2, 3, null, -1];
        const trials = values.map((value, number) => aTrial(number, { value, state: value === null ? "failed" : "succeeded" }));
        await store.sweeps.storeTrials(keyOf(await claim()), 0, trials, 5);
        const numbers = async (request: object) => {
          const all: number[] = [];
          for (let after: number | undefined; ; ) {
            const given = { orderBy: "number" as const, limit: 2, ...request, after };
            const { data, hasMore, nextAfter } = await store.sweeps.listTrials(id, given);
            all.push(...data.map(({ number }) => number));
            if (!hasMore) return all;
            after = nextAfter as number;
          }
        };
        expect(await numbers({})).toEqual([0, 1, 2, 3, 4, 5, 6]);
        expect(await numbers({ orderBy: "-number" })).toEqual([6, 5, 4, 3, 2, 1, 0]);
        expect(await numbers({ orderBy: "value" })).toEqual([6, 2, 0, 3, 4, 1, 5]);
        expect(await numbers({ orderBy: "-value" })).toEqual([4, 0, 3, 2, 6, 1, 5]);
        expect(await numbers({ orderBy: "value", minValue: 1, maxValue: 2 })).toEqual([2, 0, 3]);
        expect(await numbers({ orderBy: "-value", state: "failed" })).toEqual([1, 5]);
      });

      it("finds the trials for which conditions hold", async () => {
        const { id } = await started(8, { chunkTrials: 8 });
        const scalars = [1, -0.5, 1e300, "1", 'a "b"', true, false, null];
        const trials = scalars.map((scalar, number) =>
          aTrial(number, {
            parameters: number === 7 ? { "/a": scalar } : { "/a": scalar, '/"é': number },
            value: number === 3 ? null : number / 2,
          }),
        );
        await store.sweeps.storeTrials(keyOf(await claim()), 0, trials, 5);
        const found = async (filter: string) => {
          const conditions = parseFilter(filter, TRIAL_FIELDS);
          const { data } = await store.sweeps.listTrials(id, { orderBy: "number", limit: 9, conditions });
          return data.map((trial) => trial.number);
        };
        const truth: [string, number[]][] = [
          ['params."/a" = 1', [0]],
          ['params."/a" < 1', [1]],
          ['params."/a" >= -0.5', [0, 1, 2]],
          ['params."/a" = "1"', [3]],
          ['params."/a" > "1"', [4]],
          ['params."/a" = true', [5]],
          ['params."/a" = false', [6]],
          ['params."/a" = null', [7]],
          ['params."/a" != true', [0, 1, 2, 3, 4, 6, 7]],
          ['params."/a" != 1', [1, 2, 3, 4, 5, 6, 7]],
          ['params."/\\"é" != 3', [0, 1, 2, 4, 5, 6]],
          ['params."/\\"é" > 1 and params."/\\"é" <= 4 and value < 2', [2]],
          ["value = null", [3]],
          ["number < 0.5", [0]],
          ["epochs < 1e21 and generation != 3000000000 and number > -1e300 and number <= 1", [0, 1]],
          ["value != null and number >= 2 and number != 5", [2, 4, 6, 7]],
          ['state = "succeeded" and generation = 0 and epochs <= 100', [0, 1, 2, 3, 4, 5, 6, 7]],
          ['state != "succeeded"', []],
        ];
        for (const [filter, numbers] of truth) expect([filter, await found(filter)]).toEqual([filter, numbers]);
      });

      it("shares workers among projects, and then by priority and age", async () => {
        const urgent = aSweepSpec();
        const ids: string[] = [];
        for (const [project, sweep] of [
          ["ants", aNewSweep({ createdAt: 1000 })],
          ["ants", aNewSweep({ createdAt: 2000, spec: { ...urgent, job: { ...urgent.job, priority: 1 } } })],
          ["bees", aNewSweep({ createdAt: 3000 })],
          ["bees", aNewSweep({ createdAt: 4000, memoryBytes: 2000 })],
        ] as const)
          ids.push((await store.ofProject(project).sweeps.insert(sweep)).id);
        const claimed = [];
        for (let turn = 0; turn < 4; turn++)
          claimed.push((await store.sweeps.claimChunk(aRequest({ freeBytes: 1000 })))?.sweep.id);
        expect(claimed).toEqual([ids[1], ids[2], ids[0], undefined]);
        expect(await store.sweeps.claimChunk(aRequest({ runningJobs: 1 }))).toBeNull();
        expect((await claim({ runningJobs: 2 })).sweep.id).toBe(ids[3]);
      });
    });
  });
}
