/**
 * A pool of threads in which every task is bounded: by time and by the heap of its thread. A thread that exceeds a bound is ended and
 * replaced, and only its task fails. Tenants share the threads fairly (domain/fair-queue.ts). Does not know what the tasks are.
 */
import { TrainyardError } from "../domain/errors.ts";
import { createFairQueue, type QueuedTask } from "../domain/fair-queue.ts";
import { createThreadPool, type ThreadPoolOptions } from "./thread-pool.ts";
import { cannotStart, isOutOfMemory, PoolClosed, ThreadEnded } from "./threads.ts";

export interface SupervisedPoolOptions extends Omit<ThreadPoolOptions, "onError"> {
  /** Called when a thread dies, idle or at work, and when threads cannot start. */
  readonly onError: (error: unknown) => void;
}

/** One task: an export of the entry, and its limits. */
export interface SupervisedTask extends QueuedTask {
  readonly name: string;
  readonly task: object;
  /** Moved to the thread. */
  readonly transferList?: ArrayBuffer[];
  /** From when a thread gets the task: neither its wait in the queue is counted nor that for a thread. */
  readonly limitMs: number;
}

export interface SupervisedPool {
  /** Starts the minimum number of threads. The first task does it too, and waits for one. */
  start(): void;
  /**
   * Throws a TaskLimitError when a bound is exceeded, a TrainyardError `unavailable` when the thread died, none could be started or the pool is
   * closed, and what the task throws. When its signal aborts, throws the signal's reason: at once while the task waits, or, if it still runs, a
   * second later.
   */
  run(task: SupervisedTask): Promise<unknown>;
  /** Ends the threads. */
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

/** How long a task continues that nobody waits for: another thread takes about as long to start. */
const UNWANTED_MS = 1000;
/** How long a task whose turn it is waits for a thread. Threads start in a second, and on a machine that is busy with other things in ten. */
const MAX_WAIT_MS = 60_000;

/** A pool without threads yet: `start` starts them before the first task. */
export function createSupervisedPool(options: SupervisedPoolOptions): SupervisedPool {
  const { heapMb, maxThreads, onError } = options;
  const threads = createThreadPool(options);
  const queue = createFairQueue({ slots: maxThreads });

  const runNow = async ({ limitMs, signal, ...task }: SupervisedTask): Promise<unknown> => {
    const deadline = new AbortController();
    const end = (): void => deadline.abort();
    let hasStarted = false;
    let timer = setTimeout(end, MAX_WAIT_MS);
    const onStart = (): void => {
      hasStarted = true;
      clearTimeout(timer);
      timer = setTimeout(end, limitMs);
    };
    let unwanted: NodeJS.Timeout | undefined;
    const onLeft = (): void => {
      unwanted = setTimeout(end, UNWANTED_MS);
    };
    signal?.addEventListener("abort", onLeft);
    try {
      return await threads.run({ ...task, signal: deadline.signal, onStart });
    } catch (error) {
      if (deadline.signal.aborted && signal?.aborted) throw signal.reason;
      if (deadline.signal.aborted && !hasStarted) throw unavailable(`no thread was there for ${seconds(MAX_WAIT_MS)}`, error);
      if (deadline.signal.aborted) throw new TaskLimitError("time", `took longer than ${seconds(limitMs)}`);
      if (isOutOfMemory(error)) throw new TaskLimitError("memory", `took more than ${heapMb} MiB of memory`);
      // Nothing has failed, so that the log needs no error.
      if (error instanceof PoolClosed) throw unavailable("the server is stopping", error);
      const detail = whyNotDone(error);
      if (!detail) throw error;
      onError(error);
      throw unavailable(detail, error);
    } finally {
      clearTimeout(timer);
      clearTimeout(unwanted);
      signal?.removeEventListener("abort", onLeft);
    }
  };

  return {
    start: threads.start,
    run: (task) => queue.run(task, () => runNow(task)),
    close: threads.close,
  };
}

/** Why a task was not done that changed nothing, since threads only compute and the main thread stores. Null for errors of its own. */
function whyNotDone(error: unknown): string | null {
  if (error instanceof ThreadEnded) return "the thread that worked on this request ended";
  return cannotStart(error) ? "the system gives the server no thread at the moment" : null;
}

function unavailable(why: string, cause: unknown): TrainyardError {
  return Object.assign(new TrainyardError("unavailable", `${why}: send the request again`), { cause });
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 100) / 10} s`;
}
