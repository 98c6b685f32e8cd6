import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTurns } from "../../src/worker/turns.ts";

/** Tasks that start when it is their turn and end when the test says so. */
function staged(slots: number) {
  const turns = createTurns({ slots });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, tenant: string, isLong = true, signal?: AbortSignal) =>
    turns.run({ tenant, isLong, signal }, () => {
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

describe("turns", () => {
  it("leaves a slot to others, however many long tasks a tenant has", async () => {
    const { started, ask, end } = staged(2);
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a");
    expect(started).toEqual(["a1"]);
    void ask("b1", "b");
    expect(started).toEqual(["a1", "b1"]);
    await end("b1");
    expect(started).toEqual(["a1", "b1"]);
    await end("a1");
    expect(started).toEqual(["a1", "b1", "a2"]);
  });

  it("gives a tenant's short tasks every slot, past its long ones that wait", () => {
    const { started, ask } = staged(2);
    void ask("long", "a");
    void ask("next long", "a");
    void ask("short", "a", false);
    expect(started).toEqual(["long", "short"]);
  });

  it("goes from tenant to tenant, whoever came first and with how many", async () => {
    const { started, ask, end } = staged(1);
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a");
    for (const name of ["b1", "b2"]) void ask(name, "b");
    void ask("c1", "c");
    for (let index = 0; index < 6; index++) await end(started[index] as string);
    expect(started).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("drops a task that nobody waits for any more, and starts the next", async () => {
    const { started, ask, end } = staged(1);
    const left = new AbortController();
    const [, dropped] = [ask("a1", "a"), ask("a2", "a", true, left.signal)];
    void ask("a3", "a");
    left.abort(new Error("left"));
    await expect(dropped).rejects.toThrow("left");
    await expect(ask("a4", "b", true, left.signal)).rejects.toThrow("left");
    await end("a1");
    expect(started).toEqual(["a1", "a3"]);
  });

  it("passes on what a task comes to, and goes on after one that fails", async () => {
    const turns = createTurns({ slots: 1 });
    const turn = { tenant: "a", isLong: true };
    const failed = turns.run(turn, () => Promise.reject(new Error("no")));
    const next = turns.run(turn, async () => 7);
    await expect(failed).rejects.toThrow("no");
    expect(await next).toBe(7);
  });

  it("never runs more tasks than it has slots, and starts every task", async () => {
    const task = fc.record({ tenant: fc.constantFrom("a", "b", "c"), isLong: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(task, { maxLength: 30 }), async (slots, tasks) => {
        const turns = createTurns({ slots });
        let running = 0;
        let most = 0;
        const ended = tasks.map((each, index) =>
          turns.run(each, async () => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setImmediate(resolve));
            running--;
            return index;
          }),
        );
        expect(await Promise.all(ended)).toEqual(tasks.map((_, index) => index));
        expect(most).toBeLessThanOrEqual(slots);
      }),
    );
  });
});
