/** Queries on the names of models: references, aliases and tags. */
import type { Kysely } from "kysely";
import { changeTags, type TagChanges, type Tags } from "../../../domain/labels.ts";
import type { Model } from "../../../domain/models/model.ts";
import type { ModelRef } from "../../../domain/models/registry.ts";
import type { Tables } from "../../tables.ts";
import { getModel, readModels } from "./models.ts";

/** See ModelStore.find. A name is looked up in the project; an id, in all projects. */
export async function findModel(db: Kysely<Tables>, project: string, ref: ModelRef): Promise<Model | null> {
  if (ref.kind === "id") return getModel(db, ref.id);
  let query = db
    .selectFrom("models")
    .selectAll("models")
    .where("models.project", "=", project)
    .where("models.name", "=", ref.name);
  if (ref.kind === "newest") query = query.orderBy("models.version", "desc");
  if (ref.kind === "version") query = query.where("models.version", "=", ref.version);
  if (ref.kind === "alias") {
    query = query.where("models.version", "=", (inner) =>
      inner
        .selectFrom("aliases")
        .select("aliases.version")
        .where("aliases.project", "=", project)
        .where("aliases.name", "=", ref.name)
        .where("aliases.alias", "=", ref.alias),
    );
  }
  return (await readModels(db, query.limit(1)))[0] ?? null;
}

/** See ModelStore.setAlias. */
export async function setAlias(
  db: Kysely<Tables>,
  project: string,
  name: string,
  alias: string,
  version: number,
): Promise<Model | null> {
  return await db.transaction().execute(async (transaction) => {
    const model = await findModel(transaction, project, { kind: "version", name, version });
    if (!model) return null;
    await transaction
      .insertInto("aliases")
      .values({ project, name, alias, version })
      .onConflict((conflict) => conflict.columns(["project", "name", "alias"]).doUpdateSet({ version }))
      .execute();
    return getModel(transaction, model.id);
  });
}

/** See ModelStore.deleteAlias. */
export async function deleteAlias(db: Kysely<Tables>, project: string, name: string, alias: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom("aliases")
    .where("project", "=", project)
    .where("name", "=", name)
    .where("alias", "=", alias)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** See ModelStore.tag. */
export async function tagModel(db: Kysely<Tables>, id: string, changes: TagChanges): Promise<Model | null> {
  return await db.transaction().execute(async (transaction) => {
    const row = await transaction.selectFrom("models").select("tags").where("id", "=", id).executeTakeFirst();
    if (!row) return null;
    const tags = changeTags(JSON.parse(row.tags) as Tags, changes);
    await transaction
      .updateTable("models")
      .set({ tags: JSON.stringify(tags) })
      .where("id", "=", id)
      .execute();
    return getModel(transaction, id);
  });
}
