/** The order in which every Store hands out queued jobs, and which ones it holds back, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MemoryRoom } from "../../src/domain/jobs/queue-order.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { aNewJob } from "./fixtures.ts";

const MINUTE = 60_000;

/** `open` gives an empty store; the suite closes it. */
export function queueOrderContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    interface Queued {
      readonly priority?: number;
      readonly at?: number;
      readonly memoryBytes?: number;
    }
    const queue = async ({ priority = 0, at = 1000, memoryBytes = 10 }: Queued = {}): Promise<string> => {
      const job = aNewJob();
      const { id } = await store.jobs.insert({ ...job, createdAt: at, memoryBytes, spec: { ...job.spec, priority } });
      return id;
    };
    const claim = async (at: number, room?: MemoryRoom) => (await store.queue.claim(at, room))?.id ?? null;
    const back = (id: string, more: object = {}, time = 5000) =>
      store.jobs.transition(id, { from: ["running"], to: { state: "queued", at: time, reason: "a test" }, ...more });

    describe("the order of queued jobs", () => {
      it("gives out the highest priority first, and the oldest of one priority", async () => {
        const [low, high, second] = [await queue({ priority: -1 }), await queue({ priority: 5 }), await queue({ priority: 5 })];
        const middle = await queue();
        const line = [high, second, middle, low];
        expect(await Promise.all(line.map((id) => store.queue.position(id)))).toEqual([0, 1, 2, 3]);
        for (const id of line) expect(await claim(2000)).toBe(id);
        expect(await claim(2000)).toBeNull();
      });

      it("counts a minute of waiting as one step of priority", async () => {
        const old = await queue({ at: 1000 });
        const soon = await queue({ priority: 2, at: 1000 + 2 * MINUTE - 1 });
        const late = await queue({ priority: 2, at: 1000 + 2 * MINUTE + 1 });
        for (const id of [soon, old, late]) expect(await claim(1000 + 3 * MINUTE)).toBe(id);
      });

      it("keeps the place of a job that comes back, and gives one that is resumed a new one", async () => {
        const [first, second] = [await queue({ at: 1000 }), await queue({ at: 1001 })];
        expect(await claim(2000)).toBe(first);
        await back(first);
        expect(await claim(2001)).toBe(first);
        await back(first, { anew: true });
        for (const id of [second, first]) expect(await claim(6000)).toBe(id);
      });

      it("takes jobs of one priority as they came when the clock is set back", async () => {
        const year = 365 * 24 * 60 * MINUTE;
        const [ahead, now] = [await queue({ at: year }), await queue({ at: 1000 })];
        const urgent = await queue({ at: 1000, priority: 1 });
        for (const id of [urgent, ahead, now]) expect(await claim(2000)).toBe(id);
      });

      it("holds a job back that waits after a crash, counts the crash, and says when its time comes", async () => {
        const [first, second] = [await queue({ at: 1000 }), await queue({ at: 1001 })];
        await claim(2000);
        expect(await store.queue.nextRetryAt()).toBeNull();
        expect(await back(first, { died: true, notBefore: 9000 })).toMatchObject({ crashes: 1 });
        expect(await store.queue.nextRetryAt()).toBe(9000);
        expect(await claim(8999)).toBe(second);
        expect(await claim(8999)).toBeNull();
        expect(await claim(9000)).toBe(first);
        expect(await store.queue.nextRetryAt()).toBeNull();
        expect(await back(first)).toMatchObject({ crashes: 1 });
        expect(await claim(9001)).toBe(first);
      });

      it("does not wait for a time that a clock which was set back has put far away", async () => {
        const id = await queue();
        await claim(2000);
        await back(id, { died: true, notBefore: 10_000_000_000 });
        expect(await claim(3000)).toBe(id);
      });

      it("gives a job back only to the attempt that has it", async () => {
        const id = await queue();
        await claim(2000);
        expect(await back(id, { attempt: 2 })).toBeNull();
        expect(await back(id, { attempt: 1 })).not.toBeNull();
      });

      it("lets small jobs pass one that does not fit, for a minute; then the room is kept for it", async () => {
        const room = (freeBytes: number) => ({ freeBytes, totalBytes: 100 });
        const large = await queue({ at: 1000, memoryBytes: 80 });
        const [small, smaller] = [await queue({ at: 1001, memoryBytes: 30 }), await queue({ at: 1002, memoryBytes: 20 })];
        const urgent = await queue({ at: 1003, memoryBytes: 30, priority: 1 });
        expect(await claim(2000, room(10))).toBeNull();
        expect(await claim(2000, room(50))).toBe(urgent);
        expect(await claim(2000, room(20))).toBe(smaller);
        expect(await claim(1000 + MINUTE, room(79))).toBeNull();
        expect(await claim(1000 + MINUTE, room(80))).toBe(large);
        expect(await claim(1000 + MINUTE, room(79))).toBe(small);
      });

      it("never waits for a job that needs more than there is", async () => {
        const room = { freeBytes: 50, totalBytes: 50 };
        const huge = await queue({ at: 1000, memoryBytes: 51 });
        const small = await queue({ at: 1001, memoryBytes: 50 });
        expect(await claim(1000 + 9 * MINUTE, room)).toBe(small);
        expect(await claim(1000 + 9 * MINUTE, room)).toBeNull();
        expect(await claim(1000 + 9 * MINUTE)).toBe(huge);
      });
    });
  });
}
