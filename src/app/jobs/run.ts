/**
 * Runs jobs, and chunks of sweeps: claims them while a thread is free, in turn where both wait, and requeues jobs when the server
 * stops.
 */
import type { Job } from "../../domain/jobs/job.ts";
import type { Lease } from "../../domain/jobs/queue.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";
import { createSweepRunner } from "../sweeps/sweep-runner.ts";
import { execute } from "./execute.ts";

export interface Runner {
  /**
   * Claims no more jobs, has the running ones write a checkpoint and requeues them. Resolves when all of this is stored. Jobs
   * that need longer than `drainMs` are requeued at their last stored checkpoint.
   */
  stop(): Promise<void>;
}

export interface RunnerOptions {
  /** Number of jobs that run at the same time; at most the number of threads of the training pool. */
  readonly workers: number;
  /** Time that running jobs have to write their last checkpoint when the runner stops. */
  readonly drainMs: number;
  /** Delay before the first retry after a worker crash; it doubles with each further crash. */
  readonly backoffMs: number;
  /** How long a chunk of a sweep is leased to this process without a renewal. */
  readonly chunkLeaseMs?: number;
}

/** Work for a thread. */
interface Claimed {
  readonly memoryBytes: number;
  /** Never rejects. `onTrained` may be called earlier: when the thread is free, but the outcome is not stored yet. */
  run(onTrained: () => void): Promise<void>;
}

const CHUNK_LEASE_MS = 30_000;

/** If there was no chunk, ask for jobs first for this long. */
const NO_CHUNK_MS = 20;

/** Maximum number of runs for each thread, including those whose outcomes are being stored. */
const MAX_RUNS = 2;

/** Delay before the runner tries again after an error of the store. */
const RETRY_MS = 1000;

/** Starts claiming and running jobs. */
export function startRunner(services: Services, options: RunnerOptions): Runner {
  const { workers, drainMs, backoffMs, chunkLeaseMs = CHUNK_LEASE_MS } = options;
  const stopping = new AbortController();
  const deadline = new AbortController();
  const signals = { stopping: stopping.signal, deadline: deadline.signal, backoffMs };
  const running = new Set<Promise<void>>();
  const { store, limits } = services;
  const totalBytes = limits.memoryBytes;
  let usedBytes = 0;
  let busyThreads = 0;
  let retry: NodeJS.Timeout | undefined;

  const runUnder = async (lease: Lease, job: Job, onTrained: () => void): Promise<void> => {
    const isStored = await execute(services, job, { ...signals, lease, onTrained });
    await lease
      .release(isStored)
      .catch((err: unknown) => services.log.error({ err, job_id: job.id }, "cannot release the lease of a job"));
  };
  const sweeps = createSweepRunner(services, { leaseMs: chunkLeaseMs, stopping: stopping.signal });
  const claimJob = async (): Promise<Claimed | null> => {
    const job = await services.queue.claim({ freeBytes: totalBytes - usedBytes, totalBytes });
    if (!job) return null;
    const lease = services.queue.hold(job);
    return { memoryBytes: job.memoryBytes, run: (onTrained) => runUnder(lease, job, onTrained) };
  };
  let noChunkUntil = 0;
  let isChunksTurn = false;
  const claimChunk = async (): Promise<Claimed | null> => {
    const claimed = await sweeps.claim(totalBytes - usedBytes);
    if (claimed) isChunksTurn = false;
    else noChunkUntil = performance.now() + NO_CHUNK_MS;
    return claimed;
  };
  const claimJobInTurn = async (): Promise<Claimed | null> => {
    const claimed = await claimJob();
    if (claimed) isChunksTurn = true;
    return claimed;
  };
  // Neither waits for the other to end.
  const claim = async (): Promise<Claimed | null> =>
    isChunksTurn && performance.now() >= noChunkUntil
      ? ((await claimChunk()) ?? claimJobInTurn())
      : ((await claimJobInTurn()) ?? claimChunk());
  const hasRoom = () => busyThreads < workers && running.size < MAX_RUNS * workers;
  const fill = singleFlight(async () => {
    while (!stopping.signal.aborted && hasRoom() && store.health().status === "ok") {
      const claimed = await claim();
      if (!claimed) return;
      const { memoryBytes } = claimed;
      usedBytes += memoryBytes;
      busyThreads++;
      let isBusy = true;
      const free = (): void => {
        if (!isBusy) return;
        isBusy = false;
        busyThreads--;
        usedBytes -= memoryBytes;
      };
      const onTrained = (): void => {
        free();
        // At once, because the claim is committed together with the outcome of the last job.
        poll();
      };
      const run = claimed.run(onTrained).finally(() => {
        running.delete(run);
        free();
        poll();
      });
      running.add(run);
    }
  });
  const poll = (): void => {
    clearTimeout(retry);
    // A request may have woken this loop; its trace has nothing to do with the claimed job.
    services.tracing.within(null, fill).catch((err: unknown) => {
      services.log.error({ err }, "cannot claim a job from the queue");
      if (!stopping.signal.aborted) retry = setTimeout(poll, RETRY_MS);
    });
  };

  const stopListening = services.queue.onWork(poll);
  // A full disk may have room again, so jobs can be claimed again.
  const stopWatching = store.onHealth(poll);
  poll();
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    stopping.abort();
    const timer = setTimeout(() => deadline.abort(), drainMs);
    stopListening();
    stopWatching();
    clearTimeout(retry);
    // A claim may be under way: wait for it, so that its job is requeued too.
    await fill().catch(() => undefined);
    await Promise.all(running);
    sweeps.close();
    clearTimeout(timer);
  };
  return { stop: () => (stopped ??= stop()) };
}
