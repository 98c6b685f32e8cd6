/**
 * Threads of one entry that do one task each. A thread that ends, by itself or because its task is aborted, is replaced. Where the system gives no
 * further thread, tasks wait for those there are, and others are tried each second. Knows neither what the tasks are nor who sends them.
 */
import { type Transferable, Worker } from "node:worker_threads";
import { cannotStart, PoolClosed, ThreadEnded, type ThreadMessage, type ThreadRequest, type ThreadStart } from "./threads.ts";

export interface ThreadPoolOptions {
  /** The module whose exports are the tasks. */
  readonly entry: URL;
  /** Minimum and maximum number of threads. Threads beyond the minimum, those that started last, end when they have been idle for a minute. */
  readonly minThreads: number;
  readonly maxThreads: number;
  /** JavaScript heap of a thread. Typed arrays are not in it. */
  readonly heapMb: number;
  /** Called when an idle thread ends, and when threads cannot start: once until all have. */
  readonly onError: (error: Error) => void;
  /** Called with whether any thread is ready, when one gets ready and when one is missing. */
  readonly onThreads?: ((hasThreads: boolean) => void) | undefined;
}

/** One task and what it takes. */
export interface ThreadTask extends ThreadRequest {
  /** Moved to the thread. */
  readonly transferList?: readonly Transferable[];
  /** Withdraws the task while it waits, and ends its thread when it runs. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the task is sent to a thread. */
  readonly onStart?: () => void;
}

export interface ThreadPool {
  /** Starts the minimum number of threads. The first task does it too, and waits for one. */
  start(): void;
  /**
   * Returns what the task returns, and throws what it throws. Throws the signal's reason when that aborts, a ThreadEnded or the error that ended
   * the thread, Node's error if no thread is there and the system gives none, and PoolClosed.
   */
  run(task: ThreadTask): Promise<unknown>;
  /** Ends the threads. */
  close(): Promise<void>;
}

interface Run {
  readonly request: ThreadTask;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  isReady: boolean;
  run: Run | null;
  /** What an exception or a full heap ended it with. */
  failure: Error | null;
  /** Ends it; undefined while it works, or may stay. */
  idle: NodeJS.Timeout | undefined;
}

/** Time from the death of a thread until the check for another: a thread that cannot start must not be restarted all the time. */
const LOOK_AFTER_MS = 1000;
const IDLE_MS = 60_000;

