/** Claims chunks of sweeps for free threads, renews their leases while they run, and stops chunks whose lease was lost. */
import { randomUUID } from "node:crypto";
import { causeOf, type SpanOptions, traced } from "../../domain/operation/tracing.ts";
import type { SweepChunk } from "../../domain/sweeps/sweep-store.ts";
import type { Services } from "../services.ts";
import { createChunkMemory, runChunk } from "./run-chunk.ts";

export interface SweepRunnerOptions {
  /** How long a chunk is leased to this process without a renewal. */
  readonly leaseMs: number;
  /** Aborted when the server stops: running trials end without a result. */
  readonly stopping: AbortSignal;
}

/** A claimed chunk. */
export interface ClaimedChunk {
  readonly memoryBytes: number;
  /** Runs it. Never rejects. */
  run(): Promise<void>;
}

export interface SweepRunner {
  /** Claims the next chunk that fits the memory; null if there is none. */
  claim(freeBytes: number): Promise<ClaimedChunk | null>;
  close(): void;
}

/** Renewals within the time of a lease. */
const BEATS_PER_LEASE = 3;

/** Creates a runner without chunks. */
export function createSweepRunner(services: Services, { leaseMs, stopping }: SweepRunnerOptions): SweepRunner {
  const { store, limits, log, tracing } = services;
  const memory = createChunkMemory();
  const held = new Map<string, AbortController>();
  const renew = async (): Promise<void> => {
    if (held.size === 0) return;
    const asked = [...held.keys()];
    const kept = new Set(await store.sweeps.renewLeases(asked, Date.now() + leaseMs));
    for (const lease of asked) if (!kept.has(lease)) held.get(lease)?.abort();
  };
  const timer = setInterval(
    () => void renew().catch((err: unknown) => log.warn({ err }, "cannot renew the leases of chunks")),
    leaseMs / BEATS_PER_LEASE,
  );
  timer.unref();
  return {
    async claim(freeBytes) {
      const at = Date.now();
      const lease = randomUUID();
      const { runningJobs } = limits.project;
      const chunk = await store.sweeps.claimChunk({ lease, at, until: at + leaseMs, freeBytes, runningJobs });
      if (!chunk) return null;
      const stop = new AbortController();
      const onStopping = () => stop.abort();
      stopping.addEventListener("abort", onStopping);
      if (stopping.aborted) stop.abort();
      held.set(lease, stop);
      return {
        memoryBytes: chunk.sweep.memoryBytes,
        async run() {
          const isReleased = await traced(tracing, "run sweep chunk", spanOf(chunk), () =>
            runChunk(services, chunk, memory, stop.signal),
          );
          held.delete(lease);
          if (!isReleased) setTimeout(() => void services.queue.enqueue(chunk.sweep.id), leaseMs + 1).unref();
          stopping.removeEventListener("abort", onStopping);
        },
      };
    },
    close: () => clearInterval(timer),
  };
}

/** The span of a chunk, under the span that submitted or resumed its sweep. A chunk without trials plans the next ones. */
function spanOf({ sweep, number, trials }: SweepChunk): SpanOptions {
  const attributes = {
    "trainyard.sweep.id": sweep.id,
    "trainyard.project": sweep.project,
    "trainyard.sweep.chunk": number,
    "trainyard.trials": trials.length,
  };
  return { parent: causeOf(sweep), attributes };
}
