/** Queries on models that tracking clients log. */
import type { Kysely } from "kysely";
import { TrainyardError } from "../../../domain/errors.ts";
import { type LoggedModel, type ModelStatus, TRACKING_LIMITS } from "../../../domain/tracking/tracking.ts";
import type { TrackingStore } from "../../../domain/tracking/tracking-store.ts";
import { lockRows } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import type { TrackingModelsTable } from "../../tracking-tables.ts";
import { deleteTag, readValues, writeParams, writeTags } from "./values.ts";

/** See TrackingStore.insertModel. */
export async function insertLoggedModel(db: Kysely<Tables>, project: string, model: LoggedModel): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { count } = await transaction
      .selectFrom("tracking_models")
      .select((values) => values.fn.countAll<number>().as("count"))
      .where("project", "=", project)
      .executeTakeFirstOrThrow();
    if (Number(count) >= TRACKING_LIMITS.models)
      throw new TrainyardError("too_large", `a project has at most ${TRACKING_LIMITS.models} logged models: delete some first`);
    const { id, name, type, status, createdAt, updatedAt } = model;
    await transaction
      .insertInto("tracking_models")
      .values({
        ...{ id, project, experiment_id: model.experimentId, run_id: model.runId, name, type, status },
        ...{ created_at: createdAt, updated_at: updatedAt },
      })
      .execute();
    await writeParams(transaction, id, model.params);
    await writeTags(transaction, id, model.tags);
  });
}

/** See TrackingStore.getModel. */
export async function getLoggedModel(db: Kysely<Tables>, project: string, id: string): Promise<LoggedModel | null> {
  const query = db.selectFrom("tracking_models").selectAll().where("project", "=", project).where("id", "=", id);
  return (await withValues(db, await query.execute()))[0] ?? null;
}

/** See TrackingStore.listModels. */
export async function listLoggedModels(
  db: Kysely<Tables>,
  project: string,
  ...[experimentIds, offset, limit]: Parameters<TrackingStore["listModels"]>
): Promise<readonly LoggedModel[]> {
  if (experimentIds.length === 0) return [];
  const query = db
    .selectFrom("tracking_models")
    .selectAll()
    .where("project", "=", project)
    .where("experiment_id", "in", experimentIds)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc");
  return withValues(db, await query.offset(offset).limit(limit).execute());
}

/** See TrackingStore.changeModel. */
export async function changeLoggedModel(
  db: Kysely<Tables>,
  project: string,
  ...[id, at, { status, tags = {}, params = [] }]: Parameters<TrackingStore["changeModel"]>
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const query = transaction.selectFrom("tracking_models").select("id").where("project", "=", project).where("id", "=", id);
    if (!(await lockRows(transaction, query).executeTakeFirst())) throw noModel(id);
    await writeParams(transaction, id, params);
    const set = Object.entries(tags).flatMap(([key, value]) => (value === null ? [] : { key, value }));
    await writeTags(transaction, id, set);
    for (const [key, value] of Object.entries(tags))
      if (value === null && !(await deleteTag(transaction, id, key)))
        throw new TrainyardError("not_found", `No tag with key ${key} found for model with ID ${id}`);
    await transaction
      .updateTable("tracking_models")
      .set({ updated_at: at, ...(status === undefined ? {} : { status }) })
      .where("id", "=", id)
      .execute();
  });
}

/** See TrackingStore.deleteModel. */
export async function deleteLoggedModel(db: Kysely<Tables>, project: string, id: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const query = transaction.deleteFrom("tracking_models").where("project", "=", project).where("id", "=", id);
    if ((await query.executeTakeFirstOrThrow()).numDeletedRows === 0n) throw noModel(id);
    await transaction.deleteFrom("tracking_values").where("owner_id", "=", id).execute();
  });
}

const noModel = (id: string) => new TrainyardError("not_found", `Logged model with ID '${id}' not found.`);

async function withValues(db: Kysely<Tables>, rows: readonly TrackingModelsTable[]): Promise<readonly LoggedModel[]> {
  const values = await readValues(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    ...{ id: row.id, experimentId: row.experiment_id, runId: row.run_id, name: row.name, type: row.type },
    ...{ status: row.status as ModelStatus, createdAt: Number(row.created_at), updatedAt: Number(row.updated_at) },
    ...(values.get(row.id) ?? { metrics: [], params: [], tags: [] }),
  }));
}
