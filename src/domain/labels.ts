/** What people write on jobs, sweeps and models to find them again: tags, which have a name and a value, and a note. Labels change nothing that is trained. */
import { z } from "zod";
import { invalid } from "./errors.ts";

const MAX_TAGS = 64;
/** Most characters of a tag's value that lists are searched by: an entry of an index of PostgreSQL has 2,700 bytes at most. */
const MAX_FOUND_TAG = 500;
const MAX_NOTE = 10_000;

export const tagName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, {
  error: "must have letters, digits, dots, slashes, underscores and hyphens, 100 at most",
});

export type Tags = Readonly<Record<string, string>>;
export type TagChanges = Readonly<Record<string, string | null>>;

/** The labels of a job or a sweep. */
export interface Labels {
  readonly tags: Tags;
  readonly note: string | null;
}

/** A change of labels: what it leaves out stays. */
export interface LabelChanges {
  readonly tags?: TagChanges | undefined;
  readonly note?: string | null | undefined;
}

const isStorable = (text: string): boolean => !text.includes("\u0000");
const storable = { error: "must not contain the character NUL (U+0000), which databases cannot store" };

const tagValue = z.string().max(MAX_FOUND_TAG).refine(isStorable, storable);
const note = z.string().max(MAX_NOTE).refine(isStorable, storable);

/** The fields of a request that labels what it submits. They are no part of the resolved spec, and so of no hash. */
export const labelFields = {
  tags: z
    .record(tagName, tagValue)
    .refine((tags) => Object.keys(tags).length <= MAX_TAGS, { error: `must be ${MAX_TAGS} at most` })
    .optional()
    .meta({ description: "Names and values to find it by, which can be changed later. They change nothing that is trained." }),
  note: note.optional().meta({ description: "Text for people, which can be changed later." }),
};

/** The request to change labels: given tags are set, or removed with null; the others stay (RFC 7396). */
export const labelsBody = z
  .strictObject({
    tags: z.record(tagName, tagValue.nullable()).optional().meta({ description: "null removes a tag." }),
    note: note.nullable().optional().meta({ description: "null removes it; left out, it stays." }),
  })
  .meta({ id: "LabelChanges", examples: [{ tags: { team: "a", draft: null }, note: "Baseline for June." }] });

/** Returns the tags after a change, sorted by name. Throws invalid if there are too many. */
export function changeTags(tags: Tags, changes: TagChanges): Tags {
  const changed = Object.entries({ ...tags, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null);
  if (changed.length > MAX_TAGS) throw invalid([{ pointer: "/tags", detail: `must be ${MAX_TAGS} at most` }]);
  return Object.fromEntries(changed.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns the labels of a request, tags sorted by name. */
export function labelsOf({ tags = {}, note = null }: { tags?: Tags | undefined; note?: string | null | undefined }): Labels {
  return { tags: changeTags({}, tags), note };
}
