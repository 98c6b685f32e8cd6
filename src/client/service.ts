/** The client's methods for the server itself: whether it is ready, its keys, its backups. */
import type { CreatedKey, Key, NewKey, Page, PageQuery, Restoration } from "./answers.ts";
import { type CallOptions, segment, type Transport } from "./transport/transport.ts";

/** A change that somebody made. */
export interface AuditEntry {
  id: string;
  at: string;
  project: string;
  /** Null: the server required none. */
  key: { id: string; name: string | null } | null;
  by_session: boolean;
  operation: string;
  method: string;
  path: string;
  /** The path of the created record; null if nothing was created. */
  made: string | null;
  status: number;
  request_id: string;
}

/** Methods about the server. All of them reject as the transport does. */
export interface ServiceClient {
  /** Resolves when the server accepts jobs. Rejects with an ApiError that says why it does not. */
  ready(options?: CallOptions): Promise<void>;
  /** Creates an API key. Only this answer contains the key. */
  createKey(key: NewKey): Promise<CreatedKey>;
  /** Returns a page of keys, newest first, revoked and expired ones among them. */
  keys(query?: PageQuery): Promise<Page<Key>>;
  /** Revokes a key: requests with it are refused from then on. */
  revokeKey(id: string): Promise<void>;
  /** Returns a page of the audit log, newest first: who changed what, with which key. */
  auditLog(query?: PageQuery & { readonly key?: string; readonly operation?: string }): Promise<Page<AuditEntry>>;
  /** Returns the whole database as a file, as it comes. Throws an Error when the answer has no body. */
  backUp(): Promise<ReadableStream<Uint8Array>>;
  /** Puts a backup in place of the database; the server restarts with it. */
  restore(backup: BodyInit): Promise<Restoration>;
}

/** Creates the methods about the server over a transport. They throw what the transport throws, and as their interface says. */
export function createServiceClient({ send, get, post, drop }: Transport): ServiceClient {
  return {
    ready: async (options = {}) => void (await send("GET", "readyz", options)),
    createKey: (key) => post("v1/keys", key),
    keys: (query) => get("v1/keys", query),
    auditLog: (query) => get("v1/audit", query),
    backUp: async () => {
      const { body } = await send("POST", "v1/backup");
      if (!body) throw new Error("the server sent no backup");
      return body;
    },
    restore: async (backup) => {
      const response = await send("POST", "v1/restore", { file: backup, type: "application/vnd.sqlite3" });
      return (await response.json()) as Restoration;
    },
    revokeKey: (id) => drop(`v1/keys/${segment(id)}`),
  };
}
