/** Queries on models and their weights. References, aliases and tags are in registry.ts. */
import type { Kysely, SelectQueryBuilder, Transaction } from "kysely";
import type { ProjectLimits } from "../../../domain/limits.ts";
import type { Model, NewModel } from "../../../domain/models/model.ts";
import type { ModelFilter } from "../../../domain/models/model-store.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { TensorSet } from "../../../domain/tensor.ts";
import type { ModelsTable, Tables } from "../../tables.ts";
import { assertRoomForModel } from "../access/quotas.ts";
import { deleteTensors, readTensors, writeTensors } from "../blobs.ts";
import { bytesOf, toBoundedPage } from "../page.ts";
import { newModelRow, readModelRow, readRows, toModel } from "../rows.ts";

/** Stores a model and its weights as the next version of its name. */
export async function insertModel(
  db: Transaction<Tables>,
  project: string,
  model: NewModel,
  weights: TensorSet,
): Promise<Model> {
  // One statement locks the name, so that two models inserted at once get different versions.
  const { last_version: version } = await db
    .insertInto("model_names")
    .values({ project, name: model.name, last_version: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(["project", "name"])
        .doUpdateSet((values) => ({ last_version: values("model_names.last_version", "+", 1) })),
    )
    .returning("last_version")
    .executeTakeFirstOrThrow();
  const row = await db
    .insertInto("models")
    .values(newModelRow(model, project, version))
    .returningAll()
    .executeTakeFirstOrThrow();
  await writeTensors(db, model.id, weights);
  return toModel(row, []);
}

/** See ModelStore.insert. */
export async function addModel(
  db: Kysely<Tables>,
  project: string,
  model: NewModel,
  weights: TensorSet,
  within?: Pick<ProjectLimits, "models">,
): Promise<Model> {
  return await db.transaction().execute(async (transaction) => {
    if (within) await assertRoomForModel(transaction, project, within.models);
    return insertModel(transaction, project, model, weights);
  });
}

/** See ModelStore.get. */
export async function getModel(db: Kysely<Tables>, id: string): Promise<Model | null> {
  return (await readModels(db, db.selectFrom("models").selectAll().where("id", "=", id)))[0] ?? null;
}

/** See ModelStore.list. Lists the models of every project when `project` is null. */
export async function listModels(
  db: Kysely<Tables>,
  project: string | null,
  { after, limit }: PageRequest,
  { name }: ModelFilter = {},
): Promise<Page<Model>> {
  let query = db.selectFrom("models").orderBy("id", "desc");
  if (project !== null) query = query.where("project", "=", project);
  if (name !== undefined) query = query.where("name", "=", name);
  if (after !== undefined) query = query.where("id", "<", after);
  const rows = {
    sizes: (count: number) => query.select(bytesOf("architecture", "metrics")).limit(count).execute(),
    read: (count: number) => readModels(db, query.selectAll().limit(count)),
  };
  return toBoundedPage(rows, limit);
}

/** See ModelStore.readWeights. */
export async function readWeights(db: Kysely<Tables>, id: string): Promise<TensorSet | null> {
  const model = await getModel(db, id);
  return model && readTensors(db, { id, entries: model.weights }, () => getModel(db, id));
}

/** See ModelStore.delete. */
export async function deleteModel(
  db: Kysely<Tables>,
  id: string,
): Promise<{ readonly deleted: boolean; readonly aliases: readonly string[] }> {
  return await db.transaction().execute(async (transaction) => {
    const model = await getModel(transaction, id);
    if (!model || model.aliases.length > 0) return { deleted: false, aliases: model?.aliases ?? [] };
    await transaction.deleteFrom("models").where("id", "=", id).execute();
    if (model.jobId !== null) {
      await transaction
        .updateTable("jobs")
        .set({ model_id: null, model_name: null, model_version: null, model_sha256: null })
        .where("id", "=", model.jobId)
        .execute();
    }
    await deleteTensors(transaction, id);
    return { deleted: true, aliases: [] };
  });
}

/** Returns the models of a query, newest first, with their aliases. One statement, so that a moving alias appears once. */
export async function readModels(
  db: Kysely<Tables>,
  query: SelectQueryBuilder<Tables, "models", ModelsTable>,
): Promise<Model[]> {
  const rows = await db
    .selectFrom(query.as("chosen"))
    .leftJoin("aliases", (join) =>
      join
        .onRef("aliases.project", "=", "chosen.project")
        .onRef("aliases.name", "=", "chosen.name")
        .onRef("aliases.version", "=", "chosen.version"),
    )
    .selectAll("chosen")
    .select("aliases.alias")
    .orderBy("chosen.id", "desc")
    .orderBy("aliases.alias")
    .execute();
  const models = new Map<string, { readonly row: ModelsTable; readonly aliases: string[] }>();
  for (const { alias, ...row } of rows) {
    const model = models.get(row.id) ?? { row, aliases: [] };
    if (alias !== null) model.aliases.push(alias);
    models.set(row.id, model);
  }
  return readRows([...models.values()], ({ row, aliases }) => readModelRow(row, aliases));
}
