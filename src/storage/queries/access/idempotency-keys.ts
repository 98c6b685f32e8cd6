/** Queries on idempotency keys: which process handles a request, and what its first answer was. */
import { type Kysely, sql, type Transaction } from "kysely";
import {
  KEY_BYTES,
  type KeyClaim,
  type KeyName,
  type KeyState,
  type StoredAnswer,
} from "../../../domain/access/idempotency.ts";
import type { IdempotencyKeysTable } from "../../access-tables.ts";
import type { Tables } from "../../tables.ts";

/** See IdempotencyStore.claim. */
export async function claimKey(db: Kysely<Tables>, claim: KeyClaim): Promise<KeyState> {
  return await db.transaction().execute(async (transaction) => {
    await deleteExpired(transaction, claim);
    const inserted = claim.isFull ? undefined : await insertKey(transaction, claim);
    if (inserted) return { kind: "owned", resourceId: inserted.resource_id, fingerprint: null, isRetry: false };
    // The row exists: take it over if its owner's time has expired.
    const adopted = await named(transaction, claim)
      .set({ owner: claim.owner, owned_until: claim.ownedUntil })
      .where("answer", "is", null)
      .where("owned_until", "<", claim.at)
      .returningAll()
      .executeTakeFirst();
    if (adopted) return { kind: "owned", resourceId: adopted.resource_id, fingerprint: adopted.fingerprint, isRetry: true };
    const row = await transaction
      .selectFrom("idempotency_keys")
      .selectAll()
      .where("project", "=", claim.project)
      .where("route", "=", claim.route)
      .where("key", "=", claim.key)
      .executeTakeFirst();
    if (!row) return { kind: "full" };
    const { answer, fingerprint } = row;
    if (answer === null) return { kind: "running", fingerprint };
    return { kind: "answered", fingerprint, answer: JSON.parse(answer) as StoredAnswer };
  });
}

function insertKey(transaction: Transaction<Tables>, claim: KeyClaim): Promise<IdempotencyKeysTable | undefined> {
  return transaction
    .insertInto("idempotency_keys")
    .values(newRow(claim))
    .onConflict((conflict) => conflict.columns(["project", "route", "key"]).doNothing())
    .returningAll()
    .executeTakeFirst();
}

function newRow(claim: KeyClaim): IdempotencyKeysTable {
  const { project, route, key, owner, ownedUntil, resourceId, at } = claim;
  return {
    project,
    route,
    key,
    owner,
    owned_until: ownedUntil,
    resource_id: resourceId,
    fingerprint: null,
    answer: null,
    created_at: at,
  };
}

/** See IdempotencyStore.find. */
export async function findKeyed(
  db: Kysely<Tables>,
  { project, route, key }: KeyName,
): Promise<{ readonly resourceId: string; readonly isAnswered: boolean } | null> {
  const row = await db
    .selectFrom("idempotency_keys")
    .select(["resource_id", sql<number>`case when answer is null then 0 else 1 end`.as("answered")])
    .where("project", "=", project)
    .where("route", "=", route)
    .where("key", "=", key)
    .executeTakeFirst();
  return row ? { resourceId: row.resource_id, isAnswered: Number(row.answered) === 1 } : null;
}

/** See IdempotencyStore.fingerprint. */
export async function fingerprintKey(db: Kysely<Tables>, name: KeyName, owner: string, fingerprint: string): Promise<void> {
  await named(db, name).set({ fingerprint }).where("owner", "=", owner).execute();
}

/** See IdempotencyStore.answer. */
export async function answerKey(db: Kysely<Tables>, name: KeyName, owner: string, answer: StoredAnswer): Promise<void> {
  await named(db, name)
    .set({ answer: JSON.stringify(answer) })
    .where("owner", "=", owner)
    .execute();
}

/** See IdempotencyStore.release. */
export async function releaseKey(db: Kysely<Tables>, name: KeyName, owner: string): Promise<void> {
  await named(db, name).set({ owned_until: 0 }).where("owner", "=", owner).execute();
}

/** See IdempotencyStore.releaseAll. */
export async function releaseKeys(db: Kysely<Tables>): Promise<void> {
  await db.updateTable("idempotency_keys").set({ owned_until: 0 }).where("answer", "is", null).execute();
}

/** See IdempotencyStore.countBytes. */
export async function countKeyBytes(db: Kysely<Tables>, project: string): Promise<number> {
  const { keys, bytes } = await db
    .selectFrom("idempotency_keys")
    .select((values) => [
      values.fn.countAll<number>().as("keys"),
      // Both databases find the length of a long text without reading it.
      sql<number | null>`sum(octet_length(answer))`.as("bytes"),
    ])
    .where("project", "=", project)
    .executeTakeFirstOrThrow();
  return Number(keys) * KEY_BYTES + Number(bytes ?? 0);
}

async function deleteExpired(db: Transaction<Tables>, { project, route, key, expiredBefore }: KeyClaim): Promise<void> {
  await db
    .deleteFrom("idempotency_keys")
    .where("project", "=", project)
    .where("route", "=", route)
    .where("key", "=", key)
    .where("created_at", "<", expiredBefore)
    .execute();
}

function named(db: Kysely<Tables>, { project, route, key }: KeyName) {
  return db.updateTable("idempotency_keys").where("project", "=", project).where("route", "=", route).where("key", "=", key);
}
