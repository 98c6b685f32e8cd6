/** Creates, reads, changes and deletes schedules, and starts a run on request. */
import { type FieldError, invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import { CronError, nextAfter, parseCron, shortestGapMinutes } from "../../domain/schedules/cron.ts";
import {
  changesResult,
  MIN_GAP_MINUTES,
  NEW_RUN,
  type Schedule,
  type ScheduleChanges,
  type ScheduleDocument,
  type ScheduleRequest,
  type ScheduleRun,
} from "../../domain/schedules/schedule.ts";
import { keepPassword } from "../../domain/sources/source.ts";
import type { ProjectServices } from "../services.ts";
import { jobBody } from "./job-body.ts";

/** A schedule and its last run. */
export interface ScheduleView {
  readonly schedule: Schedule;
  readonly lastRun: ScheduleRun | null;
}

/** Stands in for the fetched data set while a job is checked. */
const NO_DATASET = createId("dataset");

/** Creates a schedule. Throws invalid with every fault, and conflict if the project has too many. */
export async function createSchedule(
  services: ProjectServices,
  { paused, ...document }: ScheduleRequest,
  id = createId("schedule"),
): Promise<ScheduleView> {
  await check(services, document);
  const now = Date.now();
  const nextAt = paused ? null : dueAfter(document, now);
  const within = services.limits.project.schedules;
  return viewOf(services, await services.store.schedules.insert({ id, document, paused, nextAt, createdAt: now, within }));
}

/** Returns a schedule. Throws not_found. */
export async function readSchedule(services: ProjectServices, id: string): Promise<ScheduleView> {
  return viewOf(services, await find(services, id));
}

/** Lists schedules, newest first. */
export async function listSchedules(services: ProjectServices, page: PageRequest): Promise<Page<ScheduleView>> {
  const found = await services.store.schedules.list(page);
  return { ...found, data: await Promise.all(found.data.map((schedule) => viewOf(services, schedule))) };
}

/** Changes the given fields. Throws not_found, and invalid with every fault. */
export async function changeSchedule(services: ProjectServices, id: string, changes: ScheduleChanges): Promise<ScheduleView> {
  const { store } = services;
  const before = await find(services, id);
  const { paused = before.paused, ...rest } = changes;
  const asked = { ...rest, ...(rest.source && { source: keepPassword(rest.source, before.document.source) }) };
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const document: ScheduleDocument = { ...before.document, ...given };
  if (Object.keys(given).length > 0) await check(services, document);
  const isTimed = given.cron !== undefined || given.timezone !== undefined || paused !== before.paused;
  const changed = await store.schedules.change(id, {
    ...{ document, paused },
    ...(isTimed && { nextAt: paused ? null : dueAfter(document, Date.now()) }),
    ...(changesResult(given) && { etag: null, sha256: null }),
  });
  if (!changed) throw notFound("schedule", id);
  return viewOf(services, changed);
}

/** Deletes a schedule, its runs, and the credentials of its source. Its queued jobs continue. Throws not_found. */
export async function deleteSchedule({ store }: ProjectServices, id: string): Promise<void> {
  if (!(await store.schedules.delete(id))) throw notFound("schedule", id);
}

/** Starts a run, or returns the existing run with this id. Throws not_found, and conflict while another run is active. */
export async function runSchedule(
  { store, bus }: ProjectServices,
  scheduleId: string,
  id = createId("scheduleRun"),
): Promise<ScheduleRun> {
  const document = { ...NEW_RUN, dueAt: null };
  const run = await store.scheduleRuns.insert({ id, scheduleId, document, createdAt: Date.now() });
  bus.publish(run.id);
  return run;
}

/** Lists the runs of a schedule, newest first. Throws not_found. */
export async function listScheduleRuns(services: ProjectServices, id: string, page: PageRequest): Promise<Page<ScheduleRun>> {
  await find(services, id);
  return services.store.scheduleRuns.list(id, page);
}

/** When a schedule is next due after a time; null if never. */
export function dueAfter({ cron, timezone }: Pick<ScheduleDocument, "cron" | "timezone">, after: number): number | null {
  return nextAfter(parseCron(cron), timezone, after);
}

async function find({ store }: ProjectServices, id: string): Promise<Schedule> {
  const schedule = await store.schedules.get(id);
  if (!schedule) throw notFound("schedule", id);
  return schedule;
}

async function viewOf({ store }: ProjectServices, schedule: Schedule): Promise<ScheduleView> {
  const { data } = await store.scheduleRuns.list(schedule.id, { limit: 1 });
  return { schedule, lastRun: data[0] ?? null };
}

/** Throws invalid with every fault in the times and the job of a schedule that can be found without the table. */
async function check(services: ProjectServices, document: ScheduleDocument): Promise<void> {
  const errors = [...timeErrors(document), ...(await jobErrors(services, document))];
  if (errors.length > 0) throw invalid(errors);
}

function timeErrors(document: ScheduleDocument): FieldError[] {
  try {
    const gap = shortestGapMinutes(parseCron(document.cron));
    if (gap < MIN_GAP_MINUTES)
      return [
        { pointer: "/cron", detail: `is due every ${gap} minutes, but the shortest interval is ${MIN_GAP_MINUTES} minutes` },
      ];
    return dueAfter(document, Date.now()) === null
      ? [{ pointer: "/cron", detail: "is never due: no day of the calendar matches it" }]
      : [];
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    return [{ pointer: `/${error.field}`, detail: error.message }];
  }
}

async function jobErrors({ computePool }: ProjectServices, document: ScheduleDocument): Promise<readonly FieldError[]> {
  const { job, promote } = document;
  const dataset = (job.data as { readonly dataset?: unknown } | undefined)?.dataset;
  if (typeof dataset !== "object" || dataset === null || "id" in dataset)
    return [
      {
        pointer: "/job/data",
        detail: 'must be {"dataset": {"target": ...}} without an id: the schedule uses the data set that it fetches',
      },
    ];
  if (promote && job.split === null)
    return [
      {
        pointer: "/job/split",
        detail: "must hold rows out, on which models are compared. Leave it out to hold out a fifth of the rows",
      },
    ];
  try {
    const prepared = await computePool.prepare(jobBody(document, NO_DATASET));
    const faults = "references" in prepared ? (prepared.faults ?? []) : prepared.ok ? [] : prepared.errors;
    return faults.map(({ pointer, detail }) => ({ pointer: `/job${pointer}`, detail }));
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.code !== "invalid") throw error;
    return error.errors.map(({ pointer, detail }) => ({ pointer: `/job${pointer}`, detail }));
  }
}
