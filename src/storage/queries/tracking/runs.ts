/** Queries on runs that tracking clients log. */
import { type Kysely, sql } from "kysely";
import { invalid, TrainyardError } from "../../../domain/errors.ts";
import {
  type KeyValue,
  type Lifecycle,
  NO_LINKS,
  POINTS_PER_COUNT,
  type Run,
  type RunInfo,
  type RunLinks,
  type RunStatus,
  TRACKING_LIMITS,
  withLinks,
} from "../../../domain/tracking/tracking.ts";
import type { RunBatch, TrackingStore } from "../../../domain/tracking/tracking-store.ts";
import { lockRows } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import type { TrackingRunsTable } from "../../tracking-tables.ts";
import { deleteTag, readValues, writeMetrics, writeParams, writePoints, writeTags } from "./values.ts";

/** See TrackingStore.insertRun. */
export async function insertRun(db: Kysely<Tables>, project: string, run: RunInfo, tags: readonly KeyValue[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { count, points } = await transaction
      .selectFrom("tracking_runs")
      .select((values) => [values.fn.countAll<number>().as("count"), values.fn.sum<number | null>("points").as("points")])
      .where("project", "=", project)
      .executeTakeFirstOrThrow();
    if (Number(count) >= TRACKING_LIMITS.runs) throw full(`${TRACKING_LIMITS.runs} logged runs`);
    if (Number(points ?? 0) >= TRACKING_LIMITS.points) throw full(`${TRACKING_LIMITS.points} points of metrics`);
    await transaction
      .insertInto("tracking_runs")
      .values({
        ...{ id: run.id, project, experiment_id: run.experimentId, name: run.name, user_id: run.userId, status: run.status },
        ...{ lifecycle: run.lifecycle, start_time: run.startTime, end_time: run.endTime, points: 0, updated_at: run.startTime },
        links: JSON.stringify(NO_LINKS),
      })
      .execute();
    await writeTags(transaction, run.id, tags);
  });
}

function full(what: string): TrainyardError {
  const detail = `the project has ${what}, which is the maximum: runs that are deleted are removed after 30 days, and TRAINYARD_RETAIN_JOBS_DAYS removes old ones`;
  return new TrainyardError("too_large", detail);
}

/** See TrackingStore.getRuns. */
export async function getRuns(db: Kysely<Tables>, project: string, ids: readonly string[]): Promise<readonly Run[]> {
  if (ids.length === 0) return [];
  const query = db.selectFrom("tracking_runs").selectAll().where("project", "=", project).where("id", "in", ids);
  const rows = await query.execute();
  const values = await readValues(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({ ...toInfo(row), ...(values.get(row.id) ?? NO_VALUES), links: linksOf(row) }));
}

const NO_VALUES = { metrics: [], params: [], tags: [] };
const linksOf = ({ links }: Pick<TrackingRunsTable, "links">) => JSON.parse(links) as RunLinks;

/** See TrackingStore.changeRun. */
export async function changeRun(
  db: Kysely<Tables>,
  project: string,
  ...[id, at, { status, endTime, name, lifecycle }]: Parameters<TrackingStore["changeRun"]>
): Promise<void> {
  const result = await db
    .updateTable("tracking_runs")
    .set({
      updated_at: at,
      ...(status === undefined ? {} : { status }),
      ...(endTime === undefined ? {} : { end_time: endTime }),
      ...(name === undefined ? {} : { name }),
      ...(lifecycle === undefined ? {} : { lifecycle }),
    })
    .where("project", "=", project)
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  if (result.numUpdatedRows === 0n) throw noRun(id);
}

/** See TrackingStore.linkRun. */
export async function linkRun(
  db: Kysely<Tables>,
  project: string,
  ...[id, at, added]: Parameters<TrackingStore["linkRun"]>
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const all = withLinks(linksOf(await activeRun(transaction, project, id)), added);
    const links = JSON.stringify(all);
    const { links: most, characters } = TRACKING_LIMITS;
    if (Object.values(all).some((list) => list.length > most))
      throw new TrainyardError("too_large", `a run has at most ${most} data sets, and as many models`);
    if (links.length > characters)
      throw new TrainyardError("too_large", `the data sets and models of a run may have at most ${characters} characters`);
    await transaction.updateTable("tracking_runs").set({ updated_at: at, links }).where("id", "=", id).execute();
  });
}

