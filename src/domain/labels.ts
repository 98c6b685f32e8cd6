/**
 * Labels that people give to jobs, sweeps and models to find them again: tags, which have a name and a value, and a note. Labels do not
 * change training. Their schemas are in label-fields.ts, so that the thread of the database need not load Zod.
 */
import { invalid } from "./errors.ts";

/** Maximum tags of a job, a sweep or a model. */
export const MAX_TAGS = 64;

export type Tags = Readonly<Record<string, string>>;
export type TagChanges = Readonly<Record<string, string | null>>;

/** The labels of a job or a sweep. */
export interface Labels {
  readonly tags: Tags;
  readonly note: string | null;
}

/** A change of labels: fields that are left out stay. */
export interface LabelChanges {
  readonly tags?: TagChanges | undefined;
  readonly note?: string | null | undefined;
}

/** Returns the tags after a change, sorted by name. Throws invalid if there are too many. */
export function changeTags(tags: Tags, changes: TagChanges): Tags {
  const changed = Object.entries({ ...tags, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null);
  if (changed.length > MAX_TAGS) throw invalid([{ pointer: "/tags", detail: `must have at most ${MAX_TAGS} tags` }]);
  return Object.fromEntries(changed.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Returns the labels of a request, tags sorted by name. */
export function labelsOf({ tags = {}, note = null }: { tags?: Tags | undefined; note?: string | null | undefined }): Labels {
  return { tags: changeTags({}, tags), note };
}
