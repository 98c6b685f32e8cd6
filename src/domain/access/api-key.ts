/**
 * API keys: who may do what in which project, and the sessions that a browser has in exchange for one. A key is a secret of
 * 256 random bits: its hash is stored and it is shown once. Knows nothing of HTTP.
 */
import { z } from "zod";
import type { Page, PageRequest } from "../page.ts";
import { DEFAULT_PROJECT, projectName } from "./project.ts";

/** What a key may allow; none of them holds another. */
export const SCOPES = ["read", "submit", "predict", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** How a key begins. */
export const KEY_PREFIX = "ty_";

const MAX_NAME = 200;

/** What a key is made of. */
export const newKeyBody = z
  .strictObject({
    name: z.string().trim().min(1).max(MAX_NAME).meta({ description: "What it is for: shown in lists." }),
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

/** The record of a key. The key itself is not in it. */
export interface ApiKey {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  /** How the key begins, for a person to know it by. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** To within a minute. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface NewApiKey extends Omit<ApiKey, "lastUsedAt" | "revokedAt"> {
  /** SHA-256 of the key, in hex. */
  readonly hash: string;
}

/** What a browser holds in exchange for a key: it dies with it. */
export interface Session {
  /** SHA-256 of its token, in hex. */
  readonly hash: string;
  readonly keyId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** API keys. The methods know no project but where they name one. Times are epoch milliseconds. */
export interface KeyStore {
  /** Whether there is any key, or ever was. */
  hasAny(): Promise<boolean>;
  /** Null, and nothing is stored, when the project has `limit` keys that are not revoked. */
  insert(key: NewApiKey, limit: number): Promise<ApiKey | null>;
  /** The key of this hash, whatever became of it. Null when there is none. */
  find(hash: string): Promise<ApiKey | null>;
  /** Null for an unknown id. */
  get(id: string): Promise<ApiKey | null>;
  /** Newest first; of every project when it is null. */
  list(project: string | null, page: PageRequest): Promise<Page<ApiKey>>;
  /** Keys of a project that have a scope, and are neither revoked nor expired. */
  count(project: string, scope: Scope, now: number): Promise<number>;
  /** Revokes a key and ends its sessions. Null when it is unknown; one that was revoked before stays as it is. */
  revoke(id: string, at: number): Promise<ApiKey | null>;
  /** Records when keys were used last, by their ids. */
  recordUse(uses: ReadonlyMap<string, number>): Promise<void>;
}

/** Sessions of browsers, by the hash of their token. */
export interface SessionStore {
  /** Stores a session, and deletes those that have expired, and the oldest of the key beyond a hundred. */
  insert(session: Session): Promise<void>;
  /** Null when there is none. */
  find(hash: string): Promise<Session | null>;
  /** Does nothing when there is none. */
  delete(hash: string): Promise<void>;
}

/** Whether a key may still be used. */
export function isLive({ revokedAt, expiresAt }: Pick<ApiKey, "revokedAt" | "expiresAt">, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}

/** Who asks: what stands behind a request, a stream or a session. */
export interface Principal {
  /** Of the key; null for anybody, where no key is wanted. */
  readonly keyId: string | null;
  /** Hash of the session's token, where it came by one. */
  readonly session: string | null;
  readonly project: string;
  readonly scopes: ReadonlySet<Scope>;
  /** From then on they are nobody; null: never. */
  readonly expiresAt: number | null;
}

/** Whoever runs the server, at its own machine. */
export const OPERATOR: Principal = {
  keyId: "operator",
  session: null,
  project: DEFAULT_PROJECT,
  scopes: new Set(SCOPES),
  expiresAt: null,
};
