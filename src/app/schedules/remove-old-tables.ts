/** Deletes the oldest tables that a schedule has fetched, where it says how many stay. */
import { isEndedRun, type Schedule, type ScheduleRun } from "../../domain/schedules/schedule.ts";
import type { ProjectServices } from "../services.ts";

/** Runs that are read at a time. */
const PAGE = 200;
/** Schedules that are read at a time. */
const SCHEDULES_PAGE = 100;
/** Tables that are looked at when a run ends, at most: each takes a search for what was trained on it. The next run deletes more. */
const MOST_AT_ONCE = 20;

/**
 * Deletes them. One stays that a job or a sweep trains on, that a model in use was trained on (the newest version of its name, or one that an
 * alias names), that a run of another schedule is at, that was there before a run fetched it, or whose bytes somebody has uploaded or imported since. What goes wrong is logged: the run has ended.
 */
export async function removeOldTables(services: ProjectServices, { id, document }: Schedule): Promise<void> {
  const { keep = null } = document;
  if (keep === null) return;
  const { store, log } = services;
  try {
    let left = MOST_AT_ONCE;
    const old = (await tablesOf(services, id)).slice(keep);
    const taken = old.length > 0 ? await tablesUnderWay(services) : new Set();
    for (const table of old) {
      if (left === 0) return;
      if (taken.has(table.id)) continue;
      const found = table.isOwn ? await store.datasets.describe(table.id) : null;
      if (!found) continue;
      left--;
      if (await isInUse(services, found.summary)) continue;
      const { deleted } = await store.datasets.delete(table.id, { unlessClaimed: true });
      if (deleted) log.info({ schedule_id: id, dataset_id: table.id }, "old table of a schedule deleted");
    }
  } catch (err) {
    log.warn({ err, schedule_id: id }, "cannot delete old tables of a schedule");
  }
}

interface FetchedOnce {
  readonly id: string;
  /** Whether a run made it. */
  readonly isOwn: boolean;
}

/** The tables of a schedule's runs, the one that was fetched last first. */
async function tablesOf({ store }: ProjectServices, scheduleId: string): Promise<FetchedOnce[]> {
  const tables = new Map<string, FetchedOnce>();
  const add = ({ document: { dataset, isOwnTable = false } }: ScheduleRun): void => {
    if (dataset === null) return;
    tables.set(dataset, { id: dataset, isOwn: isOwnTable || (tables.get(dataset)?.isOwn ?? false) });
  };
  for (let after: string | undefined; ; ) {
    const { data, hasMore, nextAfter } = await store.scheduleRuns.list(scheduleId, { after, limit: PAGE });
    for (const run of data) add(run);
    if (!hasMore || nextAfter === null) return [...tables.values()];
    after = nextAfter;
  }
}

/** The tables that runs under way have fetched: the job that trains on one may not be there yet. */
async function tablesUnderWay({ store }: ProjectServices): Promise<ReadonlySet<string>> {
  const tables = new Set<string>();
  for (let after: string | undefined; ; ) {
    const { data, hasMore, nextAfter } = await store.schedules.list({ after, limit: SCHEDULES_PAGE });
    for (const { id } of data) {
      const [last] = (await store.scheduleRuns.list(id, { limit: 1 })).data;
      if (last && !isEndedRun(last.state) && last.document.dataset !== null) tables.add(last.document.dataset);
    }
    if (!hasMore || nextAfter === null) return tables;
    after = nextAfter;
  }
}

async function isInUse(
  { store }: ProjectServices,
  dataset: { readonly id: string; readonly sha256: string },
): Promise<boolean> {
  const { models, jobs } = await store.forgets.findUsers(dataset);
  const made = await Promise.all(jobs.map(async (id) => (await store.jobs.get(id))?.model?.id ?? []));
  for (const id of new Set([...models, ...made.flat()])) {
    const model = await store.models.get(id);
    if (!model) continue;
    if (model.aliases.length > 0) return true;
    if ((await store.models.find({ kind: "newest", name: model.name }))?.id === id) return true;
  }
  return false;
}
