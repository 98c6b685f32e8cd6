import { EventEmitter, getEventListeners } from "node:events";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createThreadPool, type ThreadPool } from "../../src/worker/thread-pool.ts";
import { PoolClosed, type ThreadRequest } from "../../src/worker/threads.ts";
import { replaceWorkers } from "./replace-workers.ts";

const IDLE_MS = 60_000;

/** A thread that does what the test says. */
class StandIn extends EventEmitter {
  static started: StandIn[] = [];
  static isRefused = false;
  readonly given: number[] = [];
  task: number | null = null;
  state: "starting" | "ready" | "ending" | "over" = "starting";
  isReferenced = true;
  readonly #over = Promise.withResolvers<number>();

  constructor() {
    super();
    if (StandIn.isRefused) throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
    StandIn.started.push(this);
  }
  ref(): void {
    this.isReferenced = true;
  }
  unref(): void {
    this.isReferenced = false;
  }
  postMessage(request: ThreadRequest, transfer: Transferable[]): void {
    const { task } = structuredClone(request, { transfer });
    expect(this).toMatchObject({ state: "ready", task: null });
    this.task = (task as { id: number }).id;
    this.given.push(this.task);
  }
  terminate(): Promise<number> {
    if (this.state !== "over") this.state = "ending";
    return this.#over.promise;
  }
  getReady(): void {
    if (this.state === "starting") this.state = "ready";
    this.emit("message", { kind: "ready" });
  }
  /** Also when it was told to end: the answer was on its way. */
  answer(how: "returned" | "threw"): void {
    const { task } = this;
    this.task = null;
    this.emit("message", how === "returned" ? { kind: how, value: task } : { kind: how, error: task });
  }
  exit(error: Error | null): void {
    this.state = "over";
    if (error) this.emit("error", error);
    this.emit("exit", 1);
    this.#over.resolve(1);
  }
}

const living = (): StandIn[] => StandIn.started.filter(({ state }) => state === "starting" || state === "ready");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  StandIn.started = [];
  StandIn.isRefused = false;
});
afterEach(() => {
  vi.useRealTimers();
});

function open(minThreads: number, maxThreads: number): ThreadPool {
  return createThreadPool({
    ...{ entry: new URL("./stand-in-tasks.ts", import.meta.url), minThreads, maxThreads, heapMb: 48, onError: () => undefined },
  });
}

const run = (pool: ThreadPool, id: number) => pool.run({ name: "any", task: { id } });
const unsendable = (pool: ThreadPool) => pool.run({ name: "any", task: { id: 0, cannotBeSent: () => undefined } });

