/** A table in a file, or on stdin: its name, its format, and its bytes, which are not read into memory. */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ENCODINGS, TABLE_ENDINGS, tableNamed, type UploadOptions } from "../client/datasets.ts";
import type { Client, Dataset, DatasetFormat } from "../client/index.ts";
import type { Context } from "./context.ts";
import { usageError } from "./exit.ts";
import { assertFile } from "./files.ts";
import { printNotes } from "./notes.ts";
import { missingOf, typesOf, wholeNumber } from "./values.ts";

export interface TableFile {
  /** The file's name without its extensions. */
  readonly name: string;
  readonly format: DatasetFormat;
  readonly body: BodyInit;
}

/** Reads the value of `--format`: a format, or an extension that names one. Throws an InvalidArgumentError. */
export function formatOf(text: string): DatasetFormat {
  const { format } = tableNamed(text);
  if (format && TABLE_ENDINGS.includes(text)) return format;
  throw new InvalidArgumentError("It must be csv, ndjson, json, parquet or xlsx.");
}

/** Opens a table; `-` is stdin, CSV without a `format`. Rejects with a CliError that names the path. */
export async function openTable(path: string, input: NodeJS.ReadStream, format?: DatasetFormat): Promise<TableFile> {
  if (path === "-") {
    const body = Readable.toWeb(input) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return { name: "stdin", format: format ?? "csv", body };
  }
  await assertFile(path, "a table");
  const named = tableNamed(basename(path));
  const known = format ?? named.format;
  if (!known)
    throw usageError(`${path}: the file's name does not show its format; add --format csv, ndjson, json, parquet or xlsx`);
  return { name: named.name, format: known, body: await openAsBlob(path) };
}

/** Whether a file's name says that it is a table; JSON may be a job spec as well. */
export function isNamedAsTable(path: string): boolean {
  const { format } = tableNamed(path);
  return format !== null && format !== "json";
}

/** Whether an argument is a data set: an id, or a name that no file has and no file would have. */
export async function namesDataset(data: string): Promise<boolean> {
  if (data.startsWith("ds_")) return true;
  if (data === "-" || tableNamed(data).format !== null || /[/\\]/.test(data)) return false;
  return (await stat(data).catch(() => null)) === null;
}

/** How to read a table, where that is not inferred. */
export type Reading = Pick<
  UploadOptions,
  "sheet" | "skipLines" | "rows" | "types" | "delimiter" | "decimal" | "thousands" | "missing" | "dateFormat" | "encoding"
>;

const THOUSANDS = ["none", "comma", "point", "space", "apostrophe"];
const DATE_FORMATS = ["ymd", "dmy", "mdy", "epoch_s", "epoch_ms"];

/** Adds the options for reading a table, under a heading of their own in the help. */
export function addReadingOptions(command: Command): Command {
  return command
    .optionsGroup("How to read the table (each option is detected by default):")
    .option("--sheet <name>", "the sheet of an Excel workbook")
    .option("--skip-lines <count>", "lines to skip at the beginning", wholeNumber(0, 100))
    .addOption(new Option("--rows <which>", "all: totals, notes and the like are rows too").choices(["auto", "all"]))
    .option("--types <column=type,...>", "types of columns: number, category, text, datetime or boolean", typesOf)
    .option("--delimiter <character>", "the character between the cells of a CSV")
    .addOption(new Option("--decimal <sign>", "the decimal separator").choices([".", ","]))
    .addOption(new Option("--thousands <sign>", "the thousands separator").choices(THOUSANDS))
    .addOption(new Option("--date-format <order>", "how dates are written").choices(DATE_FORMATS))
    .option(
      "--missing <words>",
      "words that mean a missing value, separated by commas, instead of NA and its like; or column=word beside them",
      missingOf,
    )
    .addOption(new Option("--encoding <name>", "how text is encoded (utf-8)").choices(ENCODINGS))
    .optionsGroup("");
}

/** The options of `addReadingOptions` among those of a command. */
export function readingOf(options: Reading): Reading {
  const { sheet, skipLines, rows, types, delimiter, decimal, thousands, missing, dateFormat, encoding } = options;
  const all = { sheet, skipLines, rows, types, delimiter, decimal, thousands, missing, dateFormat, encoding };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Uploads a table; the server stores the same bytes once. */
export async function uploadTable(
  context: Context,
  client: Client,
  { name, format, body }: TableFile,
  reading: Reading = {},
): Promise<Dataset> {
  const { err } = context;
  const dataset = await client.upload(body, { name, format, ...reading });
  err.print(err.paint.dim(`${dataset.name}: ${dataset.rows} rows, ${dataset.column_count} columns (${dataset.id})`));
  printNotes(context, dataset.notes);
  return dataset;
}
