/** What every Store must do with checkpoints, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/id.ts";
import { type Checkpoint, MAX_MARKS, type NewCheckpoint, REPLAY_MARK } from "../../src/domain/jobs/checkpoint.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { packTensors } from "../../src/domain/tensor.ts";
import { aCheckpoint, aNewJob, someWeights } from "./fixtures.ts";

/** `open` gives an empty store; the suite closes it. */
export function checkpointContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const running = async (keep = 2): Promise<string> => {
      const job = aNewJob();
      const { checkpoint } = job.spec;
      await store.jobs.insert({ ...job, spec: { ...job.spec, checkpoint: { ...checkpoint, keep } } });
      return (await store.queue.claim(1000))?.id as string;
    };
    const put = async (jobId: string, checkpoint: Partial<NewCheckpoint> = {}): Promise<Checkpoint> =>
      (await store.checkpoints.insert(jobId, 1, 5, aCheckpoint(checkpoint))) as Checkpoint;
    const list = async (jobId: string) => (await store.checkpoints.list(jobId, { limit: 100 })).data;
    const epochs = async (jobId: string) => (await list(jobId)).map(({ epoch }) => epoch);
    const at = (state: "queued" | "cancelling" | "pausing") => ({ state, at: 5, reason: "a test" });

    describe("checkpoints", () => {
      it("gives back what was stored, bit by bit, chunk by chunk", async () => {
        const id = await running();
        const values = Float32Array.from({ length: 300_000 }, (_, index) => index - 0.5);
        values[7] = Number.NaN;
        values[8] = -0;
        const tensors = packTensors([{ name: "0.weight", shape: [300_000], values }]);
        const progress = JSON.stringify({ quotes: "\"'\\", unicode: "ü 🚂" });
        const given = aCheckpoint({ epoch: 7, step: 3, reason: "pause", tensors, progress });
        const record = await put(id, given);
        const bytes = 1_200_000;
        expect(record).toEqual({
          ...{ id: record.id, jobId: id, attempt: 1, epoch: 7, step: 3, reason: "pause", isBest: false, bytes, createdAt: 5 },
          sha256: given.model.sha256,
        });
        expect(await store.checkpoints.get(record.id)).toEqual(record);
        expect(await store.checkpoints.getLast(id)).toEqual(record);
        const read = await store.checkpoints.read(record.id);
        expect(read).toMatchObject({ epoch: 7, step: 3, progress, tensors: { entries: tensors.entries } });
        expect(Buffer.compare(new Uint8Array(read!.tensors.data.buffer), new Uint8Array(values.buffer))).toBe(0);
      });

      it("returns null or nothing for unknown ids", async () => {
        const none = createId("checkpoint");
        expect(await store.checkpoints.get(none)).toBeNull();
        expect(await store.checkpoints.read(none)).toBeNull();
        expect(await store.models.find({ kind: "id", id: none })).toBeNull();
        expect(await store.models.readWeights(none)).toBeNull();
        expect(await store.checkpoints.delete(none)).toBe(false);
        expect(await store.checkpoints.getLast("job_none")).toBeNull();
        expect(await list("job_none")).toEqual([]);
        expect(await store.checkpoints.insert("job_none", 1, 5, aCheckpoint())).toBeNull();
      });

      it("keeps the newest and the best, and lists them newest first, page by page", async () => {
        const id = await running(2);
        for (const epoch of [1, 2, 3, 4, 5]) await put(id, { epoch, isBest: epoch === 2 });
        expect(await epochs(id)).toEqual([5, 4, 2]);
        expect((await list(id)).map(({ isBest }) => isBest)).toEqual([false, false, true]);
        await put(id, { epoch: 6, isBest: true });
        expect(await epochs(id)).toEqual([6, 5]);
        const first = await store.checkpoints.list(id, { limit: 1 });
        expect(first).toMatchObject({ hasMore: true, data: [{ epoch: 6, isBest: true }] });
        const second = await store.checkpoints.list(id, { limit: 1, after: first.nextAfter as string });
        expect(second).toMatchObject({ hasMore: false, data: [{ epoch: 5 }] });
        expect(await store.checkpoints.getLast(id)).toMatchObject({ epoch: 6 });
      });

      it("takes the checkpoint with the greatest epoch and step as the last one, whatever the clock says", async () => {
        const id = await running(3);
        await put(id, { epoch: 4, step: 1 });
        await put(id, { epoch: 4, step: 9 });
        await put(id, { epoch: 3, step: 20 });
        expect(await store.checkpoints.getLast(id)).toMatchObject({ epoch: 4, step: 9 });
      });

      it("finds the nearest of checkpoints and marks; marks are in no list, replace nothing, and are thinned out by half", async () => {
        const id = await running();
        await put(id, { epoch: 10 });
        for (let epoch = 1; epoch <= MAX_MARKS; epoch++) await put(id, { epoch: 100 * epoch, reason: REPLAY_MARK });
        expect(await epochs(id)).toEqual([10]);
        expect(await store.checkpoints.getLast(id)).toMatchObject({ epoch: 10 });
        const nearest = async (epoch: number, step = 0) => (await store.checkpoints.getNearest(id, epoch, step))?.epoch ?? null;
        expect([await nearest(9), await nearest(10), await nearest(199), await nearest(200)]).toEqual([null, 10, 100, 200]);
        const mark = (await store.checkpoints.getNearest(id, 100, 0))?.id as string;
        expect(await store.checkpoints.read(mark)).toMatchObject({ epoch: 100 });
        expect(await store.models.find({ kind: "id", id: mark })).toBeNull();
        await put(id, { epoch: 100 * (MAX_MARKS + 1), reason: REPLAY_MARK });
        expect([await nearest(299), await nearest(300)]).toEqual([100, 300]);
      });

      it("refuses checkpoints of an attempt that has lost its job, and stores nothing of them", async () => {
        const id = await running();
        await store.jobs.transition(id, { from: ["running"], to: at("queued") });
        expect(await store.checkpoints.insert(id, 1, 5, aCheckpoint())).toBeNull();
        await store.queue.claim(2000);
        expect(await store.checkpoints.insert(id, 1, 5, aCheckpoint())).toBeNull();
        expect(await store.checkpoints.insert(id, 2, 5, aCheckpoint())).not.toBeNull();
        await store.jobs.transition(id, { from: ["running"], to: at("pausing"), attempt: 2 });
        expect(await store.checkpoints.insert(id, 2, 5, aCheckpoint({ epoch: 2 }))).not.toBeNull();
        await store.jobs.finish(id, 2, 9, "a test", { state: "cancelled", metrics: null });
        expect(await store.checkpoints.insert(id, 2, 5, aCheckpoint({ epoch: 3 }))).toBeNull();
        expect(await epochs(id)).toEqual([2, 1]);
        expect(await store.checkpoints.removeUnfinished(Number.MAX_SAFE_INTEGER)).toBe(0);
      });

      it("is found as a model by its id", async () => {
        const id = await running();
        const checkpoint = await put(id);
        const { model } = aCheckpoint();
        const found = await store.models.find({ kind: "id", id: checkpoint.id });
        expect(found).toEqual({
          ...model,
          ...{ id: checkpoint.id, name: "moons", version: 0, aliases: [], tags: {}, jobId: id, createdAt: 5 },
          metrics: { final: {}, best: {} },
        });
        expect(await store.models.readWeights(checkpoint.id)).toEqual(someWeights());
        expect((await store.models.list({ limit: 5 })).data).toEqual([]);
        expect(await store.models.delete(checkpoint.id)).toMatchObject({ deleted: false });
      });

      it("is removed when it or its job is deleted", async () => {
        const id = await running(3);
        const [first, second] = [await put(id, { epoch: 1 }), await put(id, { epoch: 2 })];
        expect(await store.checkpoints.delete(second.id)).toBe(true);
        expect(await store.checkpoints.delete(second.id)).toBe(false);
        expect(await store.checkpoints.read(second.id)).toBeNull();
        expect(await store.models.find({ kind: "id", id: second.id })).toBeNull();
        expect(await store.checkpoints.getLast(id)).toEqual(first);
        await store.jobs.finish(id, 1, 9, "a test", { state: "cancelled", metrics: null });
        await store.jobs.delete(id);
        expect(await list(id)).toEqual([]);
        expect(await store.checkpoints.get(first.id)).toBeNull();
      });

      it("is removed with all checkpoints and marks of its job, and of no other job", async () => {
        const [id, other] = [await running(), await running()];
        for (const epoch of [1, 2]) await put(id, { epoch, reason: REPLAY_MARK });
        await put(other, { epoch: 3, reason: REPLAY_MARK });
        await put(other, { epoch: 4 });
        for (const job of [id, other]) await store.jobs.finish(job, 1, 9, "a test", { state: "cancelled", metrics: null });
        const having = async () => (await store.jobs.listEnded(10, 50, "checkpoints")).map((job) => job.id);
        expect(new Set(await having())).toEqual(new Set([id, other]));
        await store.checkpoints.deleteAll(id);
        expect(await having()).toEqual([other]);
        expect(await store.checkpoints.getNearest(id, 99, 0)).toBeNull();
        expect(await store.checkpoints.getNearest(other, 3, 0)).toMatchObject({ epoch: 3 });
        await store.checkpoints.deleteAll(other);
        expect(await having()).toEqual([]);
        await store.checkpoints.deleteAll("job_none");
      });

      it("belongs to the project of its job", async () => {
        const own = store.ofProject("own");
        const { id } = await own.jobs.insert(aNewJob());
        await store.queue.claim(1000);
        const checkpoint = await put(id);
        expect((await own.checkpoints.list(id, { limit: 5 })).data).toEqual([checkpoint]);
        expect(await own.models.readWeights(checkpoint.id)).toEqual(someWeights());
        const other = store.ofProject("other");
        expect((await other.checkpoints.list(id, { limit: 5 })).data).toEqual([]);
        expect(await other.checkpoints.get(checkpoint.id)).toBeNull();
        expect(await other.models.find({ kind: "id", id: checkpoint.id })).toBeNull();
        expect(await other.models.readWeights(checkpoint.id)).toBeNull();
        expect(await other.checkpoints.delete(checkpoint.id)).toBe(false);
        expect(await own.checkpoints.delete(checkpoint.id)).toBe(true);
      });
    });
  });
}
