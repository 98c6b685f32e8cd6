import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTurns } from "../../src/app/turns.ts";

/** Tasks that start when it is their turn and end when the test says so. */
function staged(atATime: number, waiting: number) {
  const turns = createTurns("comparisons", atATime, waiting);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, project: string, signal?: AbortSignal) =>
    turns.run(
      project,
      () => {
        started.push(name);
        const { promise, resolve } = Promise.withResolvers<string>();
        ends.set(name, () => resolve(name));
        return promise;
      },
      signal,
    );
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await settled();
  };
  return { started, ask, end, settled };
}

describe("turns of work that holds much memory", () => {
  it("go from project to project, whoever came first and with how much", async () => {
    const { started, ask, end, settled } = staged(1, 8);
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a");
    for (const name of ["b1", "b2"]) void ask(name, "b");
    void ask("c1", "c");
    await settled();
    for (let index = 0; index < 6; index++) await end(started[index] as string);
    expect(started).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("go to the project with the fewest under way", async () => {
    const { started, ask, end, settled } = staged(2, 8);
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a");
    void ask("b1", "b");
    await settled();
    expect(started).toEqual(["a1", "a2"]);
    await end("a1");
    expect(started).toEqual(["a1", "a2", "b1"]);
  });

  it("are refused to a project of which too many wait, and to no other", async () => {
    const { started, ask, end, settled } = staged(1, 2);
    for (const name of ["a1", "a2", "a3"]) void ask(name, "a");
    await expect(ask("a4", "a")).rejects.toMatchObject({
      code: "unavailable",
      message: "2 comparisons of this project are already waiting, the most at a time: ask again later",
    });
    void ask("b1", "b");
    await settled();
    await end("a1");
    expect(started).toEqual(["a1", "b1"]);
  });

  it("are left by whoever waits and goes, and not taken by whoever has gone", async () => {
    const { started, ask, end, settled } = staged(1, 1);
    const leaving = new AbortController();
    const gone = new Error("gone");
    void ask("a1", "a");
    const waits = ask("a2", "a", leaving.signal);
    await settled();
    leaving.abort(gone);
    await expect(waits).rejects.toBe(gone);
    await expect(ask("a3", "a", leaving.signal)).rejects.toBe(gone);
    void ask("a4", "a");
    await settled();
    await end("a1");
    expect(started).toEqual(["a1", "a4"]);
  });

  it("never run more than they may, and run every task to its end, also after one that fails", async () => {
    const task = fc.record({ project: fc.constantFrom("a", "b", "c"), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(task, { maxLength: 30 }), async (atATime, tasks) => {
        const turns = createTurns("tasks", atATime, 30);
        let running = 0;
        let most = 0;
        const ended = tasks.map(({ project, fails }, index) =>
          turns.run(project, async () => {
            most = Math.max(most, ++running);
            await new Promise((resolve) => setImmediate(resolve));
            running--;
            if (fails) throw new Error("no");
            return index;
          }),
        );
        const results = await Promise.allSettled(ended);
        expect(results.map(({ status }) => status === "rejected")).toEqual(tasks.map(({ fails }) => fails));
        expect(most).toBeLessThanOrEqual(atATime);
      }),
    );
  });
});
