/** Queries on the audit log. */
import type { Kysely } from "kysely";
import type { AuditEntry, AuditExcess, AuditFilter, NamedAuditEntry } from "../../../domain/access/audit-log.ts";
import { idsBefore } from "../../../domain/id.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { AuditLogTable } from "../../access-tables.ts";
import type { Tables } from "../../tables.ts";
import { toPage } from "../page.ts";

/** See AuditLogStore.append. */
export async function appendToAuditLog(db: Kysely<Tables>, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length > 0) await db.insertInto("audit_log").values(entries.map(toRow)).execute();
}

/** See AuditLogStore.list. */
export async function listAuditLog(
  db: Kysely<Tables>,
  project: string | null,
  { key, operation }: AuditFilter,
  { after, limit }: PageRequest,
): Promise<Page<NamedAuditEntry>> {
  let query = db
    .selectFrom("audit_log")
    .leftJoin("api_keys", "api_keys.id", "audit_log.key_id")
    .selectAll("audit_log")
    .select("api_keys.name as key_name")
    .orderBy("audit_log.id", "desc");
  if (project !== null) query = query.where("audit_log.project", "=", project);
  if (key !== undefined) query = query.where("audit_log.key_id", "=", key);
  if (operation !== undefined) query = query.where("audit_log.operation", "=", operation);
  if (after !== undefined) query = query.where("audit_log.id", "<", after);
  return toPage(await query.limit(limit + 1).execute(), limit, ({ key_name, ...row }) => ({
    ...toEntry(row),
    keyName: key_name,
  }));
}

/** See AuditLogStore.deleteOld. */
export async function deleteFromAuditLog(db: Kysely<Tables>, before: number, limit: number): Promise<number> {
  // Ids sort by time, so nothing is read if nothing is old.
  const old = db.selectFrom("audit_log").select("id").where("id", "<", idsBefore("audit", before)).orderBy("id").limit(limit);
  const { numDeletedRows } = await db.deleteFrom("audit_log").where("id", "in", old).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** See AuditLogStore.findExcess. */
export async function findAuditExcess(db: Kysely<Tables>, most: number): Promise<AuditExcess[]> {
  const found: AuditExcess[] = [];
  // Goes from one project to the next along the index: listing distinct projects would read all of it.
  for (let project = await nextProject(db, ""); project !== null; project = await nextProject(db, project)) {
    const beyond = await db
      .selectFrom("audit_log")
      .select("id")
      .where("project", "=", project)
      .orderBy("id", "desc")
      .offset(most)
      .limit(1)
      .executeTakeFirst();
    if (beyond) found.push({ project, id: beyond.id });
  }
  return found;
}

async function nextProject(db: Kysely<Tables>, after: string): Promise<string | null> {
  const row = await db
    .selectFrom("audit_log")
    .select("project")
    .where("project", ">", after)
    .orderBy("project")
    .limit(1)
    .executeTakeFirst();
  return row?.project ?? null;
}

/** See AuditLogStore.deleteUpTo. */
export async function deleteAuditExcess(db: Kysely<Tables>, { project, id }: AuditExcess, limit: number): Promise<number> {
  const oldest = db
    .selectFrom("audit_log")
    .select("id")
    .where("project", "=", project)
    .where("id", "<=", id)
    .orderBy("id")
    .limit(limit);
  const { numDeletedRows } = await db.deleteFrom("audit_log").where("id", "in", oldest).executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

function toRow({ keyId, bySession, requestId, ...same }: AuditEntry): AuditLogTable {
  return { ...same, key_id: keyId, by_session: bySession ? 1 : 0, request_id: requestId };
}

function toEntry({ key_id, by_session, request_id, ...same }: AuditLogTable): AuditEntry {
  return { ...same, at: Number(same.at), keyId: key_id, bySession: by_session === 1, requestId: request_id };
}
