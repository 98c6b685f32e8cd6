/** Keeps the audit log: stores entries in groups, since each is waited for before its request is answered. */
import type { AuditEntry } from "../../domain/access/audit-log.ts";
import type { Services } from "../services.ts";

/** Entries stored at once. */
const MAX_GROUP = 500;

/** Resolves when the entry is stored, or, where it cannot be, when the server's log has it. */
export type RecordAudit = (entry: AuditEntry) => Promise<void>;

/** Returns what records entries: while a group is being stored, those that come wait for the next one. */
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
