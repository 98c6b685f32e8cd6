/**
 * Converts a raw row to the inputs of a network, and its outputs back to the units of the target. Fitted on the training part alone, stored
 * with the model, and plain JSON, so that it can be read, exported and applied anywhere.
 */
import { z } from "zod";
import { nearest } from "../spelling.ts";
import { columnReading } from "./column-reading.ts";

/** Parts of a datetime that can be features; cyclic ones become a sine and a cosine. All in UTC. */
export const DATETIME_PARTS = ["timestamp", "year", "quarter", "month", "week", "day", "weekday", "hour", "age"] as const;
export type DatetimePart = (typeof DATETIME_PARTS)[number];

/** How a number becomes features. */
export const NUMERIC_ENCODINGS = ["value", "piecewise_linear", "both"] as const;

/** How a category becomes features: as a label, or, as an option of a job only, as a text. */
export const CATEGORY_ENCODINGS = ["one_hot", "ordinal", "embedding"] as const;

const scaling = z.strictObject({ offset: z.number(), scale: z.number() }).meta({ description: "(value - offset) / scale" });
export type Scaling = z.output<typeof scaling>;

const targetScaling = z
  .strictObject({ ...scaling.shape, transform: z.literal("log").optional() })
  .meta({ description: "(value - offset) / scale; with transform log, of log(1 + value)." });

/** How a target becomes what the network learns. training/data/target-units.ts applies it. */
export type TargetScaling = z.output<typeof targetScaling>;

const source = {
  column: z.string(),
  reading: columnReading.optional().meta({
    description: "How texts of the column are read, as in the data set; left out if they are written plainly.",
  }),
};

const range = z.strictObject({ min: z.number(), max: z.number() }).optional().meta({
  description:
    "The range of the values of the training rows. Left out if there were none, or if an older server made the model.",
});

const vocabulary = z
  .strictObject({
    analyzer: z.enum(["word", "char_wb"]).meta({
      description:
        "word: runs of two or more letters, digits and underscores. char_wb: three to five characters of each word, with a space before and behind it.",
    }),
    terms: z.array(z.string()),
    idf: z.array(z.number()).meta({ description: "For each term, ln((1 + n) / (1 + rows with it)) + 1 for n training rows." }),
  })
  .meta({
    description: "Terms of lower-cased texts, a feature each: count · idf, divided by the l2 norm of the vocabulary's.",
  });

/** Terms of texts, with their weights. training/data/text/text-features.ts applies them. */
export type Vocabulary = z.output<typeof vocabulary>;

const datetimeFeature = z.strictObject({
  part: z.enum(DATETIME_PARTS),
  scaling: scaling.nullable(),
  latest: z.number().optional().meta({
    description:
      "Of the part age: the latest time among the training rows, in milliseconds since 1970, from which days are counted back.",
  }),
});

/** A fitted part of a datetime. */
export type DatetimeFeature = z.output<typeof datetimeFeature>;

/**
 * One raw column as the network sees it, in this order: a missing value is filled, a number is scaled, a category becomes its index in
 * `categories`, or none of them (`other`) if it is unknown or missing.
 */
export const encodedColumn = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("numeric"),
      ...source,
      integer: z.boolean(),
      range,
      /** Replaces a missing value. */
      fill: z.number(),
      /** Adds a feature that is 1 if the value was missing. */
      indicator: z.boolean(),
      scaling: scaling.nullable(),
      /** `smooth`: x / sqrt(1 + (x / 3)²) of the scaled value. Left out: none. */
      clip: z.literal("smooth").optional(),
      /** What a value becomes: its scaled value; how much of each bin lies below it; or both. Left out: its scaled value. */
      encode: z.enum(NUMERIC_ENCODINGS).optional(),
      /** Edges of the bins in the column's own units, ascending: one more than there are bins. */
      bins: z.array(z.number()).min(2).optional(),
    }),
    z.strictObject({
      kind: z.literal("datetime"),
      ...source,
      range,
      fill: z.number(),
      indicator: z.boolean(),
      parts: z.array(datetimeFeature),
    }),
    z.strictObject({
      kind: z.literal("category"),
      ...source,
      boolean: z.boolean(),
      categories: z.array(z.string()),
      /** The label that replaces a missing one; null: missing counts as other. */
      fill: z.string().nullable(),
      /**
       * `one_hot`: a feature for each category, and one for other. `ordinal`: its index as a number, other last. `embedding`: also its
       * index as a number, which the network looks up in a table of `dimension` columns.
       */
      encode: z.enum(CATEGORY_ENCODINGS),
      dimension: z.int().min(1).nullable(),
    }),
    z.strictObject({
      kind: z.literal("text"),
      ...source,
      /** Uses 1 + ln(count) instead of the count of a term. */
      sublinear_tf: z.boolean(),
      vocabularies: z.array(vocabulary),
    }),
  ])
  .meta({ id: "EncodedColumn" });

