/** Removes records older than the configured retention, in small transactions. */
import { KEY_LIFETIME_MS } from "../domain/access/idempotency.ts";
import { ANSWERS_KEPT_MS } from "../domain/monitoring/monitor-store.ts";
import type { Retention } from "../domain/operation/retention.ts";
import { RESTORABLE_MS } from "../domain/tracking/tracking.ts";
import type { Services } from "./services.ts";

/** Rows removed in one transaction, and the maximum number of transactions for each kind of record in one sweep. */
const STEP = 50;
/** Entries of the audit log removed in one transaction: they are small, and many. */
const AUDIT_STEP = 2000;
/** Logged runs removed in one transaction: one may have a million points. */
const RUNS_STEP = 2;
const MAX_STEPS = 200;
/** How long the record of an import is kept. */
const IMPORTS_KEPT_MS = 7 * 24 * 3600 * 1000;
const EVERY_MS = 10 * 60_000;
/** Pause between two transactions, so that other writers can run. */
const PAUSE_MS = 20;

export interface Sweeper {
  stop(): Promise<void>;
}

/** Starts sweeping: now, and then every `everyMs`. */
export function startSweeper(services: Services, retention: Retention, everyMs = EVERY_MS): Sweeper {
  const stopping = new AbortController();
  let sweeping: Promise<void> = Promise.resolve();
  const run = (): void => {
    sweeping = sweep(services, retention, Date.now(), stopping.signal).then(
      (removed) => {
        if (Object.values(removed).some((count) => count > 0))
          services.log.info(removed, "removed records past their retention");
      },
      (err: unknown) => services.log.warn({ err }, "cannot remove records past their retention"),
    );
  };
  run();
  const timer = setInterval(() => void sweeping.then(run), everyMs);
  timer.unref();
  return {
    async stop() {
      stopping.abort();
      clearInterval(timer);
      await sweeping;
    },
  };
}

/**
 * Runs one sweep as of the time `now`, in epoch milliseconds. Returns the number of records removed, by kind.
 *
 * @internal Exported so that a test can choose the time.
 */
export async function sweep({ store, bus, log }: Services, retention: Retention, now: number, stopping: AbortSignal) {
  const { jobsMs, metricsMs, checkpointsMs, deliveriesMs, auditMs, auditEntries } = retention;
  /** Repeats a step until it removes fewer than `size` records. */
  const steps = async (step: () => Promise<number>, size = STEP): Promise<number> => {
    let total = 0;
    for (let count = size, done = 0; count >= size && done < MAX_STEPS && !stopping.aborted; done++) {
      count = await step();
      total += count;
      if (count >= size) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    return total;
  };
  const removeJobs = async (before: number): Promise<number> => {
    const ended = await store.jobs.listEnded(before, STEP, "anything");
    for (const { id, project } of ended) if (await store.jobs.delete(id)) bus.publishRemoved(id, project);
    return ended.length;
  };
  const removeSweeps = async (before: number): Promise<number> => {
    const ended = await store.sweeps.listEnded(before, STEP);
    for (const { id, project } of ended) if (await store.sweeps.delete(id)) bus.publishRemoved(id, project);
    return ended.length;
  };
  const removeMetrics = async (before: number): Promise<number> => {
    const ended = await store.jobs.listEnded(before, STEP, "metrics");
    for (const { id } of ended) await store.metrics.delete(id);
    return ended.length;
  };
  const removeCheckpoints = async (before: number): Promise<number> => {
    const ended = await store.jobs.listEnded(before, STEP, "checkpoints");
    for (const { id } of ended) await store.checkpoints.deleteAll(id);
    return ended.length;
  };
  const removeExcessOfAudit = async (): Promise<number> => {
    let total = 0;
    for (const excess of await store.auditLog.findExcess(auditEntries)) {
      const removed = await steps(() => store.auditLog.deleteUpTo(excess, AUDIT_STEP), AUDIT_STEP);
      log.warn(
        { project: excess.project, removed, most: auditEntries },
        "removed the oldest entries of a project's audit log: it had more than TRAINYARD_PROJECT_AUDIT_ENTRIES",
      );
      total += removed;
    }
    return total;
  };
  return {
    jobs: jobsMs === null ? 0 : await steps(() => removeJobs(now - jobsMs)),
    sweeps: jobsMs === null ? 0 : await steps(() => removeSweeps(now - jobsMs)),
    jobs_without_metrics: metricsMs === null ? 0 : await steps(() => removeMetrics(now - metricsMs)),
    jobs_without_checkpoints: checkpointsMs === null ? 0 : await steps(() => removeCheckpoints(now - checkpointsMs)),
    deliveries: deliveriesMs === null ? 0 : await steps(() => store.deliveries.deleteEnded(now - deliveriesMs, STEP)),
    audit_entries: auditMs === null ? 0 : await steps(() => store.auditLog.deleteOld(now - auditMs, AUDIT_STEP), AUDIT_STEP),
    audit_entries_too_many: await removeExcessOfAudit(),
    logged_runs: await steps(
      () => store.tracking.deleteOld(jobsMs === null ? null : now - jobsMs, now - RESTORABLE_MS, RUNS_STEP),
      RUNS_STEP,
    ),
    answers: await steps(() => store.monitors.deleteOldAnswers(now - ANSWERS_KEPT_MS, STEP)),
    imports: await steps(() => store.imports.deleteOld(now - IMPORTS_KEPT_MS, STEP)),
    asked_rows: await steps(() => store.monitors.deleteOldRows(now - ANSWERS_KEPT_MS, STEP)),
    idempotency_keys: await steps(() => store.idempotency.deleteOld(now - KEY_LIFETIME_MS, STEP)),
  };
}
