/** Tables in Parquet, a column of a row group at a time. hyparquet reads them; the file's claims are checked against the limits first. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type AsyncBuffer,
  type ColumnMetaData,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from "hyparquet";
import { compressors as pureCompressors } from "hyparquet-compressors";
import { TrainyardError } from "../../domain/errors.ts";
import { type ColumnReader, columnReader } from "./parquet-types.ts";
import { selectColumns, selectionOf } from "./selection.ts";
import {
  checkExtent,
  columnNames,
  invalidTable,
  malformedTable,
  overLimit,
  type Table,
  type TableLimits,
  type Visit,
} from "./table.ts";
import { type CellValue, isCellValue, ValueCells } from "./value-cells.ts";

export interface ParquetLimits extends TableLimits {
  /** Of the decompressed file. */
  readonly bytes: number;
}

/** A table in a Parquet file: all of its columns, or the named ones. Cells follow the declared types (parquet-types.ts). */
export function createParquetTable(file: AsyncBuffer, limits: ParquetLimits, columns?: readonly string[]): Table {
  return {
    async scan(visit) {
      try {
        const metadata = await parquetMetadataAsync(file, { parsers: PARSERS, geoparquet: false });
        const { rows, kept } = contentOf(metadata, limits, columns);
        const reading = { file, metadata: asStored(metadata, kept), statistics: metadata, limits };
        const compressors = boundedCompressors(limits.bytes);
        for (const [column, each] of kept.entries()) {
          if (!each.reader.isEmpty) await readColumn({ ...each, column, compressors, ...reading }, visit);
        }
        return { rows, names: kept.map(({ name }) => name) };
      } catch (error) {
        if (error instanceof TrainyardError) throw error;
        throw malformedTable(`the Parquet file cannot be read: ${(error as Error).message}`);
      }
    },
  };
}

/** Nanoseconds of an INT96 are returned unchanged, like the units of every other time. */
const PARSERS = { timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds };

interface KeptColumn {
  readonly name: string;
  readonly element: SchemaElement;
  readonly reader: ColumnReader;
}

/** The rows of the table and the columns that are read, or every reason why they cannot be. */
function contentOf(metadata: FileMetaData, limits: ParquetLimits, columns: readonly string[] | undefined) {
  const { children } = parquetSchema(metadata);
  const rows = metadata.row_groups.reduce((total, { num_rows }) => total + Number(num_rows), 0);
  const all = children.map(({ element }) => element.name);
  const places = selectColumns(all, columns);
  checkExtent(rows, places.length, limits);
  const readers = children.map((tree) => columnReader(tree));
  const unreadable = places.filter((place) => typeof readers[place] === "string");
  if (unreadable.length > 0) {
    const readable = places.filter((place) => typeof readers[place] !== "string").map((place) => all[place] as string);
    throw unreadableColumns(
      unreadable.map((place) => `${JSON.stringify(all[place])} (${readers[place]})`),
      readable,
    );
  }
  const names = places.map((place) => all[place] as string);
  if (names.some((name) => name.trim() !== name || name === "")) {
    throw invalidTable("a column's name is empty, or starts or ends with a space");
  }
  columnNames(names);
  const kept = places.map((place): KeptColumn => {
    const { element } = children[place] as SchemaTree;
    return { name: element.name, element, reader: readers[place] as ColumnReader };
  });
  return { rows, kept };
}

const NAMED = 20;

function unreadableColumns(unreadable: readonly string[], readable: readonly string[]): TrainyardError {
  const more = unreadable.length > NAMED ? ` and ${unreadable.length - NAMED} more` : "";
  const what = `${unreadable.length === 1 ? "column" : "columns"} ${unreadable.slice(0, NAMED).join(", ")}${more}`;
  const others = selectionOf(readable);
  const cure =
    readable.length === 0 ? "there is no other column" : `leave out with columns=${others ?? "and the names of the others"}`;
  return invalidTable(`${what}: a cell must be a text, a number, a boolean or a time; ${cure}`, "/columns");
}

/**
 * The metadata for hyparquet: without declared types, by which it would convert values. Some writers (DuckDB) pack unsigned 32-bit numbers
 * as 64-bit ones in DELTA_BINARY_PACKED pages, whose first value hyparquet 1.31.5 cuts to 32 bits before it removes the sign. Such a chunk
 * is read as one of 64 bits, whose low 32 are right whoever wrote it.
 */
function asStored(metadata: FileMetaData, kept: readonly KeptColumn[]): FileMetaData {
  const told = new Map(kept.map(({ element, reader }) => [element, reader.told]));
  const unsigned = new Set(kept.filter(({ reader }) => reader.isUnsigned32).map(({ name }) => name));
  const schema = metadata.schema.map((element) => {
    const { converted_type: _c, logical_type: _l, ...stored } = element;
    return told.has(element) ? { ...stored, ...told.get(element) } : element;
  });
  const row_groups = metadata.row_groups.map((group) => ({
    ...group,
    columns: group.columns.map((chunk) => {
      const { meta_data: described } = chunk;
      const isWide = described && unsigned.has(described.path_in_schema[0] as string) && isAllDelta(described);
      return isWide ? { ...chunk, meta_data: { ...described, type: "INT64" as const } } : chunk;
    }),
  }));
  return { ...metadata, schema, row_groups };
}

const DELTA = "DELTA_BINARY_PACKED";

/** Whether no page of a chunk stores numbers in their own width: levels are RLE, whose width does not matter. */
function isAllDelta({ encodings }: ColumnMetaData): boolean {
  return encodings.includes(DELTA) && encodings.every((encoding) => encoding === DELTA || encoding === "RLE");
}

