/** Idempotency keys: a request that is repeated with the same key is executed once and gets the first response. */

/** The first response, as it was sent. */
export interface StoredAnswer {
  readonly status: number;
  /** The headers of the response's content: content-type, location. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The scope of a key: the same text on another route or in another project is another key. */
export interface KeyName {
  readonly project: string;
  /** The method and the path template. */
  readonly route: string;
  readonly key: string;
}

export interface KeyClaim extends KeyName {
  /** Identifies this process and this request in it. */
  readonly owner: string;
  /** Until when no other process may claim the request. */
  readonly ownedUntil: number;
  /** The id of the resource that the request creates, the same for every claim, so that it is created once. */
  readonly resourceId: string;
  readonly at: number;
  /** Keys from before this time have expired. */
  readonly expiredBefore: number;
  /** Whether the project has no room for another kept answer: existing keys are answered, and no new one is stored. */
  readonly isFull: boolean;
}

/** The result of a claim of a key. */
export type KeyState =
  /** The caller must execute the request. `isRetry`: an earlier request with this key may have been executed partially. */
  | { readonly kind: "owned"; readonly resourceId: string; readonly fingerprint: string | null; readonly isRetry: boolean }
  /** There is no such key, and no room for one. */
  | { readonly kind: "full" }
  /** Another request with this key is being executed. */
  | { readonly kind: "running"; readonly fingerprint: string | null }
  | { readonly kind: "answered"; readonly fingerprint: string | null; readonly answer: StoredAnswer };

/**
 * Replaces the fingerprint of a request to forget rows, once they are forgotten: its hash would confirm a guess of what it named. After
 * that, nothing shows whether a request is the same.
 */
export const FORGOTTEN = "forgotten";

/** How long a first response is kept. */
export const KEY_LIFETIME_MS = 24 * 3600 * 1000;

/** The bytes that a key counts against its project besides its answer: its row, and the row's entries in two indexes. */
export const KEY_BYTES = 512;

/** Stores idempotency keys with their requests and first responses. */
export interface IdempotencyStore {
  /** Claims a request, or returns the state of the earlier request with its key. */
  claim(claim: KeyClaim): Promise<KeyState>;
  /**
   * Returns the id that the request with a key creates, or was to create ("" if none was chosen), and whether its answer is stored. Null for a
   * key that no request has had.
   */
  find(name: KeyName): Promise<{ readonly resourceId: string; readonly isAnswered: boolean } | null>;
  /** Stores the SHA-256 of the request. */
  fingerprint(name: KeyName, owner: string, fingerprint: string): Promise<void>;
  /** Stores the first response. */
  answer(name: KeyName, owner: string, answer: StoredAnswer): Promise<void>;
  /** Releases a key: the next request with it is executed. */
  release(name: KeyName, owner: string): Promise<void>;
  /** Releases all claims. For the start of the only process that uses the database. */
  releaseAll(): Promise<void>;
  /** Returns how many bytes the keys of a project count: KEY_BYTES and the answer of each. */
  countBytes(project: string): Promise<number>;
  /** Deletes about `limit` keys from before a time. Returns their number. */
  deleteOld(before: number, limit: number): Promise<number>;
}
