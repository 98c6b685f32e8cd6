/** Keeps the audit log. Stores entries in groups, because each request waits for its entry before it is answered. */
import type { AuditEntry } from "../../domain/access/audit-log.ts";
import type { Services } from "../services.ts";

/** Maximum entries stored at once. */
const MAX_GROUP = 500;

/** Resolves when the entry is stored, or, if it cannot be stored, when it is in the server's log. */
export type RecordAudit = (entry: AuditEntry) => Promise<void>;

/** Creates the recorder. Entries that arrive while a group is being stored wait for the next one. */
export function createAuditRecorder({ store, log }: Pick<Services, "store" | "log">): RecordAudit {
  let waiting: AuditEntry[] = [];
  let current: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  const storeGroup = async (): Promise<void> => {
    const group = waiting;
    waiting = [];
    next = null;
    for (let from = 0; from < group.length; from += MAX_GROUP) {
      const entries = group.slice(from, from + MAX_GROUP);
      await store.auditLog
        .append(entries)
        .catch((err: unknown) =>
          log.error({ err, entries }, "entries of the audit log could not be stored: they are here alone"),
        );
    }
  };
  return (entry) => {
    waiting.push(entry);
    if (!next) {
      next = current.then(storeGroup);
      current = next;
    }
    return next;
  };
}