export type EncodedColumn = z.output<typeof encodedColumn>;

/** A column whose features follow from one number: a value, a time, or the index of a label. */
export type ValueColumn = Exclude<EncodedColumn, { kind: "text" }>;

/** A column whose features follow from the terms of a text. */
export type TextColumn = Extract<EncodedColumn, { kind: "text" }>;

export const preprocessing = z
  .strictObject({
    columns: z.array(encodedColumn).meta({ description: "Raw columns, in the order of rows that are arrays." }),
    targets: z
      .array(z.strictObject({ column: z.string(), scaling: targetScaling.nullable(), numeric: z.literal(true).optional() }))
      .meta({
        description:
          "Target columns; a regression's outputs are multiplied by scale and offset is added. `numeric`: a column of numbers whose values are classes, which are answered as numbers.",
      }),
    ignored: z.array(z.string()).optional().meta({
      description:
        "The other columns of the data set, which the model does not use: rows to predict may have them. Left out if the model was made before this was recorded.",
    }),
  })
  .meta({ id: "Preprocessing" });

export type Preprocessing = z.output<typeof preprocessing>;

const CYCLES: Readonly<Record<DatetimePart, boolean>> = {
  timestamp: false,
  year: false,
  quarter: true,
  month: true,
  week: true,
  day: true,
  weekday: true,
  hour: true,
  age: false,
};

/**
 * The columns that a row may have besides those that the model takes: the targets, and the other columns of its data set. Null if they were
 * not recorded.
 */
export function ignoredNames({ targets, ignored }: Preprocessing): ReadonlySet<string> | null {
  return ignored ? new Set([...ignored, ...targets.map(({ column }) => column)]) : null;
}

/** The error for a column that neither the model nor its data set has, with the name that was probably meant. */
export function strangerDetail(name: string, { columns }: Preprocessing): string {
  const names = columns.map(({ column }) => column);
  const meant = nearest(name, names);
  return `is not a column of this model: ${meant === null ? `it takes ${names.join(", ")}` : `did you mean ${meant}?`}`;
}

/** Whether a part is cyclic, so that its last value is next to its first. */
export function isCyclic(part: DatetimePart): boolean {
  return CYCLES[part];
}

type NumericColumn = Extract<EncodedColumn, { kind: "numeric" }>;

/** Whether the scaled value of a number is among its features; it is then the first of them. */
export function hasValue({ encode }: NumericColumn): boolean {
  return encode !== "piecewise_linear";
}

/** The edges of the bins of a number that has bins as features. */
export function binEdges({ encode, bins }: NumericColumn): readonly number[] {
  return encode === undefined || encode === "value" ? [] : (bins ?? []);
}

function binNames(encoded: NumericColumn): string[] {
  return binEdges(encoded)
    .slice(1)
    .map((edge) => `${encoded.column} to ${edge}`);
}

/** Names of the features of a column, in the order of the network's inputs. */
export function featureNames(encoded: EncodedColumn): string[] {
  const { column } = encoded;
  const indicator = "indicator" in encoded && encoded.indicator ? [`${column} is missing`] : [];
  switch (encoded.kind) {
    case "numeric":
      return [...(hasValue(encoded) ? [column] : []), ...binNames(encoded), ...indicator];
    case "datetime":
      return [
        ...encoded.parts.flatMap(({ part }) =>
          isCyclic(part) ? [`${column} ${part} sin`, `${column} ${part} cos`] : [`${column} ${part}`],
        ),
        ...indicator,
      ];
    case "category":
      return encoded.encode === "one_hot"
        ? [...encoded.categories.map((label) => `${column}=${label}`), `${column}=other`]
        : [column];
    case "text":
      return encoded.vocabularies.flatMap(({ analyzer, terms }) =>
        terms.map((term) => `${column} has ${analyzer === "word" ? term : JSON.stringify(term)}`),
      );
  }
}

/** Features of a whole row. */
export function featureWidth({ columns }: Preprocessing): number {
  return columns.reduce((total, column) => total + featureNames(column).length, 0);
}
