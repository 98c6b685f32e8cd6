/**
 * Authenticate: what a key or a session is worth. Answers are remembered for a moment, so that a prediction pays next to
 * nothing; what this process revokes is worth nothing at once, and what another one revokes, after that moment.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isLive, KEY_PREFIX, type Principal, SCOPES, type Session } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { createLru } from "../../domain/lru.ts";
import type { Services } from "../services.ts";
import { createWatches } from "./watch-principals.ts";

/** An answer now, where it is remembered, or soon. */
export type Soon<T> = T | Promise<T>;

export interface AuthenticatorOptions {
  /** A key that is no record: it may do everything. Null: there is none. */
  readonly adminKey: string | null;
  /** How long a session lasts. */
  readonly sessionMs: number;
}

export interface Authenticator {
  /** The key of the environment, if there is one, needs no record to let somebody in. */
  readonly hasAdminKey: boolean;
  /** Whoever asks, while there never was a key: anybody may do everything. Null from the first key on. */
  anonymous(): Soon<Principal | null>;
  /** Null when the key is worth nothing. */
  byKey(key: string): Soon<Principal | null>;
  /** Null when the session is worth nothing. */
  bySession(token: string): Soon<Principal | null>;
  /** A session in exchange for a key: its token, and when it ends. Null when the key is worth nothing. */
  signIn(key: string): Promise<{ readonly token: string; readonly expiresAt: number } | null>;
  signOut(token: string): Promise<void>;
  /** Calls `end` once when the principal becomes nobody. Returns what ends that. */
  watch(principal: Principal, end: () => void): () => void;
  /** Keys were made or revoked: nothing that was known of them counts any more. */
  keysChanged(): void;
  /** Writes down what is still to be written. */
  close(): Promise<void>;
}

/** Another process's changes are seen after this. */
const MAX_AGE_MS = 2000;
const MAX_REMEMBERED = 10_000;
const USE_WRITTEN_MS = 30_000;

/** The hash under which keys and tokens are stored: in hex. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** A secret of 256 random bits, in letters, digits, hyphens and underscores. */
export function newSecret(prefix = ""): string {
  return prefix + randomBytes(32).toString("base64url");
}

interface Remembered {
  readonly principal: Principal | null;
  readonly at: number;
}

/** Asks the store. */
export function createAuthenticator(
  { store, log }: Pick<Services, "store" | "log">,
  { adminKey, sessionMs }: AuthenticatorOptions,
): Authenticator {
  const known = createLru<Remembered>({ maxCount: MAX_REMEMBERED, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  const uses = new Map<string, number>();
  const admin = adminKey === null ? null : adminOf(adminKey);
  const anyone: Principal = { keyId: null, session: null, project: DEFAULT_PROJECT, scopes: new Set(SCOPES), expiresAt: null };

  /** What `look` says of a secret, remembered under the hash of that. */
  const remember = (hash: string, look: () => Promise<Principal | null>): Soon<Principal | null> => {
    const entry = known.get(hash);
    const now = Date.now();
    if (entry && now - entry.at < MAX_AGE_MS && now >= entry.at) return used(entry.principal, now);
    return look().then((principal) => {
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

  // What there was never a key for stays open until there is one; what is closed stays closed.
  let closed = admin !== null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const anonymous = (): Soon<Principal | null> => {
    if (closed) return null;
    const now = performance.now();
    if (now - lookedAt < MAX_AGE_MS) return anyone;
    return store.keys.hasAny().then((has) => {
      closed = has;
      lookedAt = now;
      return has ? null : anyone;
    });
  };

  const watches = createWatches({
    isValid: async (principal) => {
      if (principal.keyId === null) return (await anonymous()) !== null;
      if (principal.session === null) return (await principalOfKey(principal.keyId)) !== null;
      return (await principalOfSession(await store.sessions.find(principal.session))) !== null;
    },
    onError: (err) => log.error({ err }, "cannot see whether keys are still good"),
  });

  const writeUses = async (): Promise<void> => {
    if (uses.size === 0) return;
    const written = new Map(uses);
    uses.clear();
    await store.keys.recordUse(written).catch((err: unknown) => log.warn({ err }, "the last use of keys cannot be written"));
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
      return { token, expiresAt };
    },
    async signOut(token) {
      const hash = hashOf(token);
      await store.sessions.delete(hash);
      known.delete(hash);
      await watches.look();
    },
    watch: watches.add,
    keysChanged() {
      known.clear();
      lookedAt = Number.NEGATIVE_INFINITY;
      void watches.look();
    },
    async close() {
      clearInterval(writing);
      watches.close();
      await writeUses();
    },
  };
}

/** The key of the environment: all of what it is, without a record. Sessions of another such key are worth nothing. */
function adminOf(key: string): { readonly hash: Buffer; readonly principal: Principal } {
  const hash = Buffer.from(hashOf(key), "hex");
  const keyId = `environment-${hash.toString("hex").slice(0, 16)}`;
  return {
    hash,
    principal: { keyId, session: null, project: DEFAULT_PROJECT, scopes: new Set(SCOPES), expiresAt: null },
  };
}
