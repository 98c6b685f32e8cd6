/** Bounds the sample of rows that a model is asked. */
import type { Kysely, Transaction } from "kysely";
import type { Tables } from "../../tables.ts";

/** Deletes all but the newest rows of a model. */
export async function trimAskedRows(db: Transaction<Tables>, modelId: string, kept: number): Promise<void> {
  await db
    .deleteFrom("asked_rows")
    .where("model_id", "=", modelId)
    .where("number", "<=", (await lastNumber(db, modelId)) - kept)
    .execute();
}

/** The number of the newest row of a model; 0 if there is none. */
export async function lastNumber(db: Kysely<Tables>, modelId: string): Promise<number> {
  const { last } = await db
    .selectFrom("asked_rows")
    .select(({ fn }) => fn.max<number | null>("number").as("last"))
    .where("model_id", "=", modelId)
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
}
