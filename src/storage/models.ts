/** Queries on models and their weights. */
import type { Kysely } from "kysely";
import type { Model } from "../domain/model.ts";
import type { Page, PageRequest } from "../domain/ports.ts";
import type { TensorSet } from "../domain/tensor.ts";
import { deleteTensors, readTensors } from "./blobs.ts";
import { toPage } from "./page.ts";
import { toModel, toModelRow } from "./rows.ts";
import type { Tables } from "./tables.ts";

export async function insertModel(db: Kysely<Tables>, model: Model): Promise<void> {
  await db.insertInto("models").values(toModelRow(model)).execute();
}

export async function getModel(db: Kysely<Tables>, id: string): Promise<Model | null> {
  const row = await db.selectFrom("models").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? toModel(row) : null;
}

export async function listModels(db: Kysely<Tables>, { after, limit }: PageRequest): Promise<Page<Model>> {
  let query = db.selectFrom("models").selectAll().orderBy("id", "desc");
  if (after !== undefined) query = query.where("id", "<", after);
  return toPage(await query.limit(limit + 1).execute(), limit, toModel);
}

export async function readWeights(db: Kysely<Tables>, modelId: string): Promise<TensorSet | null> {
  const model = await getModel(db, modelId);
  return model && readTensors(db, modelId, model.weights);
}

export async function deleteModel(db: Kysely<Tables>, id: string): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const model = await transaction.deleteFrom("models").where("id", "=", id).returning("job_id").executeTakeFirst();
    if (!model) return false;
    await transaction
      .updateTable("jobs")
      .set({ model_id: null, model_name: null, model_sha256: null })
      .where("id", "=", model.job_id)
      .execute();
    await deleteTensors(transaction, id);
    return true;
  });
}
