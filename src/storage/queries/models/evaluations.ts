/** Queries on the evaluations of models, which are deleted with their model. */
import type { Kysely } from "kysely";
import type { Evaluation } from "../../../domain/models/evaluation.ts";
import { parseInSlices } from "../../parse-in-slices.ts";
import type { Tables } from "../../tables.ts";

/** Stores the evaluation of a model. */
export async function insertEvaluation(db: Kysely<Tables>, modelId: string, evaluation: Evaluation): Promise<void> {
  await db
    .insertInto("evaluations")
    .values({ model_id: modelId, document: JSON.stringify(evaluation) })
    .execute();
}

/** See ModelStore.readEvaluation. */
export async function readEvaluation(db: Kysely<Tables>, modelId: string): Promise<Evaluation | null> {
  const row = await db.selectFrom("evaluations").select("document").where("model_id", "=", modelId).executeTakeFirst();
  return row ? ((await parseInSlices(row.document)) as Evaluation) : null;
}