interface ColumnReading extends KeptColumn {
  readonly column: number;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  /** The file's metadata, whose minimum and maximum have the declared type. */
  readonly statistics: FileMetaData;
  readonly compressors: Compressors;
  readonly limits: ParquetLimits;
}

async function readColumn(reading: ColumnReading, visit: Visit): Promise<void> {
  const { file, metadata, statistics, name, reader, compressors } = reading;
  let groupStart = 0;
  for (const [group, { num_rows }] of metadata.row_groups.entries()) {
    const groupEnd = groupStart + Number(num_rows);
    const parts: { readonly start: number; readonly values: ArrayLike<unknown> }[] = [];
    const onChunk = ({ rowStart, columnData }: { rowStart: number; columnData: ArrayLike<unknown> }): void => {
      parts.push({ start: rowStart, values: cellsOf(columnData, reader) });
    };
    const range = { rowStart: groupStart, rowEnd: groupEnd };
    if (groupEnd > groupStart) {
      await parquetRead({
        file,
        metadata,
        columns: [name],
        compressors,
        parsers: PARSERS,
        geoparquet: false,
        ...range,
        onChunk,
      });
    }
    const chunk = statistics.row_groups[group]?.columns.find(
      ({ meta_data }) => meta_data?.path_in_schema[0] === name,
    )?.meta_data;
    for (const { start, values } of parts) {
      if (reader.isWhole && chunk?.encodings.includes(DELTA)) checkStatistics(values, chunk, name);
      visitValues(values, { ...reading, start, end: groupEnd }, visit);
    }
    groupStart = groupEnd;
  }
}

/** The cells of stored values, converted if the reader converts them. */
function cellsOf(stored: ArrayLike<unknown>, { cellOf }: ColumnReader): ArrayLike<unknown> {
  if (!cellOf) return stored;
  return Array.from(stored, (value) => (value === null || value === undefined ? value : cellOf(value as never)));
}

/** Checks whole numbers against the file's minimum and maximum, which reveals a packing that was read wrong. */
function checkStatistics(values: ArrayLike<unknown>, { statistics }: ColumnMetaData, name: string): void {
  const { min_value: min, max_value: max } = statistics ?? {};
  // Some writers order unsigned numbers as if they were signed: such a pair says nothing.
  if (!isNumber(min) || !isNumber(max) || min > max) return;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (!isNumber(value) || (value >= min && value <= max)) continue;
    const detail =
      `column ${JSON.stringify(name)} reads as ${value}, but the file says that it is between ${min} and ${max}: ` +
      "write the file with another encoding (PLAIN), or leave the column out with columns";
    throw invalidTable(detail, "/columns");
  }
}

const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";

interface Part extends ColumnReading {
  readonly start: number;
  readonly end: number;
}

function visitValues(values: ArrayLike<unknown>, part: Part, visit: Visit): void {
  const { start, end, column, name, reader, limits } = part;
  const place = (index: number): string => `row ${start + index + 1}, column ${column + 1} (${name})`;
  const cells = new ValueCells(place, { isTime: reader.isTime ?? false });
  cells.values = values as ArrayLike<CellValue>;
  for (let index = 0; index < values.length && start + index < end; index++) {
    const value = values[index];
    if (!isCellValue(value)) throw invalidTable(`${cells.place(index)}: a cell must be a text, a number, a boolean or a time`);
    if (typeof value === "string" && value.length * 3 > limits.cellBytes && Buffer.byteLength(value) > limits.cellBytes) {
      throw overLimit(`${cells.place(index)}: the cell has more bytes`, limits.cellBytes, "CELL_BYTES");
    }
    visit(start + index, column, cells, index);
  }
}

/** Every compression of Parquet. Returns at most the bytes that a page claims, and `limitBytes` in all. */
function boundedCompressors(limitBytes: number): Compressors {
  let unpacked = 0;
  const bounded = (decompress: (input: Uint8Array, length: number) => Uint8Array) => (input: Uint8Array, length: number) => {
    unpacked += length;
    if (!(unpacked <= limitBytes)) throw overLimit("the unpacked file has more bytes", limitBytes, "DATASET_BYTES");
    return length === 0 ? new Uint8Array() : decompress(input, length);
  };
  const { SNAPPY, LZ4, LZ4_RAW } = pureCompressors;
  return {
    ZSTD: bounded(unpackZstd),
    GZIP: bounded((input, length) => gunzipSync(input, { maxOutputLength: length })),
    BROTLI: bounded((input, length) => brotliDecompressSync(input, { maxOutputLength: length })),
    ...(SNAPPY && { SNAPPY: bounded(SNAPPY) }),
    ...(LZ4 && { LZ4: bounded(LZ4) }),
    ...(LZ4_RAW && { LZ4_RAW: bounded(LZ4_RAW) }),
  };
}

/** Every frame of a page until it has its bytes: Node unpacks the first alone, and nothing where that is one to be skipped (RFC 8878, 3.1). */
function unpackZstd(input: Uint8Array, length: number): Uint8Array {
  const frames: Uint8Array[] = [];
  let [read, unpacked] = [0, 0];
  while (read < input.length && unpacked < length) {
    const limit = { maxOutputLength: length - unpacked, info: true };
    const { buffer, engine } = zstdDecompressSync(input.subarray(read), limit) as unknown as UnpackedFrame;
    frames.push(buffer);
    read += engine.bytesWritten;
    unpacked += buffer.length;
  }
  return frames.length === 1 ? (frames[0] as Uint8Array) : Buffer.concat(frames);
}

/** What Node's zlib gives with `info`. */
interface UnpackedFrame {
  readonly buffer: Uint8Array;
  /** How many bytes were written to it: those of the frame. */
  readonly engine: { readonly bytesWritten: number };
}
