/** Entry of an upload thread: each export is a kind of task. */
import { createHash } from "node:crypto";
import { open, rm, writeFile } from "node:fs/promises";
import type {
  Correction,
  IngestedTable,
  Ingestion,
  MatchedRows,
  MatchTask,
  RemainingColumn,
  RemovalTask,
} from "../../domain/datasets/upload.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { DatasetLimits } from "../../domain/limits.ts";
import { createCsvTable } from "../../formats/csv/csv.ts";
import { withMissing } from "../../formats/tables/given-missing.ts";
import { createJsonTable } from "../../formats/tables/json-table.ts";
import { createNdjsonTable } from "../../formats/tables/ndjson.ts";
import { createParquetTable } from "../../formats/tables/parquet.ts";
import { type ByteChunks, malformedTable, overLimit, type Table } from "../../formats/tables/table.ts";
import { asUtf8, foundEncoding } from "../../formats/tables/text-encoding.ts";
import {
  ARCHIVE_MAGIC,
  MAX_WORKBOOK_BYTES,
  openSheet,
  type Sheet,
  type SheetOptions,
} from "../../formats/workbooks/workbook.ts";
import { moving, wholeBuffers } from "../transfer.ts";
import { correctColumn } from "./correct.ts";
import { chunksOf, firstBytes, randomAccess } from "./file.ts";
import { matchRows, withoutRows } from "./forget.ts";
import { type CorrectTask, type DigestTask, type ReadTask, unpackedPath } from "./protocol.ts";
import { readTable } from "./read.ts";

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const PARQUET_MAGIC = Buffer.from("PAR1");

/** SHA-256 of a file and a suffix, in hex. */
export async function digest({ path, suffix }: DigestTask): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunksOf(path, false, Number.POSITIVE_INFINITY)()) hash.update(chunk);
  return hash.update(suffix).digest("hex");
}

/** The table in a file, or its errors. */
export async function read(task: ReadTask): Promise<Ingestion> {
  try {
    const table = await withTable(task, (opened) =>
      readTable(withMissing(opened, everywhere(task.options.missing)), task.options, task.limits),
    );
    return moving({ ok: true, table }, wholeBuffers([...table.values.values()]));
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    return { ok: false, code: error.code, detail: error.message, errors: error.errors };
  }
}

/** Words that are given for all columns; those of single ones are for whoever knows the columns. */
const everywhere = (missing: ReadTask["options"]["missing"]) => (Array.isArray(missing) ? missing : undefined);

async function withTable(task: ReadTask, use: (table: Table) => Promise<IngestedTable>): Promise<IngestedTable> {
  const { path, format, limits, options } = task;
  const start = await firstBytes(path, PARQUET_MAGIC.length);
  const gzip = start.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  if (task.gzip && !gzip) throw malformedTable("the content is declared as gzip, but it is not gzip");
  const unpacked = chunksOf(path, gzip, limits.bytes);
  if (format === "parquet") return withParquet(path, gzip ? unpacked : null, task, use);
  if (format === "xlsx") return withWorkbook(path, unpacked, task, use);
  const chunks = asUtf8(unpacked, options.encoding);
  if (start.equals(PARQUET_MAGIC)) throw malformedTable(`this is a Parquet file, not ${format}`);
  if (start.equals(ARCHIVE_MAGIC))
    throw malformedTable(`this is a ZIP archive, as an Excel workbook is, not ${format}: send a workbook with format=xlsx`);
  if (format === "ndjson") return use(createNdjsonTable(chunks, limits));
  if (format === "json") return use(createJsonTable(chunks, limits));
  const delimiter = options.delimiter === "tab" ? "\t" : options.delimiter;
  const layout = { delimiter, header: options.header, skipLines: options.skip_lines, rows: options.rows };
  try {
    return await use(createCsvTable(chunks, layout, limits));
  } catch (error) {
    const found = error instanceof TrainyardError && options.encoding === "utf-8" ? await foundEncoding(unpacked) : null;
    if (!found) throw error;
    const table = createCsvTable(asUtf8(unpacked, found), layout, limits);
    return await use({ scan: async (visit) => ({ ...(await table.scan(visit)), encoding: found }) });
  }
}

/** A sheet is written beside the workbook as CSV, and read as that, because tables are read more than once. */
async function withWorkbook(
  path: string,
  packed: ByteChunks,
  { limits, options }: ReadTask,
  use: (table: Table) => Promise<IngestedTable>,
): Promise<IngestedTable> {
  const plain = unpackedPath(path);
  try {
    const sheet = await writeSheet(packed, plain, sheetOptions(options), limits);
    const { header, skip_lines: skipLines, rows } = options;
    const layout = { delimiter: ",", header, skipLines, rows, isSheet: true };
    const table = createCsvTable(chunksOf(plain, false, limits.bytes), layout, limits);
    return await use({ scan: async (visit) => ({ ...(await table.scan(visit)), sheet }) });
  } finally {
    await rm(plain, { force: true });
  }
}

/** If points separate thousands, commas separate decimals. */
const sheetOptions = ({ sheet, decimal, thousands }: ReadTask["options"]): SheetOptions => ({
  ...{ sheet, decimal: decimal ?? (thousands === "point" ? "," : undefined) },
});

async function writeSheet(packed: ByteChunks, path: string, options: SheetOptions, limits: DatasetLimits): Promise<Sheet> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of packed()) {
    bytes += chunk.length;
    if (bytes > MAX_WORKBOOK_BYTES) throw tooLargeWorkbook();
    parts.push(Buffer.from(chunk));
  }
  const { sheet, csv } = await openSheet(Buffer.concat(parts), options, limits);
  let written = 0;
  function* bounded(): Generator<string> {
    for (const text of csv()) {
      written += text.length;
      if (written > limits.bytes) throw overLimit("the sheet has more characters", limits.bytes, "DATASET_BYTES");
      yield text;
    }
  }
  await writeFile(path, bounded());
  return sheet;
}

function tooLargeWorkbook(): TrainyardError {
  const detail = `the workbook has more than ${MAX_WORKBOOK_BYTES} bytes: save the sheet as CSV, which may be larger`;
  return new TrainyardError("too_large", detail, [{ pointer: "", detail }]);
}

/** Parquet is read from its end: a compressed file is first decompressed beside itself. */
async function withParquet(
  path: string,
  packed: ByteChunks | null,
  { limits, options }: ReadTask,
  use: (table: Table) => Promise<IngestedTable>,
): Promise<IngestedTable> {
  const plain = packed ? unpackedPath(path) : path;
  try {
    if (packed) await writeFile(plain, packed());
    await using file = await open(plain);
    const { size } = await file.stat();
    return await use(createParquetTable(randomAccess(file, size), limits, options.columns));
  } finally {
    if (packed) await rm(plain, { force: true });
  }
}

/** Corrects a column of a stored table. */
export function correct({ maxCategories, ...task }: CorrectTask): Correction {
  const correction = correctColumn(task, maxCategories);
  return correction.ok ? moving(correction, wholeBuffers([correction.corrected.values])) : correction;
}

/** Finds rows of a stored table by keys. */
export function match(task: MatchTask): MatchedRows {
  return matchRows(task);
}

/** Removes rows from a column of a stored table. */
export function remove(task: RemovalTask): RemainingColumn {
  const remaining = withoutRows(task);
  return moving(remaining, wholeBuffers(remaining.values ? [remaining.values] : []));
}
