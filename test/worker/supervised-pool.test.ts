import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createSupervisedPool, type SupervisedTask } from "../../src/worker/supervised-pool.ts";
import { ThreadEnded } from "../../src/worker/threads.ts";
import { REAL_WORKER, RefusedWorker, replaceWorkers } from "./replace-workers.ts";

const PLENTY_MS = 60_000;

function openPool(minThreads: number, maxThreads = minThreads) {
  const errors: unknown[] = [];
  const told: boolean[] = [];
  const pool = createSupervisedPool({
    entry: new URL("./stand-in-tasks.ts", import.meta.url),
    minThreads,
    maxThreads,
    heapMb: 48,
    onError: (error) => errors.push(error),
    onThreads: (hasThreads) => told.push(hasThreads),
  });
  onTestFinished(async () => {
    await pool.close();
    // On a machine that is busy with other things, a thread that replaces another may take more than the second that is waited for it.
    expect(errors.filter((error) => !/have not started$/.test((error as Error).message))).toEqual([]);
  });
  const ask = (name: string, more: Partial<SupervisedTask> = {}) =>
    pool.run({ tenant: "a", isLong: true, name, task: {}, limitMs: PLENTY_MS, ...more });
  const answer = (value: unknown, tenant = "b") => ask("answer", { tenant, task: { value } });
  return { ask, answer, errors, told, close: pool.close };
}

