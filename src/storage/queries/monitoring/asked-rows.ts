/** Queries on the samples of rows that models are asked. */
import type { Kysely } from "kysely";
import type { AskedRow, KeptRow } from "../../../domain/monitoring/asked-rows.ts";
import type { Page } from "../../../domain/page.ts";
import type { Tables } from "../../tables.ts";
import { lockMonitor } from "./monitors.ts";
import { lastNumber, trimAskedRows } from "./trim-asked-rows.ts";

/** How far the clocks of processes may differ. */
const CLOCKS_MS = 1000;

/** See MonitorStore.keepRows. */
export async function keepAskedRows(
  db: Kysely<Tables>,
  modelId: string,
  rows: readonly AskedRow[],
  at: number,
  since: number,
): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const state = await lockMonitor(transaction, modelId, at);
    if (!state || state.enabled === 0 || state.sample_rows === 0) return false;
    if (since <= Number(state.rows_erased_at ?? Number.NEGATIVE_INFINITY)) return false;
    const last = await lastNumber(transaction, modelId);
    const values = rows.map(({ row, answer }, index) => ({
      ...{ model_id: modelId, number: last + index + 1, row, answer, asked_at: at },
    }));
    if (values.length > 0) await transaction.insertInto("asked_rows").values(values).execute();
    await trimAskedRows(transaction, modelId, state.sample_rows);
    return true;
  });
}

/** See MonitorStore.listRows. */
export async function listAskedRows(
  db: Kysely<Tables>,
  modelId: string,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<Page<KeptRow>> {
  let query = db.selectFrom("asked_rows").selectAll().where("model_id", "=", modelId).orderBy("number", "desc");
  if (before !== null) query = query.where("number", "<", before);
  const rows = await query.limit(limit + 1).execute();
  const data = rows.slice(0, limit).map(({ number, row, answer, asked_at }) => ({
    ...{ number: Number(number), row, answer, askedAt: Number(asked_at) },
  }));
  const hasMore = rows.length > limit;
  return { data, hasMore, nextAfter: hasMore ? String(data.at(-1)?.number) : null };
}

/** See MonitorStore.deleteOldRows. */
export async function deleteOldAskedRows(db: Kysely<Tables>, before: number, limit: number): Promise<number> {
  const old = await db
    .selectFrom("asked_rows")
    .select(["model_id", "number"])
    .where("asked_at", "<", before)
    .limit(limit)
    .execute();
  for (const { model_id, number } of old)
    await db.deleteFrom("asked_rows").where("model_id", "=", model_id).where("number", "=", number).execute();
  return old.length;
}

/** Deletes the samples of a project's models, and refuses rows asked before `at` that are still in the memory of a process. */
export async function eraseAskedRows(db: Kysely<Tables>, project: string, at: number): Promise<void> {
  // First, so that rows that a process stores meanwhile are refused, or deleted below.
  await db
    .updateTable("monitors")
    .set({ rows_erased_at: at + CLOCKS_MS })
    .where("project", "=", project)
    .where("sample_rows", ">", 0)
    .execute();
  await db
    .deleteFrom("asked_rows")
    .where("model_id", "in", (query) => query.selectFrom("monitors").select("model_id").where("project", "=", project))
    .execute();
}
