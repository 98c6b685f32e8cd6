/** The tables of keys, sessions, idempotency, counters and the audit log; `tables.ts` has the others. */

export interface IdempotencyKeysTable {
  readonly project: string;
  readonly route: string;
  readonly key: string;
  readonly owner: string;
  /** After this time, another process may take over a request that has no answer yet. */
  readonly owned_until: number;
  readonly resource_id: string;
  /** SHA-256 of the request; null until it has been read. */
  readonly fingerprint: string | null;
  /** `StoredAnswer` of domain/access/idempotency.ts. */
  readonly answer: string | null;
  readonly created_at: number;
}

/** API keys. A row stays when its key is revoked. */
export interface ApiKeysTable {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  /** SHA-256 of the key, in hex. */
  readonly hash: string;
  /** The first characters of the key, which lists show. */
  readonly prefix: string;
  /** JSON: an array of scopes. */
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

/** Sessions, which browsers get in exchange for a key. */
export interface SessionsTable {
  /** SHA-256 of the token, in hex. */
  readonly hash: string;
  readonly key_id: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** Counts of events within a window of time, which ends at `ends_at`. */
export interface CountersTable {
  readonly key: string;
  readonly count: number;
  readonly ends_at: number;
}

export interface AuditLogTable {
  readonly id: string;
  readonly project: string;
  readonly at: number;
  /** Null: the server required no key. */
  readonly key_id: string | null;
  /** 1 or 0. */
  readonly by_session: number;
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  /** The address of the created record; null if there is none. */
  readonly made: string | null;
  readonly status: number;
  readonly request_id: string;
}
