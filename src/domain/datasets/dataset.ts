/** A user's table: its columns and their statistics. Times are epoch milliseconds. */
import { z } from "zod";
import { columnReading } from "./column-reading.ts";
import type { TextValues } from "./texts.ts";

/**
 * The type of a column. `number` and `integer` are float64; `boolean` and `category` are one of a list of labels; `datetime` is
 * milliseconds since 1970 in UTC; `text` is names or sentences, whose words a model can learn from if they are stored.
 */
export const COLUMN_TYPES = ["number", "integer", "boolean", "category", "datetime", "text"] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

const count = z.int().nonnegative();

/** Statistics of a column of numbers or datetimes; null if every value is missing. */
const numericStatistics = z.strictObject({
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  /** Population standard deviation. */
  sd: z.number(),
  quantiles: z.strictObject({ q05: z.number(), q25: z.number(), q50: z.number(), q75: z.number(), q95: z.number() }),
  histogram: z.strictObject({ edges: z.array(z.number()), counts: z.array(count) }),
});

/** Cells of a column with another type than the rest. */
const oddCells = z.strictObject({
  count: count.meta({ description: "How many there are." }),
  cells: z
    .array(z.strictObject({ place: z.string(), line: z.int().nullable(), value: z.string() }))
    .meta({ description: "The first of them: their places and texts." }),
  read_as: z.enum(["missing", "label"]).meta({
    description:
      "`missing`: the column has numbers, dates or booleans, but these cells do not. `label`: there were too many such cells.",
  }),
});

export type OddCells = z.output<typeof oddCells>;

/** Where odd cells stand and what they contain, for a sentence. */
export function listOddCells({ cells, count }: OddCells): string {
  const named = cells.map(({ place, value }) => `${place} (${JSON.stringify(value)})`).join(", ");
  return count > cells.length ? `${named} and ${count - cells.length} more` : named;
}

/** One column: its type and statistics. */
export const columnSchema = z
  .strictObject({
    name: z.string(),
    type: z.enum(COLUMN_TYPES),
    missing: count,
    distinct: count.meta({
      description:
        "Number of different values, without missing ones. Exact up to 100,000; beyond that, the number counted until then.",
    }),
    statistics: numericStatistics.nullable(),
    top: z
      .array(z.strictObject({ value: z.string(), count }))
      .meta({ description: "The most frequent values, most frequent first." }),
    categories: z
      .array(z.string())
      .nullable()
      .meta({ description: "Every label of a category or boolean column, sorted; null for other types." }),
    reading: columnReading.optional(),
    odd: oddCells
      .optional()
      .meta({ description: "Cells that are not of the same kind as the others; left out if there are none." }),
    kept: z.literal(true).optional().meta({
      description:
        "For a text column: its texts are stored, so a model can learn from their words. Left out if the table had too much text, or if an older server read the upload.",
    }),
    role: z.literal("index").optional().meta({
      description: "`index`: the column has no name and counts the rows, so it is not a feature unless `features` names it.",
    }),
  })
  .meta({ id: "Column" });

export type Column = z.output<typeof columnSchema>;

export const DATASET_FORMATS = ["csv", "ndjson", "json", "parquet", "xlsx"] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** A data set without its columns: what a list shows. */
export interface DatasetSummary {
  readonly id: string;
  readonly name: string;
  readonly format: DatasetFormat;
  /** Two uploads with the same hash and format are the same data set. See `digestSuffix`. */
  readonly sha256: string;
  /** Uploaded bytes, before decompression. */
  readonly bytes: number;
  readonly rows: number;
  readonly columnCount: number;
  readonly createdAt: number;
}

export interface Dataset extends DatasetSummary {
  readonly columns: readonly Column[];
}

/**
 * A data set with its columns as JSON text, an array of `Column`. Two thousand columns with their labels are megabytes of text, which the
 * event loop passes on without parsing. `about` is the text of an `AboutTable`, and null for a data set older than that.
 */
export interface DatasetDocument {
  readonly summary: DatasetSummary;
  readonly columnsJson: string;
  readonly aboutJson: string | null;
}

/**
 * The values of a column in row order. `number`, `integer` and `datetime`: float64, NaN if missing. `category` and `boolean`: indexes into
 * `categories`, -1 if missing. `text`: packed as in texts.ts, not a value for each row.
 */
export type ColumnValues = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | TextValues;

/** Whether a type has values that can be trained on as numbers rather than as labels. */
export function isNumeric(type: ColumnType): boolean {
  return type === "number" || type === "integer" || type === "datetime";
}

/** Whether a model can learn from a column: all but text columns whose texts are not stored. */
export function hasValues({ type, kept }: Pick<Column, "type" | "kept">): boolean {
  return type !== "text" || kept === true;
}

/** Whether a type is a choice from a list of labels. */
export function isCategorical(type: ColumnType): boolean {
  return type === "category" || type === "boolean";
}

/** A data set on its way to a thread: its columns, and the values of those that are needed. */
export interface DatasetRows {
  readonly rows: number;
  readonly sha256: string;
  readonly columns: readonly Column[];
  readonly values: ReadonlyMap<string, ColumnValues>;
}
