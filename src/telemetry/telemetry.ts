/** The server's Telemetry: what happens is counted as it happens, what is so is read when somebody asks. */
import { collectDefaultMetrics } from "prom-client";
import { JOB_STATES } from "../domain/jobs/job.ts";
import type { Telemetry } from "../domain/operation/telemetry.ts";
import type { Store } from "../domain/ports.ts";
import type { Observer } from "./histogram.ts";
import type { Instruments } from "./instruments.ts";

/** Counting the jobs reads an index from end to end: not more often than this, however many ask. */
const COUNT_MS = 2000;

/** Requests that do not exist have no route: they share a series. */
const MAX_SERIES = 2000;

/**
 * The telemetry of a process. The event loop's delay, memory and garbage collection are prom-client's own metrics. What the
 * whole store holds is told by one of the processes that share it, so that a sum over them counts it once: `isSpeaker`.
 */
export function createTelemetry(
  instruments: Instruments,
  store: Pick<Store, "countJobs" | "health">,
  isSpeaker: () => Promise<boolean> = () => Promise.resolve(true),
): Telemetry {
  const { registry, requests, streamReaders, streamsEnded } = instruments;
  collectDefaultMetrics({ register: registry });
  // Looking a series up by its labels costs more than counting: each is looked up once.
  const series = new Map<string, Observer>();
  let countedAt = Number.NEGATIVE_INFINITY;

  const count = async (): Promise<void> => {
    instruments.storeHealthy.set(store.health().status === "ok" ? 1 : 0);
    const now = performance.now();
    if (now - countedAt < COUNT_MS) return;
    countedAt = now;
    if (!(await isSpeaker())) {
      instruments.jobs.reset();
      instruments.queueOldest.set(0);
      return;
    }
    const { states, oldestQueuedAt } = await store.countJobs();
    for (const state of JOB_STATES) instruments.jobs.set({ state }, states[state] ?? 0);
    instruments.queueOldest.set(oldestQueuedAt === null ? 0 : Math.max(0, Date.now() - oldestQueuedAt) / 1000);
  };

  return {
    request(method, route, status, seconds) {
      const key = `${method} ${route} ${status}`;
      let observer = series.get(key);
      if (!observer) {
        if (series.size >= MAX_SERIES) return;
        observer = requests.labels(method, route, String(status));
        series.set(key, observer);
      }
      observer.observe(seconds);
    },
    stream(kind) {
      streamReaders.inc({ kind });
      return (ending) => {
        streamReaders.dec({ kind });
        streamsEnded.inc({ kind, ending });
      };
    },
    async expose() {
      // A database that is away is no reason to say nothing: what it would have said keeps its last value.
      await count().catch(() => instruments.storeHealthy.set(0));
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