describe("a pool of threads", () => {
  it("gives a thread the next task where one cannot be sent", async () => {
    replaceWorkers(StandIn);
    const pool = open(1, 1);
    const outcomes = [unsendable(pool), unsendable(pool), run(pool, 3)];
    const ended = Promise.allSettled(outcomes);
    const [thread] = StandIn.started;
    thread?.getReady();
    expect(thread?.given).toEqual([3]);
    thread?.answer("returned");
    const refused = { status: "rejected", reason: { name: "DataCloneError" } };
    expect(await ended).toMatchObject([refused, refused, { status: "fulfilled", value: 3 }]);
  });

  it("ends the threads that are too many after a minute, also after they were used again, and keeps those that know most", async () => {
    replaceWorkers(StandIn);
    const pool = open(1, 2);
    for (let round = 0; round < 3; round++) {
      const both = [run(pool, 1), run(pool, 2)];
      for (const thread of living()) if (thread.state === "starting") thread.getReady();
      for (const thread of living()) thread.answer("returned");
      await Promise.all(both);
      vi.advanceTimersByTime(IDLE_MS / 2);
    }
    expect(StandIn.started.map(({ state }) => state)).toEqual(["ready", "ready"]);
    vi.advanceTimersByTime(IDLE_MS);
    expect(StandIn.started.map(({ state }) => state)).toEqual(["ready", "ending"]);
  });

  it("does each task once and keeps nothing, whatever happens to threads and senders at any moment", async () => {
    replaceWorkers(StandIn);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant("run" as const) },
      { weight: 6, arbitrary: fc.constantFrom("ready" as const, "returned" as const) },
      fc.constantFrom(
        "unsendable",
        "aborted",
        "abort",
        "threw",
        "exit",
        "crash",
        "refuse",
        "give",
        "second",
        "minute",
        "start",
      ),
    );
    const steps = fc.array(fc.tuple(step, fc.nat(20)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 1, max: 3 }),
        steps,
        fc.boolean(),
        async (min, more, all, isCut) => {
          StandIn.started = [];
          StandIn.isRefused = false;
          vi.clearAllTimers();
          const pool = open(min, Math.max(min, more));
          const senders: AbortController[] = [];
          const outcomes: unknown[] = [];
          const settled: Promise<void>[] = [];
          const ask = (more: object): void => {
            const id = senders.length;
            const sender = new AbortController();
            if ("isLate" in more) sender.abort("late");
            senders.push(sender);
            const note = (outcome: unknown) => {
              expect(outcomes[id]).toBeUndefined();
              outcomes[id] = outcome;
            };
            settled.push(
              pool.run({ name: "any", task: { id, ...more }, signal: sender.signal }).then(
                (value) => note({ value }),
                (reason) => note({ reason }),
              ),
            );
          };
          const one = <T>(of: readonly T[], which: number): T | undefined => of[which % Math.max(1, of.length)];
          const acts: Record<string, (which: number) => void> = {
            run: () => ask({}),
            unsendable: () => ask({ cannotBeSent: () => undefined }),
            aborted: () => ask({ isLate: true }),
            abort: (which) => one(senders, which)?.abort("left"),
            ready: (which) =>
              one(
                StandIn.started.filter(({ state }) => state === "starting"),
                which,
              )?.getReady(),
            returned: (which) =>
              one(
                StandIn.started.filter(({ task }) => task !== null),
                which,
              )?.answer("returned"),
            threw: (which) =>
              one(
                StandIn.started.filter(({ task }) => task !== null),
                which,
              )?.answer("threw"),
            exit: (which) =>
              one(
                StandIn.started.filter(({ state }) => state !== "over"),
                which,
              )?.exit(null),
            crash: (which) =>
              one(
                StandIn.started.filter(({ state }) => state !== "over"),
                which,
              )?.exit(new Error("crash")),
            refuse: () => (StandIn.isRefused = true),
            give: () => (StandIn.isRefused = false),
            second: () => vi.advanceTimersByTime(1000),
            minute: () => vi.advanceTimersByTime(IDLE_MS),
            start: () => pool.start(),
          };
          for (const [act, which] of all) {
            acts[act]?.(which);
            expect(living().length).toBeLessThanOrEqual(Math.max(min, more));
            for (const { task, isReferenced, state } of living())
              if (state === "ready") expect(isReferenced).toBe(task !== null);
          }
          const given = () => StandIn.started.flatMap((thread) => thread.given);
          if (!isCut) {
            // Nobody does anything any more, and threads do their work.
            StandIn.isRefused = false;
            pool.start();
            for (let left = senders.length + 3; left > 0; left--) {
              vi.advanceTimersByTime(1000);
              for (const thread of living()) {
                if (thread.state === "starting") thread.getReady();
                else if (thread.task !== null) thread.answer("returned");
              }
            }
            await Promise.all(settled);
            vi.advanceTimersByTime(2 * IDLE_MS);
            expect(living().length).toBe(min);
          }
          const isOver = pool.close();
          for (const thread of StandIn.started) thread.exit(null);
          await Promise.all([isOver, ...settled]);
          expect(given()).toEqual([...new Set(given())]);
          outcomes.forEach((outcome, id) => {
            const { value, reason } = outcome as { value?: unknown; reason?: unknown };
            if (value !== undefined || typeof reason === "number") expect(value ?? reason).toBe(id);
            else expect(reason instanceof Error || reason === "left" || reason === "late").toBe(true);
            if (!isCut) expect(reason).not.toBeInstanceOf(PoolClosed);
          });
          for (const { signal } of senders) expect(getEventListeners(signal, "abort")).toEqual([]);
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});
