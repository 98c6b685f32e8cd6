/** What every Store must do, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NewJob } from "../../src/domain/jobs/job-store.ts";
import { chooseEpochs } from "../../src/domain/metrics/downsampling.ts";
import { decodeChunk } from "../../src/domain/metrics/metric.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { aChunk, aModel, aNewJob, aSuccess, largeTensors, someWeights } from "./fixtures.ts";

/** Rows of a chunk. */
function lengthOf(series: { readonly loss?: Float64Array }): number {
  return series.loss?.length ?? 0;
}

/** `open` gives an empty store; the suite closes it. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    async function runningJob(): Promise<string> {
      const { id } = await store.jobs.insert(aNewJob());
      const job = await store.queue.claim(1000);
      expect(job?.id).toBe(id);
      return id;
    }

    const at = (state: "queued" | "running" | "cancelling" | "cancelled", time = 5) => ({ state, at: time, reason: "a test" });

    describe("jobs", () => {
      it("keeps what was submitted, as queued, with its first event", async () => {
        const given = aNewJob();
        const job = await store.jobs.insert(given);
        expect(job).toMatchObject({ id: given.id, name: "moons", state: "queued", spec: given.spec, classes: ["0", "1"] });
        expect(job).toMatchObject({ attempt: 0, epochsDone: 0, lastSeq: 1, metrics: null, error: null, model: null });
        expect(job.transitions).toEqual([{ state: "queued", at: given.createdAt, reason: "submitted" }]);
        expect(await store.jobs.get(given.id)).toEqual(job);
        expect(await store.events.read(given.id, 0, 10)).toEqual([
          { seq: 1, type: "state", state: "queued", at: given.createdAt, reason: "submitted" },
        ]);
      });

      it("keeps the notes on the data of a job, whatever becomes of it", async () => {
        const notes = [
          { code: "rows_have_times", column: "at", line: null, detail: "Ü 'n' \"q\"", cure: "split by time" },
        ] as const;
        const { id } = await store.jobs.insert({ ...aNewJob(), notes });
        expect(await store.jobs.get(id)).toMatchObject({ notes });
        expect(await store.jobs.transition(id, { from: ["queued"], to: at("cancelled") })).toMatchObject({ notes });
      });

      it("returns null for unknown ids", async () => {
        expect(await store.jobs.get("job_none")).toBeNull();
        expect(await store.jobs.readPayload("job_none")).toBeNull();
        expect(await store.queue.position("job_none")).toBeNull();
        expect(await store.jobs.transition("job_none", { from: ["queued"], to: at("cancelled") })).toBeNull();
        expect(await store.models.get("mdl_none")).toBeNull();
        expect(await store.models.readWeights("mdl_none")).toBeNull();
        expect(await store.jobs.delete("job_none")).toBe(false);
        expect(await store.models.delete("mdl_none")).toEqual({ deleted: false, aliases: [] });
        expect(await store.events.read("job_none", 0, 10)).toEqual([]);
        expect(await store.metrics.read("job_none", 1, 10)).toEqual([]);
      });

      it("returns 10 MB of payload bit by bit, and leaves what it was given whole", async () => {
        const payload = largeTensors(10_000_000);
        const { id } = await store.jobs.insert(aNewJob({ payload }));
        const read = await store.jobs.readPayload(id);
        expect(read?.entries).toEqual(payload.entries);
        expect(Buffer.compare(new Uint8Array(read!.data.buffer), new Uint8Array(payload.data.buffer))).toBe(0);
        expect(payload.data.length).toBe(2_500_000);
      });

      it("lists newest first, page by page, by state and by name", async () => {
        const ids: string[] = [];
        for (let index = 0; index < 7; index++) {
          ids.push((await store.jobs.insert(aNewJob({ name: index % 2 ? "odd" : "even" }))).id);
        }
        await store.queue.claim(1);
        const first = await store.jobs.list({}, { limit: 3 });
        expect(first.data.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 3));
        expect(first).toMatchObject({ hasMore: true, nextAfter: ids[4] });
        const rest = await store.jobs.list({}, { limit: 4, after: ids[4] });
        expect(rest.data.map(({ id }) => id)).toEqual(ids.toReversed().slice(3));
        expect(rest.hasMore).toBe(false);
        expect((await store.jobs.list({ state: "running" }, { limit: 9 })).data.map(({ id }) => id)).toEqual([ids[0]]);
        const odd = await store.jobs.list({ name: "odd", state: "queued" }, { limit: 9 });
        expect(odd.data.map(({ id }) => id)).toEqual([ids[5], ids[3], ids[1]]);
        expect(await store.jobs.list({ name: "none" }, { limit: 9 })).toEqual({ data: [], hasMore: false, nextAfter: null });
      });

      it("shortens a page of large specs, and continues after it", async () => {
        const rows = Array.from({ length: 80_000 }, (_, index) => 1_000_000 + index);
        const large = (): NewJob => {
          const job = aNewJob({ name: "large" });
          return { ...job, spec: { ...job.spec, split: { validation_rows: rows, test_rows: [] } } };
        };
        const ids: string[] = [];
        for (const job of [large(), large(), large(), aNewJob(), aNewJob()]) ids.unshift((await store.jobs.insert(job)).id);
        const seen: string[][] = [];
        for (let after: string | undefined; ; after = seen.at(-1)?.at(-1) as string) {
          const { data, hasMore } = await store.jobs.list({}, { limit: 9, after });
          seen.push(data.map(({ id }) => id));
          if (!hasMore) break;
        }
        // 640 kB each: two of them exceed the limit of a page.
        expect(seen).toEqual([ids.slice(0, 3), ids.slice(3, 4), ids.slice(4)]);
        expect((await store.jobs.list({ name: "large" }, { limit: 1 })).hasMore).toBe(true);
      });

      it("moves a job only from a state that was named", async () => {
        const { id } = await store.jobs.insert(aNewJob());
        expect(await store.jobs.transition(id, { from: ["running"], to: at("cancelling") })).toBeNull();
        const cancelled = await store.jobs.transition(id, { from: ["queued", "running"], to: at("cancelled", 77) });
        expect(cancelled).toMatchObject({ state: "cancelled", finishedAt: 77, lastSeq: 2 });
        expect(cancelled?.transitions.map(({ state }) => state)).toEqual(["queued", "cancelled"]);
        expect(await store.jobs.transition(id, { from: ["queued"], to: at("running") })).toBeNull();
      });

      it("lets one of many concurrent transitions win", async () => {
        const { id } = await store.jobs.insert(aNewJob());
        const results = await Promise.all(
          Array.from({ length: 8 }, () => store.jobs.transition(id, { from: ["queued"], to: at("cancelled") })),
        );
        expect(results.filter((job) => job !== null)).toHaveLength(1);
        expect((await store.jobs.get(id))?.lastSeq).toBe(2);
      });

      it("returns quotes, Unicode and zero bytes in a reason unchanged", async () => {
        const { id } = await store.jobs.insert(aNewJob({ name: "a \"name\", {with}: 'all' \\ ü 🚂" }));
        const reason = 'quote " backslash \\ comma , brace } 🚂';
        await store.jobs.transition(id, { from: ["queued"], to: { state: "cancelled", at: 1, reason } });
        const job = await store.jobs.get(id);
        expect(job?.name).toBe("a \"name\", {with}: 'all' \\ ü 🚂");
        expect(job?.transitions[1]?.reason).toBe(reason);
      });

      it("deletes a job in a terminal state with its events, metrics and payload, and no other", async () => {
        const { id } = await store.jobs.insert(aNewJob({ payload: someWeights() }));
        await store.queue.claim(1);
        expect(await store.jobs.delete(id)).toBe(false);
        await store.metrics.append(id, 1, aChunk(1, 3));
        await store.jobs.finish(id, 1, 9, "a test", { state: "cancelled", metrics: null });
        expect(await store.jobs.delete(id)).toBe(true);
        expect(await store.jobs.get(id)).toBeNull();
        expect(await store.events.read(id, 0, 10)).toEqual([]);
        expect(await store.metrics.read(id, 1, 10)).toEqual([]);
        expect(await store.jobs.readPayload(id)).toBeNull();
      });
    });

    describe("the queue", () => {
      it("gives the oldest queued job to one claimer each, and counts the attempt", async () => {
        const ids = await Promise.all(Array.from({ length: 4 }, async () => (await store.jobs.insert(aNewJob())).id));
        const claimed = await Promise.all(Array.from({ length: 6 }, () => store.queue.claim(42)));
        const jobs = claimed.filter((job) => job !== null);
        expect(jobs.map(({ id }) => id).sort()).toEqual(ids.toSorted());
        expect(jobs.every((job) => job.state === "running" && job.attempt === 1 && job.startedAt === 42)).toBe(true);
      });

      it("counts who is ahead of a queued job", async () => {
        const ids: string[] = [];
        for (let index = 0; index < 3; index++) ids.push((await store.jobs.insert(aNewJob())).id);
        expect(await Promise.all(ids.map((id) => store.queue.position(id)))).toEqual([0, 1, 2]);
        await store.queue.claim(1);
        expect(await Promise.all(ids.map((id) => store.queue.position(id)))).toEqual([null, 0, 1]);
      });

      it("takes a job back and hands it out again as its next attempt, in its old place", async () => {
        const id = await runningJob();
        await store.jobs.insert(aNewJob());
        await store.jobs.transition(id, { from: ["running"], to: at("queued") });
        expect(await store.queue.claim(2000)).toMatchObject({ id, attempt: 2, startedAt: 1000 });
      });
    });

    describe("metrics and events", () => {
      it("appends chunks under one gapless sequence with the states", async () => {
        const id = await runningJob();
        expect(await store.metrics.append(id, 1, aChunk(1, 100))).toBe(3);
        expect(await store.metrics.append(id, 1, aChunk(101, 101))).toBe(4);
        await store.jobs.finish(id, 1, 9, "a test", { state: "cancelled", metrics: null });
        const events = await store.events.read(id, 0, 100);
        expect(events.map(({ seq, type }) => [seq, type])).toEqual([
          [1, "state"],
          [2, "state"],
          [3, "metrics"],
          [4, "metrics"],
          [5, "state"],
        ]);
        const event = events[2];
        if (event?.type !== "metrics") throw new Error("the third event has metrics");
        expect(decodeChunk(event.from, event.to, event.columns as Uint8Array)).toEqual(aChunk(1, 100));
        expect(await store.jobs.get(id)).toMatchObject({ epochsDone: 101, lastSeq: 5 });
      });

      it("shows the newest and the best epoch of a job that runs, and of the next attempt's", async () => {
        const id = await runningJob();
        const chunk = (from: number, ...loss: number[]) => ({
          from,
          to: from + loss.length - 1,
          series: { loss: Float64Array.from(loss) },
        });
        await store.metrics.append(id, 1, chunk(1, Number.NaN, 0.5, 0.7));
        expect((await store.jobs.get(id))?.metrics).toEqual({ final: { loss: 0.7 }, best: { loss: 0.5, epoch: 2 } });
        await store.jobs.transition(id, { from: ["running"], to: at("queued") });
        await store.queue.claim(3);
        await store.metrics.append(id, 2, chunk(4, 0.6, Infinity));
        expect((await store.jobs.get(id))?.metrics).toEqual({ final: { loss: Infinity }, best: { loss: 0.5, epoch: 2 } });
        await store.metrics.append(id, 2, chunk(6, 0.4));
        const { data } = await store.jobs.list({}, { limit: 1 });
        expect(data[0]?.metrics).toEqual({ final: { loss: 0.4 }, best: { loss: 0.4, epoch: 6 } });
      });

      it("stays gapless when metrics and states are written at once", async () => {
        const id = await runningJob();
        await Promise.all([
          ...Array.from({ length: 20 }, (_, index) => store.metrics.append(id, 1, aChunk(index * 10 + 1, index * 10 + 10))),
          store.jobs.transition(id, { from: ["running"], to: at("cancelling") }),
          store.jobs.insert(aNewJob()),
        ]);
        const events = await store.events.read(id, 0, 100);
        expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 23 }, (_, index) => index + 1));
        expect((await store.jobs.get(id))?.epochsDone).toBe(200);
      });

      it("refuses a chunk that leaves a gap or repeats an epoch", async () => {
        const id = await runningJob();
        await expect(store.metrics.append(id, 1, aChunk(2, 3))).rejects.toThrow(/do not follow epoch 0/);
        await store.metrics.append(id, 1, aChunk(1, 3));
        await expect(store.metrics.append(id, 1, aChunk(3, 4))).rejects.toThrow(/do not follow epoch 3/);
        expect(await store.jobs.get(id)).toMatchObject({ epochsDone: 3, lastSeq: 3 });
      });

      it("refuses late writes of an attempt that has lost its job", async () => {
        const id = await runningJob();
        await store.metrics.append(id, 1, aChunk(1, 2));
        await store.jobs.transition(id, { from: ["running"], to: at("queued") });
        expect(await store.metrics.append(id, 1, aChunk(3, 4))).toBeNull();
        await store.queue.claim(3);
        expect(await store.metrics.append(id, 1, aChunk(3, 4))).toBeNull();
        expect(await store.jobs.finish(id, 1, 5, "late", aSuccess(id))).toBeNull();
        expect((await store.models.list({ limit: 5 })).data).toEqual([]);
        expect(await store.metrics.append(id, 2, aChunk(3, 4))).toBe(6);
        await store.jobs.finish(id, 2, 5, "a test", { state: "cancelled", metrics: null });
        expect(await store.metrics.append(id, 2, aChunk(5, 6))).toBeNull();
      });

      it("reads events after a cursor, bounded by number and by bytes, at least one", async () => {
        const id = await runningJob();
        for (let index = 0; index < 5; index++) await store.metrics.append(id, 1, aChunk(index * 100 + 1, index * 100 + 100));
        const seqs = async (...args: [number, number, number?]) => (await store.events.read(id, ...args)).map(({ seq }) => seq);
        expect(await seqs(0, 3)).toEqual([1, 2, 3]);
        expect(await seqs(3, 100)).toEqual([4, 5, 6, 7]);
        expect(await seqs(3, 100, 1)).toEqual([4]);
        expect(await seqs(3, 100, 5000)).toEqual([4, 5]);
        expect(await seqs(7, 100)).toEqual([]);
      });

      it("reads the chunks that overlap a range of epochs", async () => {
        const id = await runningJob();
        for (let index = 0; index < 30; index++) await store.metrics.append(id, 1, aChunk(index * 10 + 1, index * 10 + 10));
        const ranges = async (from: number, to: number) => (await store.metrics.read(id, from, to)).map((s) => [s.from, s.to]);
        expect(await ranges(1, 300)).toHaveLength(30);
        expect(await ranges(10, 11)).toEqual([
          [1, 10],
          [11, 20],
        ]);
        expect(await ranges(15, 15)).toEqual([[11, 20]]);
        expect(await ranges(295, 900)).toEqual([[291, 300]]);
        expect(await ranges(301, 900)).toEqual([]);
        expect((await store.metrics.read(id, 15, 15))[0]).toEqual(aChunk(11, 20));
      });

      it("keeps NaN and infinities, and of the metrics of an outcome those that no stored epoch has", async () => {
        const id = await runningJob();
        const series = { loss: Float64Array.of(Number.NaN, Infinity, -Infinity) };
        await store.metrics.append(id, 1, { from: 1, to: 3, series });
        expect((await store.metrics.read(id, 1, 3))[0]?.series.loss).toEqual(series.loss);
        const error = { code: "diverged", detail: "the loss is NaN", epoch: 3 } as const;
        const metrics = { final: { loss: Number.NaN, lr: Infinity }, best: { loss: -Infinity, epoch: 3 } };
        await store.jobs.finish(id, 1, 9, "a test", { state: "failed", metrics, error });
        expect(await store.jobs.get(id)).toMatchObject({ error, metrics: { final: { loss: -Infinity } } });
        const other = await runningJob();
        await store.jobs.finish(other, 1, 9, "a test", { state: "failed", metrics, error });
        expect(await store.jobs.get(other)).toMatchObject({ error, metrics });
      });

      it("keeps the score of a job and its model, and the values of the epoch whose weights the model has", async () => {
        const id = await runningJob();
        const chunk = (from: number, ...loss: number[]) => ({
          from,
          to: from + loss.length - 1,
          series: { loss: Float64Array.from(loss) },
        });
        await store.metrics.append(id, 1, chunk(1, 4, 1));
        await store.metrics.append(id, 1, chunk(3, 3, Number.NaN));
        const success = aSuccess(id);
        // The values that training reports may come from another attempt.
        const metrics = { final: { loss: 9 }, best: { loss: 9, epoch: 3 }, lowest: { loss: 9, epoch: 2 } };
        await store.jobs.finish(id, 1, 9, "a test", { ...success, metrics });
        const job = await store.jobs.get(id);
        const stored = { final: { loss: Number.NaN }, best: { loss: 3, epoch: 3 }, lowest: { loss: 1, epoch: 2 } };
        expect(job?.metrics).toEqual(stored);
        expect(job?.score).toEqual(success.model.score);
        expect((await store.jobs.list({}, { limit: 1 })).data[0]?.score).toEqual(success.model.score);
        const model = await store.models.get(job?.model?.id as string);
        expect(model).toMatchObject({ metrics: stored, score: success.model.score });
      });

      it("keeps of full windows what a chart needs, so that thinning finds the same epochs as in all of them", async () => {
        const id = await runningJob();
        for (let from = 1; from <= 40_000; from += 5000) await store.metrics.append(id, 1, aChunk(from, from + 4999));
        for (const [from, to] of [
          [1, 40_000],
          [1, 16_384],
          [9000, 35_001],
          [17_000, 20_000],
        ] as const) {
          const notable = await store.metrics.readMinMax(id, from, to);
          const whole = await store.metrics.read(id, from, to);
          expect(notable[0]?.from).toBe(from);
          expect(notable.at(-1)?.to).toBe(to);
          expect(chooseEpochs(notable, from, to, 30)).toEqual(chooseEpochs(whole, from, to, 30));
        }
        const sizeOf = (rows: readonly { series: object }[]) => rows.reduce((sum, { series }) => sum + lengthOf(series), 0);
        expect(sizeOf(await store.metrics.readMinMax(id, 1, 32_768))).toBeLessThan(2000);
        expect(await store.metrics.readMinMax("job_none", 1, 40_000)).toEqual([]);
      });
    });

    describe("the end of a job and its model", () => {
      it("finishes a job with its model and weights", async () => {
        const id = await runningJob();
        const outcome = aSuccess(id);
        const job = await store.jobs.finish(id, 1, 99, "training finished", outcome);
        const { model } = outcome;
        expect(job).toMatchObject({ state: "succeeded", finishedAt: 99, metrics: outcome.metrics });
        expect(job?.model).toEqual({ id: model.id, name: model.name, version: 1, sha256: model.sha256 });
        expect(await store.models.get(model.id)).toEqual(model);
        expect(await store.models.readWeights(model.id)).toEqual(outcome.weights);
        expect(await store.models.readEvaluation(model.id)).toEqual(outcome.evaluation);
        expect((await store.models.list({ limit: 5 })).data).toEqual([model]);
      });

      it("stores the last epochs together with the outcome, or neither", async () => {
        const id = await runningJob();
        await store.metrics.append(id, 1, aChunk(1, 10));
        const outcome = aSuccess(id);
        const finish = (from: number, attempt = 1) =>
          store.jobs.finish(id, attempt, 99, "training finished", { ...outcome, last: aChunk(from, 20) });
        expect(await finish(11, 2)).toBeNull();
        await expect(finish(13)).rejects.toThrow(/do not follow epoch 10/);
        expect(await store.jobs.get(id)).toMatchObject({ state: "running", epochsDone: 10, lastSeq: 3 });
        const job = await finish(11);
        expect(job).toMatchObject({ state: "succeeded", epochsDone: 20, lastSeq: 5 });
        const events = await store.events.read(id, 3, 10);
        expect(events).toMatchObject([
          { seq: 4, type: "metrics", from: 11, to: 20 },
          { seq: 5, type: "state", state: "succeeded" },
        ]);
        expect(await store.metrics.read(id, 11, 20)).toMatchObject([{ from: 11, to: 20, series: aChunk(11, 20).series }]);
        expect(await finish(11)).toBeNull();
      });

      it("decides once between cancelling and finishing", async () => {
        for (let round = 0; round < 10; round++) {
          const { id } = await store.jobs.insert(aNewJob());
          await store.queue.claim(1);
          const [cancelling, finished] = await Promise.all([
            store.jobs.transition(id, { from: ["running"], to: at("cancelling") }),
            store.jobs.finish(id, 1, 9, "done", { state: "cancelled", metrics: null }),
          ]);
          expect(finished).not.toBeNull();
          const states = (await store.jobs.get(id))?.transitions.map(({ state }) => state);
          expect(states).toEqual(["queued", "running", ...(cancelling ? ["cancelling"] : []), "cancelled"]);
          expect(await store.jobs.finish(id, 1, 9, "again", { state: "cancelled", metrics: null })).toBeNull();
        }
      });

      it("lets a model outlive its job, and a job its model", async () => {
        const first = await runningJob();
        const kept = aSuccess(first);
        await store.jobs.finish(first, 1, 9, "done", kept);
        expect(await store.jobs.delete(first)).toBe(true);
        expect(await store.models.readWeights(kept.model.id)).toEqual(kept.weights);

        const second = await runningJob();
        const dropped = aSuccess(second);
        await store.jobs.finish(second, 1, 9, "done", dropped);
        expect(await store.models.delete(dropped.model.id)).toEqual({ deleted: true, aliases: [] });
        expect(await store.models.readWeights(dropped.model.id)).toBeNull();
        expect(await store.models.readEvaluation(dropped.model.id)).toBeNull();
        expect(await store.jobs.get(second)).toMatchObject({ state: "succeeded", model: null });
      });

      it("gives the weights of a model that is deleted meanwhile, or says that it is gone", async () => {
        for (let round = 0; round < 30; round++) {
          const id = await runningJob();
          const outcome = aSuccess(id);
          await store.jobs.finish(id, 1, 9, "done", outcome);
          const reads = Array.from({ length: 4 }, () => store.models.readWeights(outcome.model.id));
          await store.models.delete(outcome.model.id);
          for (const weights of await Promise.all(reads)) if (weights) expect(weights).toEqual(outcome.weights);
          expect(await store.models.readWeights(outcome.model.id)).toBeNull();
        }
      });

      it("stores nothing of an outcome that fails half way", async () => {
        const id = await runningJob();
        const first = aSuccess(id);
        await store.jobs.finish(id, 1, 9, "done", first);
        const other = await runningJob();
        const clash = { ...aSuccess(other), model: { ...aModel(other), id: first.model.id } };
        await expect(store.jobs.finish(other, 1, 9, "done", clash)).rejects.toThrow();
        expect(await store.jobs.get(other)).toMatchObject({ state: "running", lastSeq: 2 });
      });

      it("answers a ping", async () => {
        await expect(store.ping()).resolves.toBeUndefined();
      });
    });

    describe("the registry of models", () => {
      const storeModel = async (modelName: string) => {
        const model = { ...aModel("job_none"), name: modelName };
        return store.models.insert(model, someWeights());
      };

      it("numbers the versions of each name from 1, also when several come at once", async () => {
        const models = await Promise.all(["a", "b", "a", "a", "b"].map(storeModel));
        const versions = (of: string) => models.filter((model) => model.name === of).map(({ version }) => version);
        expect(versions("a").sort()).toEqual([1, 2, 3]);
        expect(versions("b").sort()).toEqual([1, 2]);
        expect((await store.models.list({ limit: 5 }, { name: "a" })).data.map((model) => model.name)).toEqual(["a", "a", "a"]);
      });

      it("never reuses a version number, even after its model is deleted", async () => {
        await storeModel("a");
        const second = await storeModel("a");
        await store.models.delete(second.id);
        expect(await store.models.find({ kind: "newest", name: "a" })).toMatchObject({ version: 1 });
        expect(await storeModel("a")).toMatchObject({ version: 3 });
      });

      it("gives the model of a job its version, and tells the job", async () => {
        await storeModel("moons");
        const id = await runningJob();
        const job = await store.jobs.finish(id, 1, 9, "done", aSuccess(id));
        expect(job?.model).toMatchObject({ name: "moons", version: 2 });
        expect((await store.jobs.get(id))?.model).toEqual(job?.model);
      });

      it("finds a model by every kind of reference", async () => {
        const [first, second] = [await storeModel("a"), await storeModel("a")];
        await store.models.setAlias("a", "production", 1);
        const found = async (...refs: Parameters<Store["models"]["find"]>) => (await store.models.find(...refs))?.id;
        expect(await found({ kind: "id", id: first.id })).toBe(first.id);
        expect(await found({ kind: "newest", name: "a" })).toBe(second.id);
        expect(await found({ kind: "version", name: "a", version: 1 })).toBe(first.id);
        expect(await found({ kind: "alias", name: "a", alias: "production" })).toBe(first.id);
        expect(await found({ kind: "alias", name: "a", alias: "staging" })).toBeUndefined();
        expect(await found({ kind: "version", name: "a", version: 3 })).toBeUndefined();
        expect(await found({ kind: "newest", name: "b" })).toBeUndefined();
      });

      it("moves an alias, and never leaves it without or with two versions", async () => {
        for (let count = 0; count < 3; count++) await storeModel("a");
        await store.models.setAlias("a", "production", 1);
        const moves = [2, 3, 1, 2, 3].map((version) => store.models.setAlias("a", "production", version));
        const seen = await Promise.all(
          [1, 2, 3].map(() => store.models.find({ kind: "alias", name: "a", alias: "production" })),
        );
        expect(seen.every((model) => model?.aliases.includes("production"))).toBe(true);
        await Promise.all(moves);
        const { data } = await store.models.list({ limit: 5 }, { name: "a" });
        expect(data.filter(({ aliases }) => aliases.length > 0).map(({ version }) => version)).toEqual([3]);
        expect(await store.models.setAlias("a", "production", 4)).toBeNull();
        expect(await store.models.setAlias("b", "production", 1)).toBeNull();
        expect(await store.models.deleteAlias("a", "production")).toBe(true);
        expect(await store.models.deleteAlias("a", "production")).toBe(false);
      });

      it("refuses to delete a version that an alias points at, and names the aliases", async () => {
        const model = await storeModel("a");
        for (const alias of ["staging", "production"]) await store.models.setAlias("a", alias, 1);
        expect(await store.models.delete(model.id)).toEqual({ deleted: false, aliases: ["production", "staging"] });
        expect(await store.models.readWeights(model.id)).toEqual(someWeights());
        for (const alias of ["staging", "production"]) await store.models.deleteAlias("a", alias);
        expect(await store.models.delete(model.id)).toEqual({ deleted: true, aliases: [] });
      });

      it("changes the tags that are named and leaves the others", async () => {
        const { id } = await storeModel("a");
        await store.models.tag(id, { stage: "draft", owner: "ada" });
        expect(await store.models.tag(id, { stage: "reviewed", owner: null, data: "2026" })).toMatchObject({
          tags: { data: "2026", stage: "reviewed" },
        });
        expect((await store.models.get(id))?.tags).toEqual({ data: "2026", stage: "reviewed" });
        expect(await store.models.tag("mdl_none", { a: "b" })).toBeNull();
      });
    });
  });
}
