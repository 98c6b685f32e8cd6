/** The audit-log entry of a command on the machine itself: whoever can read the data directory needs no key. */
import { type AuditEntry, ON_THE_MACHINE } from "../domain/access/audit-log.ts";
import { DEFAULT_PROJECT } from "../domain/access/project.ts";
import { createId } from "../domain/id.ts";

/** Creates the entry of an operation that was done now. */
export function localEntry(
  done: Pick<AuditEntry, "operation" | "path" | "made" | "status"> & Partial<Pick<AuditEntry, "project">>,
): AuditEntry {
  return {
    ...{ id: createId("audit"), project: DEFAULT_PROJECT, at: Date.now(), keyId: null, bySession: false },
    ...{ method: ON_THE_MACHINE, requestId: "" },
    ...done,
  };
}
