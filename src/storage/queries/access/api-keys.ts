/** Queries on API keys and their sessions. */
import type { Kysely } from "kysely";
import type { ApiKey, NewApiKey, Scope, Session } from "../../../domain/access/api-key.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { ApiKeysTable } from "../../access-tables.ts";
import type { Tables } from "../../tables.ts";
import { toPage } from "../page.ts";

/** Maximum number of sessions of one key; a further sign-in ends the oldest. */
const MAX_SESSIONS = 100;

export async function hasKeys(db: Kysely<Tables>): Promise<boolean> {
  return (await db.selectFrom("api_keys").select("id").limit(1).executeTakeFirst()) !== undefined;
}

export async function insertKey(db: Kysely<Tables>, key: NewApiKey, limit: number): Promise<ApiKey | null> {
  return await db.transaction().execute(async (transaction) => {
    const { count } = await transaction
      .selectFrom("api_keys")
      .select((values) => values.fn.countAll<number>().as("count"))
      .where("project", "=", key.project)
      .where("revoked_at", "is", null)
      .executeTakeFirstOrThrow();
    if (Number(count) >= limit) return null;
    const { scopes, createdAt, expiresAt, ...rest } = key;
    const times = { created_at: createdAt, expires_at: expiresAt, last_used_at: null, revoked_at: null };
    const row = { ...rest, scopes: JSON.stringify(scopes), ...times };
    return toKey(await transaction.insertInto("api_keys").values(row).returningAll().executeTakeFirstOrThrow());
  });
}

export async function findKey(db: Kysely<Tables>, hash: string): Promise<ApiKey | null> {
  const row = await db.selectFrom("api_keys").selectAll().where("hash", "=", hash).executeTakeFirst();
  return row ? toKey(row) : null;
}

export async function getKey(db: Kysely<Tables>, id: string): Promise<ApiKey | null> {
  const row = await db.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? toKey(row) : null;
}

export async function listKeys(
  db: Kysely<Tables>,
  project: string | null,
  { after, limit }: PageRequest,
): Promise<Page<ApiKey>> {
  let query = db.selectFrom("api_keys").selectAll().orderBy("id", "desc");
  if (project !== null) query = query.where("project", "=", project);
  if (after !== undefined) query = query.where("id", "<", after);
  return toPage(await query.limit(limit + 1).execute(), limit, toKey);
}

export async function countKeys(db: Kysely<Tables>, project: string, scope: Scope, now: number): Promise<number> {
  const { count } = await db
    .selectFrom("api_keys")
    .select((values) => values.fn.countAll<number>().as("count"))
    .where("project", "=", project)
    .where("revoked_at", "is", null)
    .where((values) => values.or([values("expires_at", "is", null), values("expires_at", ">", now)]))
    .where("scopes", "like", `%"${scope}"%`)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function revokeKey(db: Kysely<Tables>, id: string, at: number): Promise<ApiKey | null> {
  return await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable("api_keys")
      .set({ revoked_at: at })
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .execute();
    await transaction.deleteFrom("sessions").where("key_id", "=", id).execute();
    return getKey(transaction, id);
  });
}

export async function recordKeyUse(db: Kysely<Tables>, uses: ReadonlyMap<string, number>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const [id, at] of uses)
      await transaction.updateTable("api_keys").set({ last_used_at: at }).where("id", "=", id).execute();
  });
}

export async function insertSession(db: Kysely<Tables>, { hash, keyId, createdAt, expiresAt }: Session): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("sessions").where("expires_at", "<=", createdAt).execute();
    await transaction
      .insertInto("sessions")
      .values({ hash, key_id: keyId, created_at: createdAt, expires_at: expiresAt })
      .execute();
    await transaction
      .deleteFrom("sessions")
      .where("key_id", "=", keyId)
      .where("hash", "not in", (query) =>
        query
          .selectFrom("sessions")
          .select("hash")
          .where("key_id", "=", keyId)
          .orderBy("created_at", "desc")
          .orderBy("hash")
          .limit(MAX_SESSIONS),
      )
      .execute();
  });
}

export async function findSession(db: Kysely<Tables>, hash: string): Promise<Session | null> {
  const row = await db.selectFrom("sessions").selectAll().where("hash", "=", hash).executeTakeFirst();
  return row ? { hash, keyId: row.key_id, createdAt: row.created_at, expiresAt: row.expires_at } : null;
}

export async function deleteSession(db: Kysely<Tables>, hash: string): Promise<void> {
  await db.deleteFrom("sessions").where("hash", "=", hash).execute();
}

function toKey(row: ApiKeysTable): ApiKey {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    prefix: row.prefix,
    scopes: JSON.parse(row.scopes) as Scope[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
