/** Deletes the oldest tables that a schedule has fetched, if it limits how many stay. */
import { isEndedRun, type Schedule, type ScheduleRun } from "../../domain/schedules/schedule.ts";
import type { ProjectServices } from "../services.ts";

/** Runs that are read at a time. */
const PAGE = 200;
/** Schedules that are read at a time. */
const SCHEDULES_PAGE = 100;
/** Maximum tables checked when a run ends: each takes a search for what was trained on it. The next run deletes more. */
const MAX_AT_ONCE = 20;

/**
 * Deletes them. A table stays if a job or a sweep trains on it, if a model in use was trained on it (the newest version of its name, or one
 * with an alias), if a run of another schedule uses it, if it existed before a run fetched it, or if somebody has uploaded or imported its
 * bytes since. Errors are logged, because the run has ended.
 */
export async function removeOldTables(services: ProjectServices, { id, document }: Schedule): Promise<void> {
  const { keep = null } = document;
  if (keep === null) return;
  const { store, log } = services;
  try {
    let left = MAX_AT_ONCE;
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

/** The tables of a schedule's runs, most recently fetched first. */
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

/** The tables that active runs have fetched: the job that trains on one may not exist yet. */
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
