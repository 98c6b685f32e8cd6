/**
 * A pool of threads in which every task is bounded: by time and by the heap of its thread. A thread that exceeds a bound is ended and
 * replaced, and only its task fails. Tenants share the threads fairly (domain/fair-queue.ts). Does not know what the tasks are.
 */
import { Piscina } from "piscina";
import { TrainyardError } from "../domain/errors.ts";
import { createFairQueue, type QueuedTask } from "../domain/fair-queue.ts";
import { idleFirst, keepThreads } from "./keep-threads.ts";
import { cannotStart, exitCodeOf, isOutOfMemory } from "./threads.ts";

export interface SupervisedPoolOptions {
  /** The module whose exports are the tasks. */
  readonly entry: URL;
  /** Minimum and maximum number of threads. Threads above the minimum end after some idle time. */
  readonly minThreads: number;
  readonly maxThreads: number;
  /** JavaScript heap of a thread. Typed arrays are not in it. */
  readonly heapMb: number;
  /** Called when a thread dies, idle or at work, and when threads cannot start. */
  readonly onError: (error: unknown) => void;
  /** Called with whether the pool has any thread, when one starts and when one is missing. */
  readonly onThreads?: ((hasThreads: boolean) => void) | undefined;
}

/** One task: an export of the entry, and its limits. */
export interface SupervisedTask extends QueuedTask {
  readonly name: string;
  readonly task: object;
  /** Moved to the thread. */
  readonly transferList?: ArrayBuffer[];
  /** From the start of the task; its wait in the queue is not counted. */
  readonly limitMs: number;
}

export interface SupervisedPool {
  /** Starts the minimum number of threads. The first task does it too, and waits for one. */
  start(): void;
  /**
   * Throws a TaskLimitError when a bound is exceeded, a TrainyardError when the thread died or none could be started, and what the task
   * throws. When its signal aborts, throws the signal's reason: at once while the task waits, or, if it still runs, a second later.
   */
  run(task: SupervisedTask): Promise<unknown>;
  /** Ends the threads; running tasks reject. */
  close(): Promise<void>;
}

/** A task exceeded a bound: its thread was ended. */
export class TaskLimitError extends Error {
  override readonly name = "TaskLimitError";
  readonly bound: "time" | "memory";

  constructor(bound: "time" | "memory", detail: string) {
    super(detail);
    this.bound = bound;
  }
}

const IDLE_MS = 60_000;
/** How long a task continues that nobody waits for: another thread takes about as long to start. */
const UNWANTED_MS = 1000;

/** A pool without threads yet: `start` starts them before the first task. */
export function createSupervisedPool(options: SupervisedPoolOptions): SupervisedPool {
  const { heapMb, maxThreads, onError } = options;
  let opened: OpenPool | null = null;
  let isClosed = false;
  const noThread = (cause: unknown): TrainyardError => {
    onError(cause);
    const detail = "the system gives the server no further thread at the moment: send the request again";
    return Object.assign(new TrainyardError("unavailable", detail), { cause });
  };
  const open = (): OpenPool => {
    if (isClosed && !opened) throw new Error("the pool of threads is closed");
    try {
      opened ??= openPool(options);
      return opened;
    } catch (error) {
      throw cannotStart(error) ? noThread(error) : error;
    }
  };
  const queue = createFairQueue({ slots: maxThreads });

  const runNow = async ({ name, task, transferList = [], limitMs, signal }: SupervisedTask): Promise<unknown> => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), limitMs);
    let unwanted: NodeJS.Timeout | undefined;
    const onLeft = (): void => {
      unwanted = setTimeout(() => deadline.abort(), UNWANTED_MS);
    };
    signal?.addEventListener("abort", onLeft);
    try {
      // Piscina ends the thread of a task that is aborted, and starts another.
      return await open().pool.run(task, { name, transferList, signal: deadline.signal });
    } catch (error) {
      if (deadline.signal.aborted && signal?.aborted) throw signal.reason;
      if (deadline.signal.aborted) throw new TaskLimitError("time", `took longer than ${seconds(limitMs)}`);
      if (isOutOfMemory(error)) throw new TaskLimitError("memory", `took more than ${heapMb} MiB of memory`);
      if (exitCodeOf(error) !== null) {
        onError(error);
        // Whatever ended it, the task has changed nothing: threads only compute, and the main thread stores.
        throw new TrainyardError("unavailable", "the thread that worked on this request ended: send the request again");
      }
      if (!cannotStart(error)) throw error;
      // Piscina (5.3) keeps the task in its queue. Withdrawing it would reject a promise that nobody holds, and end the process.
      throw noThread(error);
    } finally {
      clearTimeout(timer);
      clearTimeout(unwanted);
      signal?.removeEventListener("abort", onLeft);
    }
  };

  return {
    start: () => void open(),
    run: (task) => queue.run(task, () => runNow(task)),
    async close() {
      isClosed = true;
      opened?.letGo();
      await opened?.pool.destroy();
    },
  };
}

interface OpenPool {
  readonly pool: Piscina;
  /** No thread is started any more. */
  letGo(): void;
}

function openPool({ entry, minThreads, maxThreads, heapMb, onError, onThreads }: SupervisedPoolOptions): OpenPool {
  const pool = new Piscina({
    filename: entry.href,
    minThreads,
    maxThreads,
    idleTimeout: IDLE_MS,
    loadBalancer: idleFirst,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  pool.on("error", onError);
  return { pool, letGo: keepThreads(pool, minThreads, onError, onThreads) };
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 100) / 10} s`;
}
