/**
 * API keys, which grant scopes in a project, and the browser sessions that are created with a key. A key is a secret of 256
 * random bits: it is shown once, and only its hash is stored. Knows nothing of HTTP.
 */
import { z } from "zod";
import type { Page, PageRequest } from "../page.ts";
import { DEFAULT_PROJECT, projectName } from "./project.ts";

/** The scopes of a key; no scope includes another. */
export const SCOPES = ["read", "submit", "predict", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** The prefix of every key. */
export const KEY_PREFIX = "ty_";

const MAX_NAME = 200;

/** The request to create a key. */
export const newKeyBody = z
  .strictObject({
    name: z.string().trim().min(1).max(MAX_NAME).meta({ description: "Its purpose, shown in lists." }),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1, "must name at least one scope")
      .refine((scopes) => new Set(scopes).size === scopes.length, "must name each scope once")
      .meta({
        description:
          "`read`: see jobs, metrics, data sets and models. `submit`: make, change and delete them. `predict`: use models. `admin`: keys, and for the project `default` the server.",
      }),
    project: projectName.optional().meta({
      description: "Whose records it sees: the maker's own project when left out. Others only keys of `default` may name.",
    }),
    expires_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .meta({ description: "From then on it is worth nothing; null or left out: it does not expire." }),
  })
  .meta({ id: "NewKey", examples: [{ name: "notebook", scopes: ["read", "submit", "predict"] }] });
export type NewKeyBody = z.output<typeof newKeyBody>;

/** The record of a key, without the key itself. */
export interface ApiKey {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  /** The first characters of the key, for people to recognise it. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** Accurate to a minute. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface NewApiKey extends Omit<ApiKey, "lastUsedAt" | "revokedAt"> {
  /** SHA-256 of the key, in hex. */
  readonly hash: string;
}

/** A browser session, created with a key. It ends when the key is revoked or expires. */
export interface Session {
  /** SHA-256 of its token, in hex. */
  readonly hash: string;
  readonly keyId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Stores API keys, of all projects unless a method names one. Times are epoch milliseconds. */
export interface KeyStore {
  /** Whether a key exists or ever existed. */
  hasAny(): Promise<boolean>;
  /** Stores a key. Returns null, and stores nothing, if the project already has `limit` keys that are not revoked. */
  insert(key: NewApiKey, limit: number): Promise<ApiKey | null>;
  /** Returns the key with this hash, even if it is revoked or expired. Null if there is none. */
  find(hash: string): Promise<ApiKey | null>;
  /** Returns a key. Null for an unknown id. */
  get(id: string): Promise<ApiKey | null>;
  /** Lists the keys of a project, or of all projects if it is null, newest first. */
  list(project: string | null, page: PageRequest): Promise<Page<ApiKey>>;
  /** Counts the keys of a project that have a scope and are neither revoked nor expired. */
  count(project: string, scope: Scope, now: number): Promise<number>;
  /** Revokes a key and ends its sessions. Null if it is unknown. A key that is already revoked does not change. */
  revoke(id: string, at: number): Promise<ApiKey | null>;
  /** Records when keys were last used, by their ids. */
  recordUse(uses: ReadonlyMap<string, number>): Promise<void>;
}

/** Stores browser sessions by the hash of their token. */
export interface SessionStore {
  /** Stores a session. Deletes expired sessions, and the oldest sessions of the key if it has more than a hundred. */
  insert(session: Session): Promise<void>;
  /** Returns a session. Null if there is none. */
  find(hash: string): Promise<Session | null>;
  /** Deletes a session, if it exists. */
  delete(hash: string): Promise<void>;
}

/** Whether a key is neither revoked nor expired. */
export function isLive({ revokedAt, expiresAt }: Pick<ApiKey, "revokedAt" | "expiresAt">, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

/** The principal of a request, a stream or a session. */
export interface Principal {
  /** The id of the key; null for anonymous callers of a server that requires no key. */
  readonly keyId: string | null;
  /** The hash of the session's token, if the request used a session. */
  readonly session: string | null;
  readonly project: string;
  readonly scopes: ReadonlySet<Scope>;
  /** When the principal expires; null if never. */
  readonly expiresAt: number | null;
}

/** The operator of the server, on the server's machine. */
export const OPERATOR: Principal = {
  keyId: "operator",
  session: null,
  project: DEFAULT_PROJECT,
  scopes: new Set(SCOPES),
  expiresAt: null,
};
