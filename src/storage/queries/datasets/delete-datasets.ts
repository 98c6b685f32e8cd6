/** Queries that delete data sets, and those that keep them from it. */
import type { Kysely } from "kysely";
import { TERMINAL_STATES } from "../../../domain/jobs/job.ts";
import { ENDED_STATES } from "../../../domain/sweeps/sweep.ts";
import { lockRows } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";

/** Chunks deleted in one transaction. */
const CHUNKS_PER_DELETION = 64;

/** See DatasetStore.delete. The first transaction makes it invisible; the following ones delete its chunks. */
export async function deleteDataset(
  writer: Kysely<Tables>,
  id: string,
  { unlessClaimed = false }: { readonly unlessClaimed?: boolean } = {},
): Promise<{ readonly deleted: boolean; readonly usedBy: string | null }> {
  const result = await writer.transaction().execute(async (transaction) => {
    // Whoever is submitting a job on it holds the row: it is waited for, so that its job is seen.
    await lockRows(transaction, transaction.selectFrom("datasets").select("id").where("id", "=", id)).execute();
    const usedBy = await jobUsing(transaction, id);
    if (usedBy !== null) return { deleted: false, usedBy };
    const { numUpdatedRows } = await transaction
      .updateTable("datasets")
      .set({ ready: 0 })
      .where("id", "=", id)
      .where("ready", "=", 1)
      .where("claimed", "in", unlessClaimed ? [0] : [0, 1])
      .executeTakeFirstOrThrow();
    return { deleted: numUpdatedRows > 0n, usedBy: null };
  });
  if (result.deleted) await eraseDataset(writer, id);
  return result;
}

/** See DatasetStore.claim. */
export async function claimDataset(writer: Kysely<Tables>, id: string): Promise<boolean> {
  const claiming = writer.updateTable("datasets").set({ claimed: 1 }).where("id", "=", id).where("ready", "=", 1);
  return (await claiming.executeTakeFirstOrThrow()).numUpdatedRows > 0n;
}

/**
 * Returns a job or a sweep that has not ended and trains on this data set; null if there is none. Searches the text of the spec for the id
 * as a JSON member with its value. A string within the JSON cannot match, because its quotes are escaped.
 */
async function jobUsing(db: Kysely<Tables>, id: string): Promise<string | null> {
  const pattern = `%"id":"${id.replaceAll(/[%_\\]/g, "_")}"%`;
  const using = (table: "jobs" | "sweeps", ended: readonly string[]) =>
    db.selectFrom(table).select("id").where("state", "not in", ended).where("spec", "like", pattern).executeTakeFirst();
  return ((await using("jobs", TERMINAL_STATES)) ?? (await using("sweeps", ENDED_STATES)))?.id ?? null;
}

/** See DatasetStore.removeUnfinished. */
export async function removeUnfinishedDatasets(db: Kysely<Tables>, at: number): Promise<number> {
  const rows = await db.selectFrom("datasets").select("id").where("ready", "=", 0).where("created_at", "<", at).execute();
  for (const { id } of rows) await eraseDataset(db, id);
  return rows.length;
}

/**
 * Deletes a data set that is not ready, a bounded number of chunks at a time. Leaves a ready one alone: making it ready may have
 * been reported as failed and committed all the same.
 */
export async function eraseDataset(db: Kysely<Tables>, id: string): Promise<void> {
  const isReady = db.selectFrom("datasets").select("id").where("id", "=", id).where("ready", "=", 1);
  if (await isReady.executeTakeFirst()) return;
  for (let deleted = CHUNKS_PER_DELETION; deleted === CHUNKS_PER_DELETION; ) {
    const last = await db
      .selectFrom("dataset_chunks")
      .select(["column_index", "position"])
      .where("dataset_id", "=", id)
      .orderBy("column_index")
      .orderBy("position")
      .limit(CHUNKS_PER_DELETION)
      .execute();
    deleted = last.length;
    for (const [index, to] of lastPositions(last)) {
      await db
        .deleteFrom("dataset_chunks")
        .where("dataset_id", "=", id)
        .where("column_index", "=", index)
        .where("position", "<=", to)
        .execute();
    }
  }
  await db.deleteFrom("datasets").where("id", "=", id).where("ready", "=", 0).execute();
}

function lastPositions(chunks: readonly { readonly column_index: number; readonly position: number }[]): Map<number, number> {
  return new Map(chunks.map(({ column_index, position }) => [column_index, position]));
}
