/** What every JobQueue must do. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobQueue } from "../../src/domain/jobs/queue.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { aNewJob } from "./fixtures.ts";

/** `open` gives a queue over an empty store; the suite closes both with `close`. */
export function queueContract(
  name: string,
  open: () => Promise<{ store: Store; queue: JobQueue; close: () => Promise<void> }>,
): void {
  describe(name, () => {
    let store: Store;
    let queue: JobQueue;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ store, queue, close } = await open());
    });
    afterEach(() => close());

    async function submit(): Promise<string> {
      const { id } = await store.jobs.insert(aNewJob());
      await queue.enqueue(id);
      return id;
    }

    it("gives jobs out in the order of their submission, then null", async () => {
      const ids = [await submit(), await submit(), await submit()];
      const claimed = [await queue.claim(), await queue.claim(), await queue.claim(), await queue.claim()];
      expect(claimed.map((job) => job?.id ?? null)).toEqual([...ids, null]);
      expect(claimed[0]).toMatchObject({ state: "running", attempt: 1 });
    });

    it("gives one job to one of two claims at once", async () => {
      const id = await submit();
      const claimed = await Promise.all([queue.claim(), queue.claim()]);
      expect(claimed.filter((job) => job !== null).map((job) => job.id)).toEqual([id]);
    });

    it("wakes waiting listeners until they stop listening", async () => {
      const woken = Promise.withResolvers<void>();
      let wakes = 0;
      const stop = queue.onWork(() => {
        wakes++;
        woken.resolve();
      });
      await submit();
      await woken.promise;
      stop();
      const before = wakes;
      await submit();
      expect(wakes).toBe(before);
    });

    it("counts the jobs ahead", async () => {
      const [first, second] = [await submit(), await submit()];
      expect(await queue.position(second)).toBe(1);
      await queue.claim();
      expect(await queue.position(first)).toBeNull();
      expect(await queue.position(second)).toBe(0);
    });
  });
}
