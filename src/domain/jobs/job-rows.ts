/** Rows of a job's data for display: a sample in the original units, with the part of the split that each row belongs to. */
import { z } from "zod";

/** Maximum rows, columns and values per response. */
export const MAX_SHOWN_ROWS = 5000;
export const MAX_SHOWN_FEATURES = 64;
export const MAX_SHOWN_VALUES = 100_000;
/** Maximum rows requested by number. */
export const MAX_NUMBERED_ROWS = 100;

export const ROW_PARTS = ["train", "validation", "test"] as const;
export type RowPart = (typeof ROW_PARTS)[number];

const shownColumn = z
  .object({
    name: z.string().meta({ description: "The column's; its place, counted from 0, where rows have no names." }),
    values: z.array(z.union([z.number(), z.string(), z.null()])).meta({
      description: "Numbers as they are, labels as text, datetimes as ISO 8601; null where it is missing.",
    }),
  })
  .meta({ id: "ShownColumn" });

export const shownRows = z.object({
  total: z.int().meta({ description: "Rows of the data." }),
  returned: z.int().meta({
    description:
      "Rows in this answer: spread evenly over the data, in its order; or the requested rows, in the order of the request.",
  }),
  parts: z.array(z.enum(ROW_PARTS)).meta({ description: "Which part each row belongs to." }),
  features: z.array(shownColumn).meta({ description: `At most the first ${MAX_SHOWN_FEATURES}.` }),
  targets: z.array(shownColumn),
});

/** Which rows: about this many, or those with these numbers, counted from 0. */
export type RowChoice = { readonly limit: number } | { readonly numbers: readonly number[] };

export type ShownRows = z.output<typeof shownRows>;
