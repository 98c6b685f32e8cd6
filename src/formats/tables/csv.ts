/** Tables in CSV: which delimiter, whether there is a header, and the cells of every record. */

import { parseDatetime, parseTruth } from "../../domain/datasets/cell-parsing.ts";
import { asciiOf, dropSpaces, isMissingBytes, kindOfBytes, readNumber, skipSpaces } from "./byte-literals.ts";
import { type CsvRecord, createCsvScanner, QUOTING } from "./csv-scanner.ts";
import { type ByteChunks, type Cells, checkExtent, columnNames, invalidTable, type Table, type TableLimits } from "./table.ts";

/** In the order in which they win a tie. */
const DELIMITERS = [",", ";", "\t", "|"] as const;
/** Bytes and records at the beginning that decide on the delimiter. */
const SAMPLE_BYTES = 64 * 1024;
const SAMPLE_RECORDS = 50;

export interface CsvOptions {
  /** One character of ASCII. Found out when it is left out. */
  readonly delimiter?: string | undefined;
  readonly header: "true" | "false" | "auto";
}

/** A table in CSV. Its first record decides on the number of columns; whether it has names is up to `header`. */
export function createCsvTable(chunks: ByteChunks, options: CsvOptions, limits: TableLimits): Table {
  let delimiter = options.delimiter === undefined ? null : options.delimiter.charCodeAt(0);
  return {
    async scan(visit) {
      delimiter ??= await sniffDelimiter(chunks, limits.cellBytes);
      const cells = new CsvCells();
      let names: string[] | null = null;
      let rows = 0;
      let hasHeader = false;
      let isFirstUnnamed = false;
      const onRecord = (record: CsvRecord): void => {
        cells.record = record;
        if (!names) {
          checkExtent(0, record.count, limits, `line ${record.line}`);
          const isHeader = options.header === "true" || (options.header === "auto" && looksLikeHeader(cells));
          names = isHeader ? columnNames(cells.texts()) : columnNames(Array.from({ length: record.count }, () => ""));
          cells.names = names;
          hasHeader = isHeader;
          isFirstUnnamed = isHeader && cells.text(0).trim() === "";
          if (isHeader) return;
        }
        if (record.count !== names.length) throw ragged(record, names.length);
        for (let column = 0; column < record.count; column++) visit(rows, column, cells, column);
        rows++;
        if (rows > limits.rows) checkExtent(rows, record.count, limits, `line ${record.line}`);
      };
      const scanner = createCsvScanner({ delimiter, maxCellBytes: limits.cellBytes, onRecord });
      for await (const chunk of chunks()) scanner.push(chunk);
      scanner.end();
      const csv = {
        ...{ delimiter: String.fromCharCode(delimiter), hasHeader, headerDoubt: null, isFirstUnnamed },
        ...{ skippedLines: [], skipped: 0 },
      };
      return { rows, names: names ?? [], csv };
    },
  };
}

function ragged({ line, count }: CsvRecord, width: number): Error {
  const where = count < width ? `column ${count + 1} is missing` : `column ${width + 1} is one too many`;
  return invalidTable(`line ${line}: ${where}: the row has ${count} cells, and the table ${width} columns`);
}

/** Names: no cell is a number, a date or a truth, some cell is not empty, and no two are equal. */
function looksLikeHeader(cells: CsvCells): boolean {
  const texts = cells.texts();
  const isName = (text: string, index: number): boolean =>
    text.trim() === "" || (cells.kind(index) === "none" && Number.isNaN(cells.datetime(index)) && cells.truth(index) < 0);
  const given = texts.filter((text) => text.trim() !== "");
  return given.length > 0 && new Set(given).size === given.length && texts.every(isName);
}

/** The cells of one record after the other; the index of a cell is its column. */
class CsvCells implements Cells {
  readonly untyped = true;
  record!: CsvRecord;
  names: readonly string[] = [];

