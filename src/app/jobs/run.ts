/** Run: takes jobs from the queue as long as a thread is free, and gives them back when the server stops. */
import type { Job } from "../../domain/jobs/job.ts";
import type { Lease } from "../../domain/jobs/queue.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";
import { execute } from "./execute.ts";

export interface Runner {
  /**
   * Takes no more jobs, has those that run write a checkpoint and puts them back into the queue. Resolves when all of it is
   * stored; those that take longer than the time for it go back as of their last checkpoint.
   */
  stop(): Promise<void>;
}

export interface RunnerOptions {
  /** Jobs at the same time; not more than the training pool have threads. */
  readonly workers: number;
  /** Time that running jobs have for their last checkpoint when the runner stops. */
  readonly drainMs: number;
  /** The first wait after the crash of a worker; each further one is twice as long. */
  readonly backoffMs: number;
}

/** How long the runner waits after the store has failed it. */
const RETRY_MS = 1000;

/** Starts taking jobs. */
export function startRunner(services: Services, options: RunnerOptions): Runner {
  const { workers, drainMs, backoffMs } = options;
  const stopping = new AbortController();
  const deadline = new AbortController();
  const signals = { stopping: stopping.signal, deadline: deadline.signal, backoffMs };
  const running = new Set<Promise<void>>();
  const { store, limits } = services;
  const totalBytes = limits.memoryBytes;
  let usedBytes = 0;
  let retry: NodeJS.Timeout | undefined;

  const runUnder = async (hold: Lease, job: Job): Promise<void> => {
    const isStored = await execute(services, job, { ...signals, hold });
    await hold
      .release(isStored)
      .catch((err: unknown) => services.log.error({ err, job_id: job.id }, "a lease cannot be given up"));
  };
  const fill = singleFlight(async () => {
    while (!stopping.signal.aborted && running.size < workers && store.health().status === "ok") {
      const job = await services.queue.claim({ freeBytes: totalBytes - usedBytes, totalBytes });
      if (!job) return;
      usedBytes += job.memoryBytes;
      const hold = services.queue.hold(job);
      const run = runUnder(hold, job).finally(() => {
        running.delete(run);
        usedBytes -= job.memoryBytes;
        look();
      });
      running.add(run);
    }
  });
  const look = (): void => {
    clearTimeout(retry);
    fill().catch((err: unknown) => {
      services.log.error({ err }, "cannot take a job from the queue");
      if (!stopping.signal.aborted) retry = setTimeout(look, RETRY_MS);
    });
  };

  const stopListening = services.queue.onWork(look);
  // What could not be written before, because there was no room, may be now.
  const stopWatching = store.onHealth(look);
  look();
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    stopping.abort();
    const timer = setTimeout(() => deadline.abort(), drainMs);
    stopListening();
    stopWatching();
    clearTimeout(retry);
    // A claim may be under way: its job is put back too.
    await fill().catch(() => undefined);
    await Promise.all(running);
    clearTimeout(timer);
  };
  return { stop: () => (stopped ??= stop()) };
}
