/** The schemas of labels, for submissions and for changes. */
import { z } from "zod";
import { MAX_TAGS } from "./labels.ts";

/** Maximum characters of a tag's value that lists can be searched by: an index entry in PostgreSQL has at most 2,700 bytes. */
const MAX_FOUND_TAG = 500;
const MAX_NOTE = 10_000;

export const tagName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, {
  error: "must have only letters, digits, dots, slashes, underscores and hyphens, at most 100 characters",
});

const isStorable = (text: string): boolean => !text.includes("\u0000");
const storable = { error: "must not contain the character NUL (U+0000), which databases cannot store" };

const tagValue = z.string().max(MAX_FOUND_TAG).refine(isStorable, storable);
const note = z.string().max(MAX_NOTE).refine(isStorable, storable);

/** The fields of a request that label what it submits. They are not part of the resolved spec, and so in no hash. */
export const labelFields = {
  tags: z
    .record(tagName, tagValue)
    .refine((tags) => Object.keys(tags).length <= MAX_TAGS, { error: `must have at most ${MAX_TAGS} tags` })
    .optional()
    .meta({ description: "Names and values to find it by, which can be changed later. They change nothing that is trained." }),
  note: note.optional().meta({ description: "Text for people, which can be changed later." }),
};

/** Maximum bytes of labels, as JSON that escapes every character. */
export const LABEL_BYTES = 512 * 1024;

/** The request to change labels: given tags are set, or removed with null; the others stay (RFC 7396). */
export const labelsBody = z
  .strictObject({
    tags: z.record(tagName, tagValue.nullable()).optional().meta({ description: "null removes a tag." }),
    note: note.nullable().optional().meta({ description: "null removes it; left out, it stays." }),
  })
  .meta({ id: "LabelChanges", examples: [{ tags: { team: "a", draft: null }, note: "Baseline for June." }] });
