import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFairQueue, type FairQueueOptions, type QueuedTask } from "../../src/domain/fair-queue.ts";

/** Tasks that start when the queue says so and end when the test says so. */
function staged(options: FairQueueOptions) {
  const queue = createFairQueue(options);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, tenant: string, rest: Omit<QueuedTask, "tenant"> = {}) =>
    queue.run({ tenant, ...rest }, () => {
      started.push(name);
      const { promise, resolve } = Promise.withResolvers<string>();
      ends.set(name, () => resolve(name));
      return promise;
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { started, ask, end };
}

const LONG = { isLong: true };

describe("a fair queue", () => {
  it("leaves a slot to others, however many long tasks a tenant has", async () => {
    const { started, ask, end } = staged({ slots: 2 });
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a", LONG);
    expect(started).toEqual(["a1"]);
    void ask("b1", "b", LONG);
    expect(started).toEqual(["a1", "b1"]);
    await end("b1");
    expect(started).toEqual(["a1", "b1"]);
    await end("a1");
    expect(started).toEqual(["a1", "b1", "a2"]);
  });

  it("gives a tenant's short tasks every slot, past its long ones that wait", () => {
    const { started, ask } = staged({ slots: 2 });
    void ask("long", "a", LONG);
    void ask("next long", "a", LONG);
    void ask("short", "a");
    expect(started).toEqual(["long", "short"]);
  });

  it.each([{}, LONG])("goes from tenant to tenant, whoever came first and with how many tasks: %j", async (kind) => {
    const { started, ask, end } = staged({ slots: 1 });
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a", kind);
    for (const name of ["b1", "b2"]) void ask(name, "b", kind);
    void ask("c1", "c", kind);
    for (let index = 0; index < 6; index++) await end(started[index] as string);
    expect(started).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("goes to the tenant with the fewest tasks running", async () => {
    const { started, ask, end } = staged({ slots: 2 });
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a");
    void ask("b1", "b");
    expect(started).toEqual(["a1", "a2"]);
    await end("a1");
    expect(started).toEqual(["a1", "a2", "b1"]);
  });

  it("refuses a tenant of which too many tasks wait, and no other", async () => {
    const { started, ask, end } = staged({ slots: 1, waiting: { most: 2, name: "comparisons" } });
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a");
    await expect(ask("a4", "a")).rejects.toMatchObject({
      code: "unavailable",
      message: "2 comparisons of this project are already waiting, the most at a time: ask again later",
    });
    void ask("b1", "b");
    await end("a1");
    expect(started).toEqual(["a1", "b1"]);
  });

  it("drops a task that nobody waits for any more, and starts the next", async () => {
    const { started, ask, end } = staged({ slots: 1, waiting: { most: 1, name: "tasks" } });
    const leaving = new AbortController();
    const { signal } = leaving;
    const gone = new Error("gone");
    void ask("a1", "a");
    const dropped = ask("a2", "a", { signal });
    leaving.abort(gone);
    await expect(dropped).rejects.toBe(gone);
    await expect(ask("a3", "b", { signal })).rejects.toBe(gone);
    void ask("a4", "a");
    await end("a1");
    expect(started).toEqual(["a1", "a4"]);
  });

  it("passes on what a task comes to, and goes on after one that fails", async () => {
    const queue = createFairQueue({ slots: 1 });
    const failed = queue.run({ tenant: "a" }, () => Promise.reject(new Error("no")));
    const next = queue.run({ tenant: "a" }, async () => 7);
    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe(7);
  });

  it("never runs more tasks than it has slots, and runs every task to its end, also after one that fails", async () => {
    const task = fc.record({ tenant: fc.constantFrom("a", "b", "c"), isLong: fc.boolean(), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(task, { maxLength: 30 }), async (slots, tasks) => {
        const queue = createFairQueue({ slots });
        let running = 0;
        let most = 0;
        const ended = tasks.map((each, index) =>
          queue.run(each, async () => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setImmediate(resolve));
            running--;
            if (each.fails) throw new Error("no");
            return index;
          }),
        );
        const results = await Promise.allSettled(ended);
        expect(results.map((result) => (result.status === "fulfilled" ? result.value : null))).toEqual(
          tasks.map(({ fails }, index) => (fails ? null : index)),
        );
        expect(most).toBeLessThanOrEqual(slots);
      }),
    );
  });
});
