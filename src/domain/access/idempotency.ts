/** Idempotency keys: a request that is sent twice under one key is done once, and answered with its first answer. */

/** A first answer, as it was sent. */
export interface StoredAnswer {
  readonly status: number;
  /** Those that belong to the answer: content-type, location. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whose key it is: the same key on another route, or of another project, is another key. */
export interface KeyName {
  readonly project: string;
  /** Method and path template. */
  readonly route: string;
  readonly key: string;
}

export interface KeyClaim extends KeyName {
  /** Names this process, and this request in it. */
  readonly owner: string;
  /** Until when nobody else takes the request over. */
  readonly ownedUntil: number;
  /** The id that what the request makes is to have, whoever takes it over: so that it is made once. */
  readonly resourceId: string;
  readonly at: number;
  /** Keys from before this are forgotten. */
  readonly expiredBefore: number;
}

/** What a claim of a key came to. */
export type KeyState =
  /** The request is the claimer's to do. `isRetry`: an earlier one under this key may have come half way. */
  | { readonly kind: "owned"; readonly resourceId: string; readonly fingerprint: string | null; readonly isRetry: boolean }
  /** Another request under this key is being done. */
  | { readonly kind: "running"; readonly fingerprint: string | null }
  | { readonly kind: "answered"; readonly fingerprint: string | null; readonly answer: StoredAnswer };

/** How long a first answer is kept. */
export const KEY_LIFETIME_MS = 24 * 3600 * 1000;

/** What was asked under which idempotency key, and its first answer. */
export interface IdempotencyStore {
  /** Takes a request on, or says what has become of it. */
  claim(claim: KeyClaim): Promise<KeyState>;
  /** Keeps the SHA-256 of what was asked. */
  fingerprint(name: KeyName, owner: string, fingerprint: string): Promise<void>;
  /** Stores the first answer. */
  answer(name: KeyName, owner: string, answer: StoredAnswer): Promise<void>;
  /** Frees a key: the next who comes with it does the request. */
  release(name: KeyName, owner: string): Promise<void>;
  /** Frees whatever was claimed. For the start of the one process that uses the database. */
  releaseAll(): Promise<void>;
  /** Deletes keys from before a time, about `limit` of them. Returns how many. */
  deleteOld(before: number, limit: number): Promise<number>;
}
