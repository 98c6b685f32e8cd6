/** The audit log: who changed what, with which key. An entry outlives the record that it is about. Knows only the words of HTTP. */
import type { Page, PageRequest } from "../page.ts";

/** One change. */
export interface AuditEntry {
  /** Entries sort by it in the order in which they came. */
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
  /** Of HTTP, or ON_THE_MACHINE. */
  readonly method: string;
  /** The requested path, without its query. */
  readonly path: string;
  /** The path of the created record, as in the header Location; null if nothing was created, or it has no address. */
  readonly made: string | null;
  readonly status: number;
  /** The id of the request in the server's log. */
  readonly requestId: string;
}

/** The method of an action on the machine itself, with the data directory: without a request or a key. */
export const ON_THE_MACHINE = "LOCAL";

/** An entry with the name of its key; null for a key without a record. */
export interface NamedAuditEntry extends AuditEntry {
  readonly keyName: string | null;
}

/** Which entries to list; left out: all. */
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
  /** Returns the projects with more than `most` entries, each with the newest of its excess entries. */
  findExcess(most: number): Promise<readonly AuditExcess[]>;
  /** Deletes at most `limit` entries of a project, oldest first, up to the given one. Returns how many. */
  deleteUpTo(excess: AuditExcess, limit: number): Promise<number>;
}
