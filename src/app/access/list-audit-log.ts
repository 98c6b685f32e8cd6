/** Lists who changed what, with which key. */
import type { Principal } from "../../domain/access/api-key.ts";
import type { AuditFilter, NamedAuditEntry } from "../../domain/access/audit-log.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import type { Services } from "../services.ts";

/** Lists entries, newest first: those of the principal's project, or all for the superuser. */
export function listAuditLog(
  { store }: Pick<Services, "store">,
  { project }: Pick<Principal, "project">,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<NamedAuditEntry>> {
  return store.auditLog.list(project === DEFAULT_PROJECT ? null : project, filter, page);
}
