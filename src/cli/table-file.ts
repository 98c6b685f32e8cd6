/** A table in a file, or on stdin: its name, its format, and its bytes, which are not read into memory. */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { InvalidArgumentError } from "commander";
import { TABLE_ENDINGS, tableNamed } from "../client/datasets.ts";
import type { Client, Dataset, DatasetFormat } from "../client/index.ts";
import type { Context } from "./context.ts";
import { CliError, usageError } from "./exit.ts";
import { printNotes } from "./notes.ts";

export interface TableFile {
  /** The file's name without its endings. */
  readonly name: string;
  readonly format: DatasetFormat;
  readonly body: BodyInit;
}

/** Reads the value of `--format`: a format, or an ending that names one. Throws an InvalidArgumentError. */
export function formatOf(text: string): DatasetFormat {
  const { format } = tableNamed(text);
  if (format && TABLE_ENDINGS.includes(text)) return format;
  throw new InvalidArgumentError("It must be csv, ndjson, json or parquet.");
}

/** Opens a table; `-` is stdin, CSV without a `format`. Rejects with a CliError that names the path. */
export async function openTable(path: string, input: NodeJS.ReadStream, format?: DatasetFormat): Promise<TableFile> {
  if (path === "-") {
    const body = Readable.toWeb(input) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return { name: "stdin", format: format ?? "csv", body };
  }
  const found = await stat(path).catch(() => null);
  if (!found) throw new CliError(`${path}: no such file`);
  if (found.isDirectory()) throw new CliError(`${path} is a folder, not a table`);
  const named = tableNamed(basename(path));
  const known = format ?? named.format;
  if (!known) throw usageError(`${path}: the file's name does not say its format; add --format csv, ndjson, json or parquet`);
  return { name: named.name, format: known, body: await openAsBlob(path) };
}

/** Whether an argument is a data set: an id, or a name that no file has and no file would have. */
export async function namesDataset(data: string): Promise<boolean> {
  if (data.startsWith("ds_")) return true;
  if (data === "-" || tableNamed(data).format !== null || /[/\\]/.test(data)) return false;
  return (await stat(data).catch(() => null)) === null;
}

/** Uploads a table; the server stores the same bytes once. */
export async function uploadTable(context: Context, client: Client, { name, format, body }: TableFile): Promise<Dataset> {
  const { err } = context;
  const dataset = await client.upload(body, { name, format });
  err.print(err.paint.dim(`${dataset.name}: ${dataset.rows} rows, ${dataset.column_count} columns (${dataset.id})`));
  printNotes(context, dataset.notes);
  return dataset;
}
