/** What every Bus must do. A hint may come twice, but is never lost. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bus, JobHint } from "../../src/domain/ports.ts";

/** `open` gives a bus; the suite closes it. */
export function busContract(name: string, open: () => Promise<{ bus: Bus; close: () => Promise<void> }>): void {
  describe(name, () => {
    let bus: Bus;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ bus, close } = await open());
    });
    afterEach(() => close());

    it("wakes every subscriber of a job", async () => {
      const woken = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      for (const { resolve } of woken) bus.subscribe("job_a", () => resolve());
      bus.publish("job_a");
      await Promise.all(woken.map(({ promise }) => promise));
    });

    it("wakes no subscriber of another job, and none that has unsubscribed", async () => {
      const woken: string[] = [];
      const done = Promise.withResolvers<void>();
      bus.subscribe("job_b", () => woken.push("other"));
      const leave = bus.subscribe("job_a", () => woken.push("left"));
      bus.subscribe("job_a", () => done.resolve());
      leave();
      leave();
      bus.publish("job_a");
      await done.promise;
      expect(woken).toEqual([]);
    });

    it("wakes the others when one subscriber throws", async () => {
      const done = Promise.withResolvers<void>();
      bus.subscribe("job_a", () => {
        throw new Error("a listener's own trouble");
      });
      bus.subscribe("job_a", () => done.resolve());
      bus.publish("job_a");
      await done.promise;
    });

    it("notifies subscribers of all jobs of each job that changes or is removed, until they unsubscribe", async () => {
      const heard: JobHint[] = [];
      const early: JobHint[] = [];
      const done = Promise.withResolvers<void>();
      const leave = bus.subscribeAll((hint) => early.push(hint));
      leave();
      bus.subscribeAll((hint) => {
        heard.push(hint);
        if (hint.removed) done.resolve();
      });
      bus.publish("job_a");
      bus.publish("job_b");
      bus.publishRemoved("job_a", "default");
      await done.promise;
      const ids = (removed: boolean) => new Set(heard.filter((hint) => hint.removed === removed).map(({ jobId }) => jobId));
      expect(ids(false)).toEqual(new Set(["job_a", "job_b"]));
      expect(ids(true)).toEqual(new Set(["job_a"]));
      expect(early).toEqual([]);
    });

    it("wakes the subscribers of a job that is removed", async () => {
      const woken = Promise.withResolvers<void>();
      bus.subscribe("job_a", () => woken.resolve());
      bus.publishRemoved("job_a", "default");
      await woken.promise;
    });

    it("keeps two subscriptions of one function apart", async () => {
      let wakes = 0;
      const done = Promise.withResolvers<void>();
      const wake = () => {
        wakes++;
        done.resolve();
      };
      const leave = bus.subscribe("job_a", wake);
      bus.subscribe("job_a", wake);
      leave();
      bus.publish("job_a");
      await done.promise;
      expect(wakes).toBe(1);
    });
  });
}