/** A pool without threads yet. */
export function createThreadPool({ entry, minThreads, maxThreads, heapMb, onError, onThreads }: ThreadPoolOptions): ThreadPool {
  /** In order of their start. The first one that is idle gets the next task: it knows most models. */
  const threads = new Set<Thread>();
  const waiting = new Set<Run>();
  let looking: NodeJS.Timeout | undefined;
  /** Why the last thread did not start; no other is started before the next look. */
  let failure: Error | null = null;
  let isTold = false;
  let isClosed = false;

  const start = (): void => {
    const given: ThreadStart = { entry: entry.href };
    let worker: Worker;
    try {
      worker = new Worker(new URL("./pool-thread.ts", import.meta.url), {
        workerData: given,
        resourceLimits: { maxOldGenerationSizeMb: heapMb },
      });
    } catch (error) {
      failure = error as Error;
      return;
    }
    const thread: Thread = { worker, isReady: false, run: null, failure: null, idle: undefined };
    threads.add(thread);
    worker.on("message", (message: ThreadMessage) => onMessage(thread, message));
    worker.on("messageerror", (error) => {
      thread.failure = error;
      void worker.terminate();
    });
    worker.on("error", (error) => {
      thread.failure = error as Error;
    });
    worker.on("exit", (code) => onExit(thread, thread.failure ?? new ThreadEnded(code)));
  };

  const onMessage = (thread: Thread, message: ThreadMessage): void => {
    if (!threads.has(thread)) return;
    if (message.kind === "ready") {
      thread.isReady = true;
      onThreads?.(true);
    } else {
      const run = thread.run;
      thread.run = null;
      if (message.kind === "returned") run?.resolve(message.value);
      else run?.reject(message.error);
    }
    update();
  };

  const onExit = (thread: Thread, reason: Error): void => {
    if (!threads.delete(thread)) return;
    stopIdle(thread);
    if (!thread.isReady) failure = reason;
    thread.run?.reject(reason);
    if (thread.isReady && !thread.run) onError(reason);
    look();
    update();
  };

  /** Ends a thread and counts it out at once, before the system has ended it. */
  const end = (thread: Thread): Promise<number> => {
    threads.delete(thread);
    stopIdle(thread);
    return thread.worker.terminate();
  };

  const give = (thread: Thread, run: Run): void => {
    const { name, task, transferList = [] } = run.request;
    const request: ThreadRequest = { name, task };
    waiting.delete(run);
    stopIdle(thread);
    try {
      thread.worker.postMessage(request, transferList);
      thread.run = run;
      run.request.onStart?.();
    } catch (error) {
      // A value that no thread can be sent.
      run.reject(error);
    }
  };

  /** Gives waiting tasks to idle threads, and starts the threads that are missing. */
  const update = (): void => {
    if (isClosed) return;
    for (const run of waiting) {
      // Stays idle if the task cannot be sent.
      const thread = [...threads].find(isIdle);
      if (!thread) break;
      give(thread, run);
    }
    const starting = (): number => [...threads].filter(({ isReady }) => !isReady).length;
    while (!failure && (threads.size < minThreads || (threads.size < maxThreads && starting() < waiting.size))) start();
    if (failure) {
      look();
      if (threads.size === 0 && cannotStart(failure)) for (const run of waiting) run.reject(failure);
    }
    for (const thread of threads) {
      // An idle thread does not keep the process.
      if (thread.run || (!thread.isReady && waiting.size > 0)) thread.worker.ref();
      else thread.worker.unref();
    }
    for (const thread of [...threads].slice(minThreads))
      if (isIdle(thread)) thread.idle ??= setTimeout(endIdle, IDLE_MS, thread).unref();
    if (waiting.size > 0) looking?.ref();
  };

  const stopIdle = (thread: Thread): void => {
    clearTimeout(thread.idle);
    thread.idle = undefined;
  };

  const endIdle = (thread: Thread): void => {
    stopIdle(thread);
    if (isIdle(thread) && threads.size > minThreads) void end(thread);
  };

  /** In a second, says what is missing and tries again. */
  const look = (): void => {
    looking ??= setTimeout(() => {
      looking = undefined;
      const ready = [...threads].filter(({ isReady }) => isReady).length;
      onThreads?.(ready > 0);
      // A starting thread takes its time while the cores are busy: it is not missing.
      if (threads.size < minThreads && !isTold) onError(missingThreads(minThreads - ready));
      isTold = threads.size < minThreads || (isTold && ready < minThreads);
      failure = null;
      update();
      if (ready < minThreads) look();
    }, LOOK_AFTER_MS).unref();
  };

  const missingThreads = (count: number): Error =>
    new Error(`${count} of ${minThreads} threads have not started`, { cause: failure });

  return {
    start: update,
    run(request) {
      const { signal } = request;
      if (isClosed) return Promise.reject(new PoolClosed());
      if (signal?.aborted) return Promise.reject(signal.reason);
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const onAbort = (): void => {
        const thread = [...threads].find((each) => each.run === run);
        if (thread) void end(thread);
        run.reject(signal?.reason);
        update();
      };
      const settle = (): void => {
        waiting.delete(run);
        signal?.removeEventListener("abort", onAbort);
      };
      const run: Run = {
        request,
        resolve(value) {
          settle();
          resolve(value);
        },
        reject(reason) {
          settle();
          reject(reason);
        },
      };
      waiting.add(run);
      // Nobody need wait for the next look to know whether the system gives a thread again.
      if (cannotStart(failure)) failure = null;
      signal?.addEventListener("abort", onAbort);
      update();
      return promise;
    },
    async close() {
      isClosed = true;
      clearTimeout(looking);
      const unfinished = [...waiting, ...[...threads].flatMap(({ run }) => run ?? [])];
      const ended = [...threads].map(end);
      for (const run of unfinished) run.reject(new PoolClosed());
      await Promise.all(ended);
    },
  };
}

const isIdle = ({ isReady, run }: Thread): boolean => isReady && run === null;
