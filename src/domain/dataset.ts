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

export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly format: DatasetFormat;
  /** Of the uploaded bytes, before they were unpacked, and of the overrides: what makes two uploads the same data set. */
  readonly sha256: string;
  /** Uploaded bytes, before they were unpacked. */
  readonly bytes: number;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly createdAt: number;
}

/**
 * The values of a column in row order. `number`, `integer` and `datetime`: float64, NaN where missing. `category` and `boolean`:
 * positions in `categories`, -1 where missing.
 */
export type ColumnValues = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** Whether a type has values that can be trained on as numbers rather than as labels. */
export function isNumeric(type: ColumnType): boolean {
  return type === "number" || type === "integer" || type === "datetime";
}

/** Whether a type is a choice from a list of labels. */
export function isCategorical(type: ColumnType): boolean {
  return type === "category" || type === "boolean";
}