describe("a supervised pool", () => {
  it("ends a task that takes too long, says the limit, and goes on with another thread", async () => {
    const { ask, answer } = openPool(1);
    await answer("ready");
    await expect(ask("hang", { limitMs: 200 })).rejects.toMatchObject({ bound: "time", message: "took longer than 0.2 s" });
    expect(await answer("after")).toBe("after");
  });

  it("ends a task that nobody waits for any more, waiting or under way, and goes on with another thread", async () => {
    const { ask, answer } = openPool(1);
    await answer("ready");
    const [leaving, gone] = [new AbortController(), new Error("gone")];
    const underWay = ask("hang", { signal: leaving.signal });
    const waits = ask("hang", { signal: leaving.signal });
    leaving.abort(gone);
    await expect(waits).rejects.toBe(gone);
    await expect(underWay).rejects.toBe(gone);
    expect(await answer("after")).toBe("after");
  });

  it("answers others while a tenant's tasks hang, each of them in turn", async () => {
    const { ask, answer } = openPool(2);
    const ended: string[] = [];
    const hanging = [1, 2, 3].map((index) =>
      ask("hang", { limitMs: 300 }).catch(({ bound }) => ended.push(`${bound} ${index}`)),
    );
    for (let index = 0; index < 20; index++) expect(await answer(index)).toBe(index);
    ended.push("answered");
    await Promise.all(hanging);
    expect(ended.filter((each) => each !== "answered")).toEqual(["time 1", "time 2", "time 3"]);
    expect(await answer("after", "a")).toBe("after");
  });

  it("survives a thread that fills its heap, and tells its sender alone", async () => {
    const { ask, answer } = openPool(2);
    const hoarding = ask("hoard");
    const others = Array.from({ length: 20 }, (_, index) => answer(index));
    await expect(hoarding).rejects.toMatchObject({ bound: "memory", message: "took more than 48 MiB of memory" });
    expect(await Promise.all(others)).toEqual(others.map((_, index) => index));
    expect(await answer("after", "a")).toBe("after");
  });

  it("asks for the request again when a thread ends by itself, and tells of it", async () => {
    const { ask, answer, errors } = openPool(1);
    await expect(ask("exit")).rejects.toMatchObject({ code: "unavailable" });
    expect(await answer("after")).toBe("after");
    expect(errors.splice(0)).toEqual([new ThreadEnded(3)]);
  });

  it("goes on after a thread died that was to replace another, as it started", async () => {
    const { ask, answer, errors } = openPool(1);
    await answer("ready");
    // The next thread gets the environment as it is when the one before has died.
    process.env.STAND_IN_CANNOT_START = "yes";
    await expect(ask("exit")).rejects.toMatchObject({ code: "unavailable" });
    delete process.env.STAND_IN_CANNOT_START;
    expect(await answer("after")).toBe("after");
    errors.splice(0);
  });

  it("keeps the threads that it has while another cannot start, and tells of that one", async () => {
    const { ask, errors } = openPool(2);
    await ask("whoAmI");
    process.env.STAND_IN_CANNOT_START = "yes";
    await expect(ask("exit")).rejects.toMatchObject({ code: "unavailable" });
    const survivor = await ask("whoAmI");
    await vi.waitFor(
      () => expect(errors).toContainEqual(expect.objectContaining({ message: "1 of 2 threads have not started" })),
      { timeout: 10_000 },
    );
    expect(await ask("whoAmI")).toBe(survivor);
    delete process.env.STAND_IN_CANNOT_START;
    errors.splice(0);
  });

  it("has a task wait for the thread that runs where another dies as it starts", async () => {
    const { ask, answer, errors } = openPool(1, 2);
    await answer("ready");
    const died = Promise.withResolvers<void>();
    replaceWorkers(
      class extends REAL_WORKER {
        constructor(...given: ConstructorParameters<typeof REAL_WORKER>) {
          super(...given);
          this.once("exit", () => died.resolve());
        }
      },
    );
    process.env.STAND_IN_CANNOT_START = "yes";
    const hanging = ask("hang", { limitMs: 3000 });
    const waiting = answer("after");
    await died.promise;
    delete process.env.STAND_IN_CANNOT_START;
    await expect(hanging).rejects.toMatchObject({ bound: "time" });
    expect(await waiting).toBe("after");
    errors.splice(0);
  });

  it("says that the request may be sent again where there is no thread and the system gives none", async () => {
    const { answer, errors } = openPool(1, 2);
    replaceWorkers(RefusedWorker);
    await expect(answer("first")).rejects.toMatchObject({ code: "unavailable" });
    replaceWorkers(REAL_WORKER);
    expect(await answer("first")).toBe("first");
    errors.splice(0);
  });

  it("has a task wait for the threads there are where the system gives no further one", async () => {
    const { ask, answer } = openPool(1, 2);
    await answer("first");
    const hanging = ask("hang", { limitMs: 500 });
    replaceWorkers(RefusedWorker);
    const waiting = answer("second");
    replaceWorkers(REAL_WORKER);
    await expect(hanging).rejects.toMatchObject({ bound: "time" });
    expect(await waiting).toBe("second");
  });

  it("has a waiting task done by another thread as soon as the system gives one again", async () => {
    const { ask, answer } = openPool(1, 2);
    await answer("first");
    const leaving = new AbortController();
    const hanging = ask("hang", { signal: leaving.signal });
    replaceWorkers(RefusedWorker);
    const waiting = answer("second");
    replaceWorkers(REAL_WORKER);
    expect(await waiting).toBe("second");
    leaving.abort(new Error("gone"));
    await expect(hanging).rejects.toThrow("gone");
  });

  it("survives that the system gives no thread in the place of one that it ended", async () => {
    const { ask, answer, errors } = openPool(1);
    await answer("ready");
    const hanging = ask("hang", { limitMs: 200 });
    replaceWorkers(RefusedWorker);
    await expect(hanging).rejects.toMatchObject({ bound: "time" });
    await vi.waitFor(() => expect(errors).toHaveLength(1), { timeout: 10_000 });
    expect(errors.splice(0)).toMatchObject([{ message: "1 of 1 threads have not started", cause: { message: "EAGAIN" } }]);
    replaceWorkers(REAL_WORKER);
    expect(await answer("after")).toBe("after");
  });

  it("rejects what is not done when it is closed, and what comes after", async () => {
    const { ask, answer, close } = openPool(1);
    await answer("ready");
    const unfinished = [ask("hang"), answer("waits")];
    const ended = Promise.allSettled(unfinished);
    await close();
    const stopping = { code: "unavailable", message: "the server is stopping: send the request again" };
    expect(await ended).toMatchObject([{ reason: stopping }, { reason: stopping }]);
    await expect(answer("late")).rejects.toMatchObject(stopping);
  });

  it("says that it has no thread where none starts, and that it has one again", async () => {
    const { ask, answer, told, errors } = openPool(1);
    await answer("ready");
    expect(told.at(-1)).toBe(true);
    process.env.STAND_IN_CANNOT_START = "yes";
    await expect(ask("exit")).rejects.toMatchObject({ code: "unavailable" });
    await vi.waitFor(() => expect(told.at(-1)).toBe(false), { timeout: 10_000 });
    delete process.env.STAND_IN_CANNOT_START;
    await vi.waitFor(() => expect(told.at(-1)).toBe(true), { timeout: 20_000 });
    errors.splice(0);
  });

  it("passes on what a task throws", async () => {
    const { ask, answer } = openPool(1);
    await expect(ask("fail")).rejects.toThrow("the task failed");
    expect(await answer("after")).toBe("after");
  });
});
