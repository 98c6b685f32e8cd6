/**
 * Authenticates: finds the principal of a key or a session. Answers are cached for two seconds, so that a prediction pays next
 * to nothing. A key that this process revokes is invalid at once; one that another process revokes, after those two seconds.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isLive, KEY_PREFIX, type Principal, SCOPES, type Session } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { createLru } from "../../domain/memory/lru.ts";
import type { Services } from "../services.ts";
import { createWatches } from "./watch-principals.ts";

/** An answer from the cache, or a promise of one. */
export type Soon<T> = T | Promise<T>;

export interface AuthenticatorOptions {
  /** The key of the environment, which has no record and every scope; null when there is none. */
  readonly adminKey: string | null;
  /** Lifetime of a session. */
  readonly sessionMs: number;
}

export interface Authenticator {
  /** Whether the environment has a key. It needs no record in the store. */
  readonly hasAdminKey: boolean;
  /** The principal of requests without a key: every scope until the first key is created, null from then on. */
  anonymous(): Soon<Principal | null>;
  /** Null when the key is invalid. */
  byKey(key: string): Soon<Principal | null>;
  /** Null when the session is invalid. */
  bySession(token: string): Soon<Principal | null>;
  /** Exchanges a key for a session: its token, when it ends in epoch milliseconds, and whose it is. Null when the key is invalid. */
  signIn(key: string): Promise<{ readonly token: string; readonly expiresAt: number; readonly principal: Principal } | null>;
  signOut(token: string): Promise<void>;
  /** Calls `end` once when the principal is no longer valid. Returns an unsubscribe function. */
  watch(principal: Principal, end: () => void): () => void;
  /** Clears the cache; call it when keys were created or revoked. */
  keysChanged(): void;
  /** Stops the timers and writes the last uses of keys that are not stored yet. */
  close(): Promise<void>;
}

/** Age at which a cached answer expires; changes by other processes are seen after this time. */
const MAX_AGE_MS = 2000;
const MAX_REMEMBERED = 10_000;
const USE_WRITTEN_MS = 30_000;

/** Returns the hash under which a key or token is stored: SHA-256 in hex. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Returns a secret of 256 random bits after a prefix, in base64url: letters, digits, hyphens and underscores. */
export function newSecret(prefix = ""): string {
  return prefix + randomBytes(32).toString("base64url");
}

interface Remembered {
  readonly principal: Principal | null;
  readonly at: number;
}

/** Creates an authenticator over the store. */
export function createAuthenticator(
  { store, log }: Pick<Services, "store" | "log">,
  { adminKey, sessionMs }: AuthenticatorOptions,
): Authenticator {
  const known = createLru<Remembered>({ maxCount: MAX_REMEMBERED, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  const uses = new Map<string, number>();
  const admin = adminKey === null ? null : adminOf(adminKey);
  const anyone: Principal = { keyId: null, session: null, project: DEFAULT_PROJECT, scopes: new Set(SCOPES), expiresAt: null };

  /** Caches the result of `find` for a secret under the hash of the secret. */
  const remember = (hash: string, find: () => Promise<Principal | null>): Soon<Principal | null> => {
    const entry = known.get(hash);
    const now = Date.now();
    if (entry && now - entry.at < MAX_AGE_MS && now >= entry.at) return used(entry.principal, now);
    return find().then((principal) => {
      known.set(hash, { principal, at: now });
      return used(principal, now);
    });
  };
  const used = (principal: Principal | null, now: number): Principal | null => {
    if (!principal || (principal.expiresAt !== null && principal.expiresAt <= now)) return null;
    if (principal.keyId !== null && principal.keyId !== admin?.principal.keyId) uses.set(principal.keyId, now);
    return principal;
  };

  const principalOfKey = async (keyId: string): Promise<Principal | null> => {
    if (keyId === admin?.principal.keyId) return admin.principal;
    const key = await store.keys.get(keyId);
    if (!key || !isLive(key, Date.now())) return null;
    return { keyId, session: null, project: key.project, scopes: new Set(key.scopes), expiresAt: key.expiresAt };
  };
  const principalOfSession = async (session: Session | null): Promise<Principal | null> => {
    const principal = session && (await principalOfKey(session.keyId));
    if (!principal) return null;
    const expiresAt = Math.min(session.expiresAt, principal.expiresAt ?? session.expiresAt);
    return { ...principal, session: session.hash, expiresAt };
  };
  const keyByHash = (hash: string): Soon<Principal | null> => {
    if (admin && timingSafeEqual(admin.hash, Buffer.from(hash, "hex"))) return admin.principal;
    return remember(hash, async () => {
      const key = await store.keys.find(hash);
      return key && principalOfKey(key.id);
    });
  };

  // The server is open until the first key exists; after that it stays closed.
  let closed = admin !== null;
  let checkedAt = Number.NEGATIVE_INFINITY;
  const anonymous = (): Soon<Principal | null> => {
    if (closed) return null;
    const now = performance.now();
    if (now - checkedAt < MAX_AGE_MS) return anyone;
    return store.keys.hasAny().then((has) => {
      closed = has;
      checkedAt = now;
      return has ? null : anyone;
    });
  };

  const watches = createWatches({
    isValid: async (principal) => {
      if (principal.keyId === null) return (await anonymous()) !== null;
      if (principal.session === null) return (await principalOfKey(principal.keyId)) !== null;
      return (await principalOfSession(await store.sessions.find(principal.session))) !== null;
    },
    onError: (err) => log.error({ err }, "cannot check whether keys are still valid"),
  });

  const writeUses = async (): Promise<void> => {
    if (uses.size === 0) return;
    const written = new Map(uses);
    uses.clear();
    await store.keys.recordUse(written).catch((err: unknown) => log.warn({ err }, "cannot write the last use of keys"));
  };
  const writing = setInterval(() => void writeUses(), USE_WRITTEN_MS);
  writing.unref();

  return {
    hasAdminKey: admin !== null,
    anonymous,
    byKey: (key) => (key.startsWith(KEY_PREFIX) ? keyByHash(hashOf(key)) : null),
    bySession(token) {
      const hash = hashOf(token);
      return remember(hash, async () => principalOfSession(await store.sessions.find(hash)));
    },
    async signIn(key) {
      const principal = await this.byKey(key);
      if (!principal || principal.keyId === null) return null;
      const token = newSecret();
      const createdAt = Date.now();
      const expiresAt = Math.min(createdAt + sessionMs, principal.expiresAt ?? Number.POSITIVE_INFINITY);
      await store.sessions.insert({ hash: hashOf(token), keyId: principal.keyId, createdAt, expiresAt });
      return { token, expiresAt, principal };
    },
    async signOut(token) {
      const hash = hashOf(token);
      await store.sessions.delete(hash);
      known.delete(hash);
      await watches.check();
    },
    watch: watches.add,
    keysChanged() {
      known.clear();
      checkedAt = Number.NEGATIVE_INFINITY;
      void watches.check();
    },
    async close() {
      clearInterval(writing);
      watches.close();
      await writeUses();
    },
  };
}

/** Returns the principal of the key of the environment. Its id depends on the key, so sessions of a former key are invalid. */
function adminOf(key: string): { readonly hash: Buffer; readonly principal: Principal } {
  const hash = Buffer.from(hashOf(key), "hex");
  const keyId = `environment-${hash.toString("hex").slice(0, 16)}`;
  return {
    hash,
    principal: { keyId, session: null, project: DEFAULT_PROJECT, scopes: new Set(SCOPES), expiresAt: null },
  };
}
