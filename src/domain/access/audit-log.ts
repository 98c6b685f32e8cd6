/** The audit log: who changed what, with which key. An entry is kept longer than what it tells of. Knows HTTP by its words alone. */
import type { Page, PageRequest } from "../page.ts";

/** One change that somebody made. */
export interface AuditEntry {
  /** Entries sort by it as they came. */
  readonly id: string;
  /** The project of the key. */
  readonly project: string;
  /** When it was answered, in epoch milliseconds. */
  readonly at: number;
  /** Null: the server required no key. */
  readonly keyId: string | null;
  /** Whether it came from a browser that had signed in with the key. */
  readonly bySession: boolean;
  /** The operation's id in the API's description. */
  readonly operation: string;
  readonly method: string;
  /** The path that was asked for, without what came after a `?`. */
  readonly path: string;
  /** The path of what was made, as the header Location has it; null where nothing was, or it has no address. */
  readonly made: string | null;
  readonly status: number;
  /** The id under which the server's log has the request. */
  readonly requestId: string;
}

/** An entry with the name of its key; null for a key that is not on record. */
export interface NamedAuditEntry extends AuditEntry {
  readonly keyName: string | null;
}

/** Which entries are asked for; left out: all. */
export interface AuditFilter {
  readonly key?: string | undefined;
  readonly operation?: string | undefined;
}

/** The entries of a project up to this one. */
export interface AuditExcess {
  readonly project: string;
  readonly id: string;
}

/** Stores the audit log, of all projects unless a method names one. Times are epoch milliseconds. */
export interface AuditLogStore {
  /** Stores entries together. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** Lists the entries of a project, or of all projects if it is null, newest first. */
  list(project: string | null, filter: AuditFilter, page: PageRequest): Promise<Page<NamedAuditEntry>>;
  /** Deletes at most `limit` entries from before a time. Returns how many. */
  deleteOld(before: number, limit: number): Promise<number>;
  /** Returns the projects that have more than `most` entries, each with the newest of its entries that are too many. */
  findExcess(most: number): Promise<readonly AuditExcess[]>;
  /** Deletes at most `limit` entries of a project, the oldest first, up to one of them. Returns how many. */
  deleteUpTo(excess: AuditExcess, limit: number): Promise<number>;
}
