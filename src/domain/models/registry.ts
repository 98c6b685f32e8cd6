/**
 * How models are called: names with integer versions, aliases that point at one version of a name, tags, and the references
 * that name a model wherever one is asked for.
 */
import { z } from "zod";
import { invalid } from "../errors.ts";
import { ID_PREFIXES } from "../id.ts";

/** Where a model is meant: by its id, or that of a checkpoint, which stands for a model of its weights; by its name (the newest version), or by one version or alias of a name. */
export type ModelRef =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "newest"; readonly name: string }
  | { readonly kind: "version"; readonly name: string; readonly version: number }
  | { readonly kind: "alias"; readonly name: string; readonly alias: string };

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
/** An alias begins with a letter: `name@3` is a version. */
const ALIAS = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/;
const VERSION = /^[1-9][0-9]{0,8}$/;

/** Ids that stand for a model. */
const PREFIXES = [ID_PREFIXES.model, ID_PREFIXES.checkpoint];

/** Whether an id is that of a checkpoint. */
export function isCheckpointId(id: string): boolean {
  return id.startsWith(ID_PREFIXES.checkpoint);
}

/** A model's name: what `ref` can spell, and no id. */
export function isModelName(text: string): boolean {
  return NAME.test(text) && !PREFIXES.some((prefix) => text.toLowerCase().startsWith(prefix));
}

/** The reference that a text spells: `mdl_...`, `ckp_...`, `name`, `name@version` or `name@alias`. Null when it is none. */
export function parseModelRef(text: string): ModelRef | null {
  if (PREFIXES.some((prefix) => text.startsWith(prefix))) return { kind: "id", id: text };
  const [name = "", which, ...rest] = text.split("@");
  if (!isModelName(name) || rest.length > 0) return null;
  if (which === undefined) return { kind: "newest", name };
  if (VERSION.test(which)) return { kind: "version", name, version: Number(which) };
  return ALIAS.test(which) ? { kind: "alias", name, alias: which } : null;
}

/**
 * The name of the models of a job: its letters, digits, dots, underscores and hyphens; accents go, and each run of anything
 * else becomes a hyphen. Empty when nothing is left.
 */
export function modelNameOf(jobName: string): string {
  return jobName
    .normalize("NFKD")
    .replaceAll(/\p{Mark}/gu, "")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .replaceAll(/^[^A-Za-z0-9]+|-+$/g, "")
    .slice(0, 200);
}

/** Why a job cannot have this name, which its models get too; null when it can. */
export function jobNameFault(name: string): string | null {
  const taken = /[@:/]/.exec(name);
  if (taken) return `must not have ${taken[0]} in it, which separates the parts of a reference to a model`;
  if (name.includes("\u0000")) return "must not have the character NUL (U+0000) in it, which a database may not hold";
  const slug = modelNameOf(name);
  if (slug === "") return "must have a letter from a to z or a digit: the model is called after it";
  return isModelName(slug) ? null : `must not begin with ${PREFIXES.join(" or ")}, as ids do`;
}

export const aliasName = z
  .string()
  .regex(ALIAS, { error: "must begin with a letter and have letters, digits, dots, underscores and hyphens, 100 at most" });

/** The body that points an alias at a version. */
export const aliasBody = z
  .strictObject({ version: z.int().min(1).max(999_999_999) })
  .meta({ id: "AliasTarget", examples: [{ version: 3 }] });

const MAX_TAGS = 64;

const tagName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, {
  error: "must have letters, digits, dots, slashes, underscores and hyphens, 100 at most",
});

/** The body that changes tags: each one given is set, or removed with null; the others stay (RFC 7396). */
export const tagsBody = z
  .strictObject({
    tags: z.record(tagName, z.string().max(1000).nullable()).meta({ description: "null removes a tag." }),
  })
  .meta({ id: "TagChanges", examples: [{ tags: { stage: "reviewed", owner: null } }] });

export type Tags = Readonly<Record<string, string>>;
export type TagChanges = Readonly<Record<string, string | null>>;

/** Tags after a change, sorted by name. Throws invalid when there are too many. */
export function changeTags(tags: Tags, changes: TagChanges): Tags {
  const changed = Object.entries({ ...tags, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null);
  if (changed.length > MAX_TAGS) throw invalid([{ pointer: "/tags", detail: `a model has ${MAX_TAGS} tags at most` }]);
  return Object.fromEntries(changed.sort(([a], [b]) => (a < b ? -1 : 1)));
}
