/** Creates an API key. The key is shown once; the store keeps its hash. */
import { type ApiKey, KEY_PREFIX, type NewKeyBody, type Principal } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Services } from "../services.ts";
import { hashOf, newSecret } from "./authenticate.ts";

/** Length of the prefix of a key that lists show: 6 of its 43 random characters. */
const SHOWN = KEY_PREFIX.length + 6;

/** Maximum number of keys of a project that are not revoked. */
const MAX_KEYS = 1000;

export interface CreatedKey {
  readonly record: ApiKey;
  /** The secret. It cannot be read again. */
  readonly key: string;
}

/**
 * Creates a key for the maker's project, or for any project if the maker is the superuser. Throws forbidden, conflict when the
 * project has MAX_KEYS keys, and invalid, also for a first key that could not create a second one.
 */
export async function createKey(
  { store }: Pick<Services, "store">,
  maker: Principal,
  { name, scopes, project = maker.project, expires_at: expires }: NewKeyBody,
): Promise<CreatedKey> {
  if (project !== maker.project && maker.project !== DEFAULT_PROJECT)
    throw new TrainyardError("forbidden", `a key of ${maker.project} can create keys of ${maker.project} only`);
  const now = Date.now();
  const expiresAt = expires ? Date.parse(expires) : null;
  if (expiresAt !== null && expiresAt <= now) throw invalid([{ pointer: "/expires_at", detail: "must be in the future" }]);
  if (maker.keyId === null && !(scopes.includes("admin") && project === DEFAULT_PROJECT)) {
    const detail = `must have admin, and the project must be ${DEFAULT_PROJECT}: once there is a key, the server requires keys, and without this one nobody could create more`;
    throw invalid([{ pointer: "/scopes", detail }]);
  }
  const key = newSecret(KEY_PREFIX);
  const record = await store.keys.insert(
    {
      id: createId("key"),
      project,
      name,
      prefix: key.slice(0, SHOWN),
      scopes,
      hash: hashOf(key),
      createdAt: now,
      expiresAt,
    },
    MAX_KEYS,
  );
  if (!record) throw new TrainyardError("conflict", `${project} has ${MAX_KEYS} keys, which is the maximum: revoke one first`);
  return { record, key };
}
