/** The options that say how to read an upload, and which of them make another data set of the same bytes. */
import { z } from "zod";
import { MAX_WORD_LENGTH, MAX_WORDS } from "./column-reading.ts";
import { COLUMN_TYPES, type DatasetFormat } from "./dataset.ts";
import { ENCODINGS } from "./encodings.ts";
import { DATE_FORMATS } from "./written/written-dates.ts";
import type { NumberFormat } from "./written/written-numbers.ts";

const word = z.string().trim().min(1).max(MAX_WORD_LENGTH);
const words = z.array(word).max(MAX_WORDS);
const dateFormat = z.enum(DATE_FORMATS, { error: `must be one of ${DATE_FORMATS.join(", ")}` });

/** Maximum lines skipped at the beginning. */
export const MAX_SKIPPED_LINES = 100;
/** What their number must be. */
export const WHOLE_LINES = {
  error: `must be a whole number from 0 to ${MAX_SKIPPED_LINES}: how many lines at the beginning are no rows`,
} as const;
/** Characters of a sheet's name: Excel allows 31, other programs more. */
const MAX_SHEET_NAME = 200;

/** How to read an upload, where that is not inferred. */
export const readingOptions = z.strictObject({
  delimiter: z
    .string()
    .regex(/^(?:tab|[\t !#-*,/:-@[-^`{-~])$/, {
      error: "must be one character that is not a letter, digit, quote or sign, or the word tab",
    })
    .optional()
    .meta({ description: "For CSV. By default detected: comma, semicolon, tab or |." }),
  header: z.enum(["true", "false", "auto"]).default("auto").meta({
    description:
      "For CSV and Excel: whether the first row has names. auto: yes if none of its cells is a number, date or boolean.",
  }),
  skip_lines: z.int(WHOLE_LINES).min(0, WHOLE_LINES).max(MAX_SKIPPED_LINES, WHOLE_LINES).optional().meta({
    description:
      "For CSV and Excel: how many lines to skip at the beginning. By default detected: a title above the names is skipped.",
  }),
  rows: z.enum(["auto", "all"], { error: "must be auto or all" }).default("auto").meta({
    description:
      "For CSV and Excel: which lines are rows. auto: lines without values below the names, repeated names, notes below the rows and a row of totals are left out.",
  }),
  sheet: z.string().trim().min(1).max(MAX_SHEET_NAME).optional().meta({
    description: "For Excel: the name of the sheet. By default the first one that is neither hidden nor empty.",
  }),
  types: z
    .record(z.string(), z.enum(COLUMN_TYPES))
    .default({})
    .meta({ description: "Types of columns by name, instead of inferring them." }),
  columns: z.array(z.string()).min(1).optional().meta({ description: "The columns to keep; by default all." }),
  missing: z
    .union([words, z.record(z.string(), words)])
    .optional()
    .meta({
      description:
        "Words that mean a missing value in every column, in small or capital letters, instead of NA and its like; or words by column, beside them. In columns of numbers, dates and booleans, NA and its like are missing in any case. A word that is a number means the number, however it is written.",
    }),
  decimal: z.enum([".", ","], { error: "must be . or ,: the decimal separator" }).optional().meta({
    description: "The decimal separator. By default detected for each column.",
  }),
  thousands: z
    .enum(["none", "comma", "point", "space", "apostrophe"], {
      error: "must be none, comma, point, space or apostrophe: the thousands separator",
    })
    .optional()
    .meta({ description: "The thousands separator. By default detected for each column." }),
  date_format: z
    .union([dateFormat, z.record(z.string(), dateFormat)])
    .optional()
    .meta({
      description:
        "How dates are written, for all columns or by column: `ymd`, `dmy`, `mdy`, `epoch_s` or `epoch_ms`. By default detected for each column.",
    }),
  encoding: z
    .enum(ENCODINGS, { error: `must be ${ENCODINGS.join(", ")}` })
    .default("utf-8")
    .meta({
      description:
        "How the text of CSV, NDJSON or JSON is encoded. latin1 is Windows-1252. By default UTF-8; a CSV that is not is read as UTF-16, latin1 or shift_jis if its text is clearly that, with a note.",
    }),
});

export type ReadingOptions = z.output<typeof readingOptions>;

/** The sign for each name that `thousands` takes: a plus or a space would be lost in a query string. */
export const THOUSANDS: Readonly<Record<NonNullable<ReadingOptions["thousands"]>, NumberFormat["thousands"]>> = {
  none: "",
  comma: ",",
  point: ".",
  space: " ",
  apostrophe: "'",
};

/**
 * What is hashed after the uploaded bytes for a data set's `sha256`. Nothing if everything is inferred, so that it is the hash of the file;
 * else the options as JSON on a line of their own.
 */
export function digestSuffix(options: ReadingOptions): string {
  const { delimiter, header, skip_lines, rows, sheet, types, columns, missing, decimal, thousands, date_format, encoding } =
    options;
  const sorted = <Value>(record: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  const dates = typeof date_format === "object" ? sorted(date_format) : date_format;
  const words = missing === undefined || Array.isArray(missing) ? missing : sorted(missing);
  const given = {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(header === "auto" ? {} : { header }),
    ...(skip_lines === undefined ? {} : { skip_lines }),
    ...(rows === "all" ? { rows } : {}),
    ...(sheet === undefined ? {} : { sheet }),
    ...(Object.keys(types).length === 0 ? {} : { types: sorted(types) }),
    ...(columns === undefined ? {} : { columns: [...new Set(columns)].sort() }),
    ...(words === undefined ? {} : { missing: words }),
    ...(decimal === undefined ? {} : { decimal }),
    ...(thousands === undefined ? {} : { thousands }),
    ...(dates === undefined ? {} : { date_format: dates }),
    ...(encoding === "utf-8" ? {} : { encoding }),
  };
  return Object.keys(given).length === 0 ? "" : `\n${JSON.stringify(given)}`;
}

/** The formats by the names that people know. */
const NAMES: Readonly<Record<DatasetFormat, string>> = {
  ...{ csv: "CSV", ndjson: "NDJSON", json: "JSON", parquet: "Parquet", xlsx: "Excel" },
};

/** The error for an option that does not fit the format; null if all do. The pointer is that of the option. */
export function misfitOption(
  format: DatasetFormat,
  { encoding, delimiter, sheet, skip_lines, rows }: ReadingOptions,
): { readonly pointer: string; readonly detail: string } | null {
  const name = NAMES[format];
  const isBinary = format === "parquet" || format === "xlsx";
  if (isBinary && encoding !== "utf-8")
    return { pointer: "/encoding", detail: `is only for text formats; ${name} files say how their texts are encoded` };
  if (format === "xlsx" && delimiter !== undefined)
    return { pointer: "/delimiter", detail: "is only for CSV; a workbook has no delimiter" };
  if (format !== "xlsx" && sheet !== undefined)
    return { pointer: "/sheet", detail: `is only for Excel; ${name} has no sheets` };
  if (format !== "xlsx" && format !== "csv" && skip_lines !== undefined)
    return { pointer: "/skip_lines", detail: `is only for CSV and Excel; ${name} has no lines above its rows` };
  if (format !== "xlsx" && format !== "csv" && rows === "all")
    return { pointer: "/rows", detail: `is only for CSV and Excel; ${name} has nothing but rows` };
  return null;
}
