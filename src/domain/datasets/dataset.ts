/** A table that a user brought: its columns, what they hold, and what is known of each. Times are epoch milliseconds. */
import { z } from "zod";

/**
 * What a column holds. `number` and `integer` are float64; `boolean` and `category` are one of a list of labels; `datetime` is
 * milliseconds since 1970 in UTC; `text` is kept for the preview alone and cannot be trained on.
 */
export const COLUMN_TYPES = ["number", "integer", "boolean", "category", "datetime", "text"] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

const count = z.int().nonnegative();

/** Statistics of a column of numbers or datetimes; null where every value is missing. */
const numericStatistics = z.strictObject({
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  /** Population standard deviation. */
  sd: z.number(),
  quantiles: z.strictObject({ q05: z.number(), q25: z.number(), q50: z.number(), q75: z.number(), q95: z.number() }),
  histogram: z.strictObject({ edges: z.array(z.number()), counts: z.array(count) }),
});

/** One column: its type and what is in it. */
export const columnSchema = z
  .strictObject({
    name: z.string(),
    type: z.enum(COLUMN_TYPES),
    missing: count,
    distinct: count.meta({
      description: "Values that differ, missing ones left out. Exact up to 100,000, else the number counted until then.",
    }),
    statistics: numericStatistics.nullable(),
    top: z
      .array(z.strictObject({ value: z.string(), count }))
      .meta({ description: "The most frequent values, most frequent first." }),
    categories: z
      .array(z.string())
      .nullable()
      .meta({ description: "Every label of a category or boolean column, sorted; null for other types." }),
  })
  .meta({ id: "Column" });

export type Column = z.output<typeof columnSchema>;

export const DATASET_FORMATS = ["csv", "ndjson", "json", "parquet"] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** A data set without its columns: what a list shows. */
export interface DatasetSummary {
  readonly id: string;
  readonly name: string;
  readonly format: DatasetFormat;
  /** What makes two uploads the same data set, together with the format. See `digestSuffix`. */
  readonly sha256: string;
  /** Uploaded bytes, before they were unpacked. */
  readonly bytes: number;
  readonly rows: number;
  readonly columnCount: number;
  readonly createdAt: number;
}

export interface Dataset extends DatasetSummary {
  readonly columns: readonly Column[];
}

/**
 * A data set with its columns as JSON text, an array of `Column`. Two thousand columns with their labels are megabytes of
 * text, which the event loop passes on without parsing them.
 */
export interface DatasetDocument {
  readonly summary: DatasetSummary;
  readonly columnsJson: string;
}

/**
 * The values of a column in row order. `number`, `integer` and `datetime`: float64, NaN where missing. `category` and `boolean`:
 * positions in `categories`, -1 where missing.
 */
export type ColumnValues = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** How an upload is to be read, where that is not to be found out. */
export const readingOptions = z.strictObject({
  delimiter: z
    .string()
    .regex(/^(?:tab|[\t !#-*,/:-@[-^`{-~])$/, {
      error: "must be one character that is no letter, digit, quote or sign, or the word tab",
    })
    .optional()
    .meta({ description: "Of CSV. Found out among comma, semicolon, tab and | when left out." }),
  header: z.enum(["true", "false", "auto"]).default("auto").meta({
    description: "Of CSV: whether the first row has names. auto: it does when none of its cells is a number, date or boolean.",
  }),
  types: z
    .record(z.string(), z.enum(COLUMN_TYPES))
    .default({})
    .meta({ description: "Types of columns by name, instead of inferring them." }),
  columns: z.array(z.string()).min(1).optional().meta({ description: "The columns that are kept; all of them when left out." }),
});

export type ReadingOptions = z.output<typeof readingOptions>;

/**
 * What is hashed after the uploaded bytes to give a data set's `sha256`: nothing when everything is found out, so that it is
 * the hash of the file, else the options as JSON on a line of their own.
 */
export function digestSuffix({ delimiter, header, types, columns }: ReadingOptions): string {
  const names = Object.keys(types).sort();
  const given = {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(header === "auto" ? {} : { header }),
    ...(names.length === 0 ? {} : { types: Object.fromEntries(names.map((name) => [name, types[name]])) }),
    ...(columns === undefined ? {} : { columns: [...new Set(columns)].sort() }),
  };
  return Object.keys(given).length === 0 ? "" : `\n${JSON.stringify(given)}`;
}

/** Whether a type has values that can be trained on as numbers rather than as labels. */
export function isNumeric(type: ColumnType): boolean {
  return type === "number" || type === "integer" || type === "datetime";
}

/** Whether a type is a choice from a list of labels. */
export function isCategorical(type: ColumnType): boolean {
  return type === "category" || type === "boolean";
}

/** A data set on its way to a thread: what is known of its columns, and the values of those that are needed. */
export interface DatasetRows {
  readonly rows: number;
  readonly sha256: string;
  readonly columns: readonly Column[];
  readonly values: ReadonlyMap<string, ColumnValues>;
}
