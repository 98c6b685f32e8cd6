/** Queries on imports that take longer than their request waits. */
import type { Kysely } from "kysely";
import { type ImportChange, type ImportState, isEndedImport, type TableImport } from "../../../domain/sources/table-import.ts";
import type { ImportsTable } from "../../import-tables.ts";
import type { Tables } from "../../tables.ts";

/** See ImportStore.insert. */
export async function insertImport(
  db: Kysely<Tables>,
  project: string,
  { id, state, bytes, createdAt }: Pick<TableImport, "id" | "state" | "bytes" | "createdAt">,
): Promise<TableImport> {
  const row: ImportsTable = {
    ...{ id, project, state, bytes, dataset_id: null, error: null, cancelled: 0 },
    ...{ created_at: createdAt, heard_at: createdAt, finished_at: isEndedImport(state) ? createdAt : null },
  };
  const inserted = await db
    .insertInto("imports")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returningAll()
    .executeTakeFirst();
  const known = inserted ?? (await db.selectFrom("imports").selectAll().where("id", "=", id).executeTakeFirstOrThrow());
  return toImport(known);
}

/** See ImportStore.get. */
export async function getImport(db: Kysely<Tables>, id: string): Promise<TableImport | null> {
  const row = await db.selectFrom("imports").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? toImport(row) : null;
}

/** See ImportStore.change. */
export async function changeImport(
  db: Kysely<Tables>,
  id: string,
  { state, bytes, datasetId = null, error = null }: ImportChange,
  isEnd: boolean,
  at: number,
): Promise<boolean> {
  const row = await db
    .updateTable("imports")
    .set({
      ...{ state, bytes, dataset_id: datasetId, error: error && JSON.stringify(error) },
      ...{ heard_at: at, finished_at: isEnd ? at : null },
    })
    .where("id", "=", id)
    .where("finished_at", "is", null)
    .returning("cancelled")
    .executeTakeFirst();
  return row?.cancelled !== 0;
}

/** See ImportStore.cancel. */
export async function cancelImport(db: Kysely<Tables>, id: string): Promise<TableImport | null> {
  await db.updateTable("imports").set({ cancelled: 1 }).where("id", "=", id).where("finished_at", "is", null).execute();
  return getImport(db, id);
}

/** See ImportStore.deleteOld. */
export async function deleteOldImports(db: Kysely<Tables>, before: number, limit: number): Promise<number> {
  const old = await db.selectFrom("imports").select("id").where("heard_at", "<", before).limit(limit).execute();
  for (const { id } of old) await db.deleteFrom("imports").where("id", "=", id).execute();
  return old.length;
}

function toImport(row: ImportsTable): TableImport {
  return {
    ...{ id: row.id, state: row.state as ImportState, bytes: row.bytes, datasetId: row.dataset_id },
    error: row.error === null ? null : (JSON.parse(row.error) as TableImport["error"]),
    ...{ createdAt: row.created_at, heardAt: row.heard_at, finishedAt: row.finished_at },
  };
}
