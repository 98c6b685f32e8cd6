/** The telemetry of the server: counts events as they happen, and reads states when Prometheus scrapes. */
import { collectDefaultMetrics } from "prom-client";
import { JOB_STATES } from "../domain/jobs/job.ts";
import type { MonitorFigures } from "../domain/monitoring/monitor-store.ts";
import type { Telemetry } from "../domain/operation/telemetry.ts";
import type { Store } from "../domain/store/store.ts";
import { exposeEventLoopDelay } from "./event-loop-delay.ts";
import type { Observer } from "./histogram.ts";
import { type Instruments, MAX_WATCHED } from "./instruments.ts";

/** Minimum time between two counts of all jobs, because each count reads a whole index. */
const COUNT_MS = 2000;

/** Maximum series of requests. Requests without a route share one. */
const MAX_SERIES = 2000;

/** Maximum projects with series of their own; others share one. */
const MAX_PROJECTS = 100;
const OTHER_PROJECTS = "(other)";

/** The statuses of a refusal because of a limit: too large, too many requests, too busy, disk full. */
const REFUSALS: ReadonlySet<number> = new Set([413, 429, 503, 507]);

/**
 * Gauges of prom-client with names of counters, which `promtool check metrics` complains about. They are the sums of `nodejs_active_handles`,
 * `nodejs_active_requests` and `nodejs_active_resources`, which stay.
 */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/**
 * Creates the telemetry of a process. prom-client provides the metrics of memory and garbage collection. Of the processes that share a store,
 * only the one for which `isSpeaker` is true reports the totals of the store, so that a sum over the processes counts them once.
 */
export function createTelemetry(
  instruments: Instruments,
  store: Pick<Store, "jobs" | "health" | "monitors">,
  isSpeaker: () => Promise<boolean> = () => Promise.resolve(true),
): Telemetry {
  const { registry, requests, streamReaders, streamsEnded, projectSeconds, projectRefused } = instruments;
  collectDefaultMetrics({ register: registry });
  exposeEventLoopDelay(registry);
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  // Looking up a series by its labels costs more than counting, so each is looked up once.
  const series = new Map<string, Observer>();
  const named = new Set<string>();
  const nameOf = (project: string): string => {
    if (named.has(project)) return project;
    if (named.size >= MAX_PROJECTS) return OTHER_PROJECTS;
    named.add(project);
    return project;
  };
  const byProject = (project: string, status: number, seconds: number): void => {
    projectSeconds.inc({ project }, seconds);
    if (REFUSALS.has(status)) projectRefused.inc({ project, status: String(status) });
  };
  const watch = (models: readonly MonitorFigures[]): void => {
    const { modelPsi, modelScore, modelScoreFell } = instruments;
    modelPsi.reset();
    modelScore.reset();
    modelScoreFell.reset();
    for (const { project, name, version, psi, liveScore, scoreFell } of models) {
      const labels = { project, model: name, version: String(version) };
      if (psi !== null) modelPsi.set(labels, psi);
      if (liveScore === null) continue;
      modelScore.set(labels, liveScore);
      modelScoreFell.set(labels, scoreFell ? 1 : 0);
    }
  };
  let countedAt = Number.NEGATIVE_INFINITY;

  const count = async (): Promise<void> => {
    instruments.storeHealthy.set(store.health().status === "ok" ? 1 : 0);
    const now = performance.now();
    if (now - countedAt < COUNT_MS) return;
    countedAt = now;
    if (!(await isSpeaker())) {
      instruments.jobs.reset();
      instruments.queueOldest.set(0);
      watch([]);
      return;
    }
    watch(await store.monitors.listFigures(MAX_WATCHED));
    const { states, oldestQueuedAt } = await store.jobs.count();
    for (const state of JOB_STATES) instruments.jobs.set({ state }, states[state] ?? 0);
    instruments.queueOldest.set(oldestQueuedAt === null ? 0 : Math.max(0, Date.now() - oldestQueuedAt) / 1000);
  };

  return {
    request(method, route, status, seconds, project) {
      if (project !== null) byProject(nameOf(project), status, seconds);
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
      // While the database is unreachable, its metrics keep their last values.
      await count().catch(() => instruments.storeHealthy.set(0));
      return { type: registry.contentType, text: await registry.metrics() };
    },
  };
}
