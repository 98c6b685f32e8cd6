/**
 * The model registry: names with integer versions, aliases that point at one version of a name, tags, and references to
 * models.
 */
import { z } from "zod";
import { ID_PREFIXES } from "../id.ts";
import { tagName } from "../label-fields.ts";

/**
 * A reference to a model: the id of a model, the id of a checkpoint (for the model of its weights), a name (for its newest
 * version), or a version or alias of a name.
 */
export type ModelRef =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "newest"; readonly name: string }
  | { readonly kind: "version"; readonly name: string; readonly version: number }
  | { readonly kind: "alias"; readonly name: string; readonly alias: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
/** An alias starts with a letter, because `name@3` is a version. */
const ALIAS = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/;
const VERSION = /^[1-9][0-9]{0,8}$/;

/** The prefixes of ids that refer to a model. */
const PREFIXES = [ID_PREFIXES.model, ID_PREFIXES.checkpoint];

/** Whether an id is the id of a checkpoint. */
export function isCheckpointId(id: string): boolean {
  return id.startsWith(ID_PREFIXES.checkpoint);
}

/** Whether a text is a valid model name: it can be part of a reference, and is not an id. */
export function isModelName(text: string): boolean {
  return NAME.test(text) && !PREFIXES.some((prefix) => text.toLowerCase().startsWith(prefix));
}

/** Parses a reference: `mdl_...`, `ckp_...`, `name`, `name@version` or `name@alias`. Null if it is invalid. */
export function parseModelRef(text: string): ModelRef | null {
  if (PREFIXES.some((prefix) => text.startsWith(prefix))) return { kind: "id", id: text };
  const [name = "", which, ...rest] = text.split("@");
  if (!isModelName(name) || rest.length > 0) return null;
  if (which === undefined) return { kind: "newest", name };
  if (VERSION.test(which)) return { kind: "version", name, version: Number(which) };
  return ALIAS.test(which) ? { kind: "alias", name, alias: which } : null;
}

/**
 * Returns the name of a job's models: the letters, digits, dots, underscores and hyphens of the job's name. Accents are removed,
 * and each run of other characters becomes a hyphen. Empty if nothing remains.
 */
export function modelNameOf(jobName: string): string {
  return jobName
    .normalize("NFKD")
    .replaceAll(/\p{Mark}/gu, "")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replaceAll(/^[^A-Za-z0-9]+|-+$/g, "")
    .slice(0, 200);
}

/** Returns why a job cannot have this name, which is also the name of its models; null if it can. */
export function jobNameFault(name: string): string | null {
  const separator = /[@:/]/.exec(name);
  if (separator) return `must not contain ${separator[0]}, which separates the parts of a model reference`;
  if (name.includes("\u0000")) return "must not contain the character NUL (U+0000), which databases cannot store";
  const slug = modelNameOf(name);
  if (slug === "") return "must have a letter from a to z or a digit: the model is named after it";
  return isModelName(slug) ? null : `must not begin with ${PREFIXES.join(" or ")}, as ids do`;
}

export const aliasName = z.string().regex(ALIAS, {
  error: "must begin with a letter and have only letters, digits, dots, underscores and hyphens, at most 100 characters",
});

/** The request to point an alias at a version. */
export const aliasBody = z
  .strictObject({ version: z.int().min(1).max(999_999_999) })
  .meta({ id: "AliasTarget", examples: [{ version: 3 }] });

/** The request to change tags: given tags are set, or removed with null; the others stay (RFC 7396). */
export const tagsBody = z
  .strictObject({
    tags: z.record(tagName, z.string().max(1000).nullable()).meta({ description: "null removes a tag." }),
  })
  .meta({ id: "TagChanges", examples: [{ tags: { stage: "reviewed", owner: null } }] });
