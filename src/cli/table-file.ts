/** A table in a file, or on stdin: its name, its format, and its bytes, which are not read into memory. */
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { InvalidArgumentError } from "commander";
import { TABLE_ENDINGS, tableNamed } from "../client/datasets.ts";
import type { DatasetFormat } from "../client/index.ts";
import { CliError, usageError } from "./exit.ts";

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
