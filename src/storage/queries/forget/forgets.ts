/** Queries on runs that forget rows. A run is carried out under a lease; writes of a process that has lost it are refused. */
import type { Kysely } from "kysely";
import { TrainyardError } from "../../../domain/errors.ts";
import { ACTIVE_FORGETS, type Forget, type ForgetDocument, type ForgetState } from "../../../domain/forget/forget.ts";
import type { ForgetChange } from "../../../domain/forget/forget-store.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import { isDuplicate, lockRows } from "../../dialect.ts";
import { parseInSlices } from "../../parse-in-slices.ts";
import type { ForgetsTable, Tables } from "../../tables.ts";
import { isFree } from "../leases.ts";
import { bytesOf, toBoundedPage } from "../page.ts";
import { readRows } from "../rows.ts";

/** See ForgetStore.insert. */
export async function insertForget(
  db: Kysely<Tables>,
  project: string,
  { id, datasetId, document, createdAt }: Pick<Forget, "id" | "datasetId" | "document" | "createdAt">,
): Promise<Forget> {
  const row: ForgetsTable = {
    ...{ id, project, dataset_id: datasetId, state: "retraining", document: JSON.stringify(document) },
    ...{ lease: null, leased_until: null, active: project, created_at: createdAt, finished_at: null },
  };
  try {
    await db.insertInto("forgets").values(row).execute();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    throw new TrainyardError("conflict", "rows of this project are being forgotten: wait until that has ended");
  }
  return toForget(row);
}

/** See ForgetStore.get. */
export async function getForget(db: Kysely<Tables>, id: string): Promise<Forget | null> {
  const row = await db.selectFrom("forgets").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? readForget(row) : null;
}

/** See ForgetStore.list. */
export async function listForgets(
  db: Kysely<Tables>,
  project: string | null,
  { after, limit }: PageRequest,
): Promise<Page<Forget>> {
  let query = db.selectFrom("forgets").orderBy("id", "desc");
  if (project !== null) query = query.where("project", "=", project);
  if (after !== undefined) query = query.where("id", "<", after);
  const rows = {
    sizes: (count: number) => query.select(bytesOf("document")).limit(count).execute(),
    read: async (count: number) => readRows(await query.selectAll().limit(count).execute(), readForget),
  };
  return toBoundedPage(rows, limit);
}

/** See ForgetStore.listFree. */
export async function listFreeForgets(db: Kysely<Tables>, now: number) {
  return await db
    .selectFrom("forgets")
    .select(["id", "project"])
    .where("active", "is not", null)
    .where(isFree(now))
    .orderBy("id")
    .execute();
}

/** See ForgetStore.claim. */
export async function claimForget(
  db: Kysely<Tables>,
  id: string,
  lease: string,
  now: number,
  until: number,
): Promise<Forget | null> {
  const row = await db
    .updateTable("forgets")
    .set({ lease, leased_until: until })
    .where("id", "=", id)
    .where("active", "is not", null)
    .where(isFree(now))
    .returningAll()
    .executeTakeFirst();
  return row ? toForget(row) : null;
}

/** See ForgetStore.renew. */
export async function renewForget(db: Kysely<Tables>, id: string, lease: string, until: number): Promise<boolean> {
  return await changeHeld(db, id, lease, { leased_until: until });
}

/** See ForgetStore.save. */
export async function saveForget(
  db: Kysely<Tables>,
  id: string,
  lease: string,
  { state, document, finishedAt }: ForgetChange,
): Promise<boolean> {
  const ended = ACTIVE_FORGETS.includes(state) ? {} : { active: null, lease: null, leased_until: null };
  return await changeHeld(db, id, lease, {
    ...{ state, document: JSON.stringify(document), finished_at: finishedAt },
    ...ended,
  });
}

async function changeHeld(db: Kysely<Tables>, id: string, lease: string, values: Partial<ForgetsTable>): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("forgets")
    .set(values)
    .where("id", "=", id)
    .where("lease", "=", lease)
    .where("active", "is not", null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** See ForgetStore.release. */
export async function releaseForget(db: Kysely<Tables>, id: string, lease: string): Promise<void> {
  await changeHeld(db, id, lease, { lease: null, leased_until: null });
}

/** See ForgetStore.releaseAll. */
export async function releaseForgets(db: Kysely<Tables>): Promise<void> {
  await db.updateTable("forgets").set({ lease: null, leased_until: null }).where("lease", "is not", null).execute();
}

/** See ForgetStore.cancel. The hashes of data with the rows are deleted too, as at every end. */
export async function cancelForget(db: Kysely<Tables>, id: string, at: number): Promise<Forget | null> {
  return await db.transaction().execute(async (transaction) => {
    const known = await lockRows(
      transaction,
      transaction.selectFrom("forgets").selectAll().where("id", "=", id),
    ).executeTakeFirst();
    if (known?.state !== "retraining") return null;
    const document = JSON.stringify({ ...(JSON.parse(known.document) as ForgetDocument), hashes: {} } satisfies ForgetDocument);
    const row = await transaction
      .updateTable("forgets")
      .set({ state: "cancelled", document, active: null, lease: null, leased_until: null, finished_at: at })
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toForget(row);
  });
}

async function readForget(row: ForgetsTable): Promise<Forget> {
  return toForget(row, (await parseInSlices(row.document)) as ForgetDocument);
}

function toForget(row: ForgetsTable, document = JSON.parse(row.document) as ForgetDocument): Forget {
  return {
    ...{ id: row.id, project: row.project, datasetId: row.dataset_id, state: row.state as ForgetState },
    ...{ document, createdAt: row.created_at, finishedAt: row.finished_at },
  };
}
