/** API keys as the API shows them. */
import { z } from "zod";
import type { CreatedKey } from "../../app/access/create-key.ts";
import { type ApiKey, SCOPES } from "../../domain/access/api-key.ts";
import { isoTime } from "./serializers.ts";

const time = z.iso.datetime();
const keyFields = {
  id: z.string(),
  project: z.string().meta({ description: "The project whose records the key may use." }),
  name: z.string(),
  prefix: z.string().meta({ description: "The first characters of the key." }),
  scopes: z.array(z.enum(SCOPES)),
  created_at: time,
  expires_at: time.nullable(),
  last_used_at: time.nullable().meta({ description: "Exact to a minute." }),
  revoked_at: time.nullable(),
};

const EXAMPLE = {
  id: "key_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90",
  project: "default",
  name: "notebook",
  prefix: "ty_Xk3v9Q",
  scopes: ["read", "submit", "predict"],
  created_at: "2026-03-01T09:00:00.000Z",
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
};

/** The record of a key. */
export const keyAnswer = z.object(keyFields).meta({ id: "Key", description: "The record of a key.", examples: [EXAMPLE] });
/** A key that was just created. */
export const createdKeyAnswer = z
  .object({ ...keyFields, key: z.string().meta({ description: "The key. It is shown only once." }) })
  .meta({ id: "CreatedKey" });
export const keysAnswer = z
  .object({ data: z.array(keyAnswer), has_more: z.boolean(), next_after: z.string().nullable() })
  .meta({ id: "KeyPage", description: "Keys, newest first." });

/** The record of a key as the API shows it. */
export function representKey(key: ApiKey) {
  return {
    id: key.id,
    project: key.project,
    name: key.name,
    prefix: key.prefix,
    scopes: [...key.scopes],
    created_at: isoTime(key.createdAt),
    expires_at: key.expiresAt === null ? null : isoTime(key.expiresAt),
    last_used_at: key.lastUsedAt === null ? null : isoTime(key.lastUsedAt),
    revoked_at: key.revokedAt === null ? null : isoTime(key.revokedAt),
  };
}

/** The record of a new key, with the key itself: the only answer that shows it. */
export function representCreatedKey({ record, key }: CreatedKey) {
  return { ...representKey(record), key };
}