  isMissing(index: number): boolean {
    const { bytes, starts, ends, quoting } = this.record;
    const start = starts[index] as number;
    const end = ends[index] as number;
    return quoting[index] === QUOTING.plain ? isMissingBytes(bytes, start, end) : skipSpaces(bytes, start, end) === end;
  }

  isMissingWord(index: number): boolean {
    const { bytes, starts, ends, quoting } = this.record;
    return quoting[index] !== QUOTING.plain && isMissingBytes(bytes, starts[index] as number, ends[index] as number);
  }

  kind(index: number) {
    const { bytes, starts, ends } = this.record;
    return kindOfBytes(bytes, starts[index] as number, ends[index] as number);
  }

  number(index: number): number {
    const { bytes, starts, ends } = this.record;
    return readNumber(bytes, starts[index] as number, ends[index] as number);
  }

  datetime(index: number): number {
    const { bytes, starts, ends } = this.record;
    const start = starts[index] as number;
    const end = ends[index] as number;
    const long = end - start >= SHORTEST_DATE;
    return long ? parseDatetime(asciiOf(bytes, start, end)) : Number.NaN;
  }

  truth(index: number): number {
    const { bytes, starts, ends } = this.record;
    const start = starts[index] as number;
    const end = ends[index] as number;
    return end - start < SHORTEST_TRUTH ? -1 : parseTruth(asciiOf(bytes, start, end));
  }

  text(index: number): string {
    const { bytes, starts, ends, quoting } = this.record;
    const start = starts[index] as number;
    const end = ends[index] as number;
    if (quoting[index] === QUOTING.plain) {
      const from = skipSpaces(bytes, start, end);
      return bytes.toString("utf8", from, dropSpaces(bytes, from, end));
    }
    const text = bytes.toString("utf8", start, end);
    return quoting[index] === QUOTING.doubled ? text.replaceAll('""', '"') : text;
  }

  texts(): string[] {
    return Array.from({ length: this.record.count }, (_, index) => this.text(index));
  }

  isText(): boolean {
    return true;
  }

  line(): number {
    return this.record.line;
  }

  place(index: number): string {
    return `line ${this.record.line}, column ${index + 1} (${this.names[index]})`;
  }
}

const SHORTEST_DATE = "2000-01-01".length;
const SHORTEST_TRUTH = "true".length;

/**
 * The delimiter that gives the first records the same number of cells, and the most of them. A comma when none divides them:
 * the table then has one column, or says itself where it is ragged.
 */
export async function sniffDelimiter(chunks: ByteChunks, maxCellBytes: number): Promise<number> {
  const sample = await firstBytes(chunks, SAMPLE_BYTES);
  let best = { delimiter: DELIMITERS[0] as string, width: 1 };
  for (const delimiter of DELIMITERS) {
    const width = commonWidth(sample, delimiter, maxCellBytes);
    if (width > best.width) best = { delimiter, width };
  }
  return best.delimiter.charCodeAt(0);
}

/** Cells in each of the first records, or 0 when that differs or they cannot be read so. */
function commonWidth(sample: Uint8Array, delimiter: string, maxCellBytes: number): number {
  const widths: number[] = [];
  const onRecord = ({ count }: CsvRecord): void => void widths.push(count);
  try {
    createCsvScanner({ delimiter: delimiter.charCodeAt(0), maxCellBytes, onRecord }).push(sample);
  } catch {
    // Not to be read with this delimiter, or broken: then the real reading says so.
  }
  const first = widths.slice(0, SAMPLE_RECORDS);
  return first.every((width) => width === first[0]) ? (first[0] ?? 0) : 0;
}

/** The first bytes with a line end after them, so that the only record of a short file counts too. */
async function firstBytes(chunks: ByteChunks, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks()) {
    parts.push(chunk.slice(0, count - length));
    length += chunk.length;
    if (length >= count) return Buffer.concat(parts);
  }
  return Buffer.concat([...parts, Buffer.from("\n\n")]);
}
