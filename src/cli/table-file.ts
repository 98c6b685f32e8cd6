/** A table in a file, or on stdin: its name, its format, and its bytes, which are not read into memory. */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { InvalidArgumentError } from "commander";
import type { DatasetFormat } from "../client/index.ts";
import { CliError, usageError } from "./exit.ts";

/** Formats by the ending of a file's name; a `.gz` after it says nothing. */
const FORMATS: Readonly<Record<string, DatasetFormat>> = {
  csv: "csv",
  tsv: "csv",
  txt: "csv",
  ndjson: "ndjson",
  jsonl: "ndjson",
  json: "json",
  parquet: "parquet",
};

export interface TableFile {
  /** The file's name without its endings. */
  readonly name: string;
  readonly format: DatasetFormat;
  readonly body: BodyInit;
}

/** Reads the value of a `--format`. */
export function formatOf(text: string): DatasetFormat {
  const format = FORMATS[text];
  if (format) return format;
  throw new InvalidArgumentError("It must be csv, ndjson, json or parquet.");
}

/** Opens a table; `-` is stdin, CSV unless it is said otherwise. */
export async function openTable(path: string, input: NodeJS.ReadStream, format?: DatasetFormat): Promise<TableFile> {
  if (path === "-") {
    const body = Readable.toWeb(input) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return { name: "stdin", format: format ?? "csv", body };
  }
  const found = await stat(path).catch(() => null);
  if (!found) throw new CliError(`there is no file ${path}`);
  if (found.isDirectory()) throw new CliError(`${path} is a folder, and no table`);
  const parts = basename(path).replace(/\.gz$/i, "").split(".");
  const known = format ?? FORMATS[parts.at(-1)?.toLowerCase() ?? ""];
  if (!known) throw usageError(`${path}: its name says no format; say --format csv, ndjson, json or parquet`);
  return { name: parts.slice(0, -1).join(".") || parts.join("."), format: known, body: await openAsBlob(path) };
}
