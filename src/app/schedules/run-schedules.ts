/** Starts runs of schedules that are due, and carries out runs under leases: another process takes over a run whose process died. */
import { randomUUID } from "node:crypto";
import { createId, ID_PREFIXES } from "../../domain/id.ts";
import { isTerminal } from "../../domain/jobs/job.ts";
import { isEndedRun, NEW_RUN, type Schedule, type ScheduleRun } from "../../domain/schedules/schedule.ts";
import { type Services, servicesOf } from "../services.ts";
import { singleFlight } from "../single-flight.ts";
import { carryOut, RunLost, type SaveRun } from "./carry-out.ts";
import { dueAfter } from "./change-schedules.ts";

export interface Scheduler {
  /** Aborts fetching; runs continue at the next start. */
  stop(): Promise<void>;
}

/** Number of polls without hints within the time of a lease. */
const POLLS_PER_LEASE = 5;
/** Renewals within the time of a lease. */
const BEATS_PER_LEASE = 3;
/** Delay of a poll after a hint: hints come often, and few mean that a job has ended. */
const PAUSE_MS = 200;
/** Maximum schedules started in one poll. */
const MAX_DUE = 100;
/** Maximum active runs read in one poll, including those that only wait for a job. */
const MAX_LOOKED_AT = 1000;
/** Maximum runs that this process carries out at a time. */
const AT_A_TIME = 4;
const AT_A_TIME_OF_PROJECT = 2;

/** Starts. A run belongs to this process for `leaseMs` without a renewal. */
export function startScheduler(services: Services, leaseMs: number): Scheduler {
  const { store, bus, log } = services;
  const stopping = new AbortController();
  const carried = new Map<Promise<void>, string>();
  /** Whether any run may be waiting for a job. */
  let isActive = true;
  let timer: NodeJS.Timeout | undefined;

  const begin = async ({ id, nextAt: dueAt, document }: Schedule): Promise<void> => {
    const now = Date.now();
    // However many times were missed, one run makes up for them.
    const nextAt = dueAfter(document, now);
    const started = { id: createId("scheduleRun"), scheduleId: id, document: { ...NEW_RUN, dueAt }, createdAt: now };
    const run = await store.schedules.fire(id, dueAt as number, nextAt, started);
    if (run) log.info({ schedule_id: id, run_id: run.id, due_at: dueAt }, "schedule is due");
  };
  const advance = async ({ id, project, scheduleId }: ScheduleRun): Promise<void> => {
    const lease = randomUUID();
    const now = Date.now();
    const run = await store.scheduleRuns.claim(id, lease, now, now + leaseMs);
    if (!run) return;
    const lost = new AbortController();
    const renewal = setInterval(() => {
      store.scheduleRuns.renew(id, lease, Date.now() + leaseMs).then(
        (isHeld) => isHeld || lost.abort(),
        () => undefined,
      );
    }, leaseMs / BEATS_PER_LEASE);
    renewal.unref();
    const save: SaveRun = async (change) => {
      if (stopping.signal.aborted) throw new RunLost();
      const finishedAt = isEndedRun(change.state) ? Date.now() : null;
      if (!(await store.scheduleRuns.save(id, lease, { ...change, finishedAt }))) throw new RunLost();
      if (finishedAt !== null)
        log.info({ schedule_id: scheduleId, run_id: id, state: change.state }, "run of a schedule ended");
      bus.publish(id);
    };
    try {
      const schedule = await store.schedules.get(scheduleId);
      const signal = AbortSignal.any([stopping.signal, lost.signal]);
      if (schedule) await carryOut(servicesOf(services, project), schedule, run, save, signal);
    } catch (err) {
      if (!(err instanceof RunLost || stopping.signal.aborted || lost.signal.aborted))
        log.warn({ err, schedule_id: scheduleId, run_id: id }, "cannot go on with a run of a schedule; trying again");
    } finally {
      clearInterval(renewal);
      await store.scheduleRuns.release(id, lease).catch(() => undefined);
    }
  };
  /** Whether a run has nothing to do yet: hints of a job's epochs come often. */
  const waits = async ({ document }: ScheduleRun): Promise<boolean> => {
    if (document.retryAt !== null && document.retryAt > Date.now()) return true;
    const job = document.job === null ? null : await store.jobs.get(document.job);
    return job !== null && !isTerminal(job.state);
  };
  const look = singleFlight(async () => {
    if (stopping.signal.aborted) return;
    for (const schedule of await store.schedules.listDue(Date.now(), MAX_DUE))
      await begin(schedule).catch((err: unknown) =>
        log.warn({ err, schedule_id: schedule.id }, "cannot begin a run of a schedule that is due"),
      );
    const free = await store.scheduleRuns.listFree(Date.now(), MAX_LOOKED_AT);
    isActive = free.length > 0 || carried.size > 0;
    for (const run of free) {
      if (stopping.signal.aborted || carried.size >= AT_A_TIME) return;
      // Slow tables of one project leave room for those of others.
      if ([...carried.values()].filter((project) => project === run.project).length >= AT_A_TIME_OF_PROJECT) continue;
      if (await waits(run)) continue;
      const going = advance(run)
        .catch((err: unknown) => log.warn({ err, run_id: run.id }, "cannot take a run of a schedule"))
        .finally(() => {
          carried.delete(going);
          wake();
        });
      carried.set(going, run.project);
    }
  });
  const lookSafely = (): void => {
    timer = undefined;
    look().catch((err: unknown) => log.warn({ err }, "cannot look for schedules that are due"));
  };
  const wake = (): void => {
    if (!stopping.signal.aborted) timer ??= setTimeout(lookSafely, PAUSE_MS).unref();
  };
  const unsubscribe = bus.subscribeAll(({ jobId }) => {
    if (isActive || jobId.startsWith(ID_PREFIXES.scheduleRun)) wake();
  });
  // Time passes, and another process may have died.
  const interval = setInterval(wake, leaseMs / POLLS_PER_LEASE).unref();
  lookSafely();
  return {
    async stop() {
      stopping.abort();
      unsubscribe();
      clearInterval(interval);
      clearTimeout(timer);
      await look().catch(() => undefined);
      await Promise.all(carried.keys());
    },
  };
}
