/** Tables in Parquet, a column of a row group at a time. hyparquet reads them; what a file claims is held to the limits first. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { compressors as pureCompressors } from "hyparquet-compressors";
import { TrainyardError } from "../../domain/errors.ts";
import {
  checkExtent,
  columnNames,
  invalidTable,
  malformedTable,
  overLimit,
  type Table,
  type TableExtent,
  type TableLimits,
  type Visit,
} from "./table.ts";
import { type CellValue, isCellValue, ValueCells } from "./value-cells.ts";

export interface ParquetLimits extends TableLimits {
  /** Of the file when it is unpacked. */
  readonly bytes: number;
}

/** A table in a Parquet file. Columns must be flat: lists, maps and structs are refused. */
export function createParquetTable(file: AsyncBuffer, limits: ParquetLimits): Table {
  return {
    async scan(visit) {
      try {
        const metadata = await parquetMetadataAsync(file);
        const extent = extentOf(metadata, limits);
        await readColumns({ file, metadata, extent, limits }, visit);
        return extent;
      } catch (error) {
        if (error instanceof TrainyardError) throw error;
        throw malformedTable(`the Parquet file cannot be read: ${(error as Error).message}`);
      }
    },
  };
}

interface Reading {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly extent: TableExtent;
  readonly limits: ParquetLimits;
}

function extentOf(metadata: FileMetaData, limits: ParquetLimits): TableExtent {
  const { children } = parquetSchema(metadata);
  const rows = metadata.row_groups.reduce((total, { num_rows }) => total + Number(num_rows), 0);
  checkExtent(rows, children.length, limits);
  for (const { element, children: inner } of children) {
    if (inner.length > 0 || element.repetition_type === "REPEATED") {
      throw invalidTable(`column ${JSON.stringify(element.name)} is nested; a cell is a text, a number, a boolean or a time`);
    }
  }
  const names = children.map(({ element }) => element.name);
  if (names.some((name) => name.trim() !== name || name === "")) {
    throw invalidTable("a column's name is empty, or starts or ends with a space");
  }
  return { rows, names: columnNames(names) };
}

async function readColumns({ file, metadata, extent, limits }: Reading, visit: Visit): Promise<void> {
  const compressors = boundedCompressors(limits.bytes);
  for (const [column, name] of extent.names.entries()) {
    let groupStart = 0;
    for (const { num_rows } of metadata.row_groups) {
      const groupEnd = groupStart + Number(num_rows);
      const parts: { readonly start: number; readonly values: ArrayLike<unknown> }[] = [];
      const onChunk = ({ rowStart, columnData }: { rowStart: number; columnData: ArrayLike<unknown> }): void => {
        parts.push({ start: rowStart, values: columnData });
      };
      const range = { rowStart: groupStart, rowEnd: groupEnd };
      if (groupEnd > groupStart) {
        await parquetRead({ file, metadata, columns: [name], compressors, geoparquet: false, ...range, onChunk });
      }
      for (const { start, values } of parts) visitValues(values, { start, end: groupEnd, column, name, limits }, visit);
      groupStart = groupEnd;
    }
  }
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly column: number;
  readonly name: string;
  readonly limits: ParquetLimits;
}

function visitValues(values: ArrayLike<unknown>, { start, end, column, name, limits }: Part, visit: Visit): void {
  const cells = new ValueCells((index) => `row ${start + index + 1}, column ${column + 1} (${name})`, { typed: true });
  cells.values = values as ArrayLike<CellValue>;
  for (let index = 0; index < values.length && start + index < end; index++) {
    const value = values[index];
    if (!isCellValue(value)) throw invalidTable(`${cells.place(index)}: a cell is a text, a number, a boolean or a time`);
    if (typeof value === "string" && value.length * 3 > limits.cellBytes && Buffer.byteLength(value) > limits.cellBytes) {
      throw overLimit(`${cells.place(index)}: the cell has more bytes`, limits.cellBytes, "CELL_BYTES");
    }
    visit(start + index, column, cells, index);
  }
}

/** Every compression of Parquet, giving no more bytes than a page says that it has, and `limitBytes` in all. */
function boundedCompressors(limitBytes: number): Compressors {
  let unpacked = 0;
  const bounded = (decompress: (input: Uint8Array, length: number) => Uint8Array) => (input: Uint8Array, length: number) => {
    unpacked += length;
    if (!(unpacked <= limitBytes)) throw overLimit("the unpacked file has more bytes", limitBytes, "DATASET_BYTES");
    return length === 0 ? new Uint8Array() : decompress(input, length);
  };
  const { SNAPPY, LZ4, LZ4_RAW } = pureCompressors;
  return {
    ZSTD: bounded((input, length) => zstdDecompressSync(input, { maxOutputLength: length })),
    GZIP: bounded((input, length) => gunzipSync(input, { maxOutputLength: length })),
    BROTLI: bounded((input, length) => brotliDecompressSync(input, { maxOutputLength: length })),
    ...(SNAPPY && { SNAPPY: bounded(SNAPPY) }),
    ...(LZ4 && { LZ4: bounded(LZ4) }),
    ...(LZ4_RAW && { LZ4_RAW: bounded(LZ4_RAW) }),
  };
}