/** See TrackingStore.logToRun. */
export async function logToRun(db: Kysely<Tables>, project: string, id: string, at: number, batch: RunBatch): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const run = await activeRun(transaction, project, id);
    await writeParams(transaction, id, batch.params);
    await writeTags(transaction, id, batch.tags);
    await writeMetrics(transaction, id, batch.metrics);
    for (const [modelId, metrics] of Map.groupBy(batch.metrics, ({ modelId }) => modelId ?? "")) {
      if (modelId !== "" && (await hasModel(transaction, project, modelId))) await writeMetrics(transaction, modelId, metrics);
    }
    const added = await writePoints(transaction, id, batch.metrics);
    await checkPoints(transaction, project, Number(run.points), added);
    // As in MLflow, a tag also names a run.
    const name = batch.tags.findLast(({ key }) => key === "mlflow.runName")?.value ?? run.name;
    await transaction
      .updateTable("tracking_runs")
      .set({ points: sql<number>`points + ${added}`, updated_at: at, name })
      .where("id", "=", id)
      .execute();
  });
}

/** Throws too_large if a run that had `points` has too many with the added ones, or its project has. */
async function checkPoints(db: Kysely<Tables>, project: string, points: number, added: number): Promise<void> {
  const after = points + added;
  if (after > TRACKING_LIMITS.runPoints)
    throw new TrainyardError("too_large", `a run has at most ${TRACKING_LIMITS.runPoints} points of metrics`);
  if (Math.floor(after / POINTS_PER_COUNT) === Math.floor(points / POINTS_PER_COUNT)) return;
  const { total } = await db
    .selectFrom("tracking_runs")
    .select((values) => values.fn.sum<number | null>("points").as("total"))
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  if (Number(total ?? 0) + added > TRACKING_LIMITS.points) throw full(`${TRACKING_LIMITS.points} points of metrics`);
}

/** See TrackingStore.deleteRunTag. */
export async function deleteRunTag(db: Kysely<Tables>, project: string, id: string, at: number, key: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await activeRun(transaction, project, id);
    if (!(await deleteTag(transaction, id, key)))
      throw new TrainyardError("not_found", `No tag with name: ${key} in run with id ${id}`);
    await transaction.updateTable("tracking_runs").set({ updated_at: at }).where("id", "=", id).execute();
  });
}

async function activeRun(db: Kysely<Tables>, project: string, id: string) {
  const query = db.selectFrom("tracking_runs").selectAll().where("project", "=", project).where("id", "=", id);
  const run = await lockRows(db, query).executeTakeFirst();
  if (!run) throw noRun(id);
  if (run.lifecycle !== "active")
    throw invalid([{ pointer: "/run_id", detail: `The run ${id} must be in the 'active' state: it is deleted` }]);
  return run;
}

async function hasModel(db: Kysely<Tables>, project: string, id: string): Promise<boolean> {
  const query = db.selectFrom("tracking_models").select("id").where("project", "=", project).where("id", "=", id);
  return (await query.executeTakeFirst()) !== undefined;
}

const noRun = (id: string) => new TrainyardError("not_found", `Run with id=${id} not found`);

/** See TrackingStore.deleteOld. */
export async function deleteOldRuns(
  db: Kysely<Tables>,
  before: number | null,
  deletedBefore: number,
  limit: number,
): Promise<number> {
  return await db.transaction().execute(async (transaction) => {
    const old = await transaction
      .selectFrom("tracking_runs")
      .select("id")
      .where((values) =>
        values.or([
          values("updated_at", "<", before ?? 0),
          values.and([values("updated_at", "<", deletedBefore), values("lifecycle", "=", "deleted")]),
        ]),
      )
      .orderBy("updated_at")
      .limit(limit)
      .execute();
    const ids = old.map(({ id }) => id);
    if (ids.length === 0) return 0;
    const models = await transaction.selectFrom("tracking_models").select("id").where("run_id", "in", ids).execute();
    const owners = [...ids, ...models.map(({ id }) => id)];
    await transaction.deleteFrom("tracking_values").where("owner_id", "in", owners).execute();
    await transaction.deleteFrom("tracking_points").where("run_id", "in", ids).execute();
    await transaction.deleteFrom("tracking_models").where("id", "in", owners).execute();
    await transaction.deleteFrom("tracking_runs").where("id", "in", ids).execute();
    return ids.length;
  });
}

function toInfo(row: TrackingRunsTable): RunInfo {
  return {
    ...{ id: row.id, experimentId: row.experiment_id, name: row.name, userId: row.user_id },
    ...{ status: row.status as RunStatus, lifecycle: row.lifecycle as Lifecycle },
    ...{ startTime: Number(row.start_time), endTime: row.end_time === null ? null : Number(row.end_time) },
  };
}
