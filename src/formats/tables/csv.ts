/** Tables in CSV: the names of the columns, and the cells of every record. */

import { parseDatetime, parseTruth } from "../../domain/datasets/cell-parsing.ts";
import { asciiOf, dropSpaces, isMissingBytes, kindOfBytes, readNumber, skipSpaces } from "./byte-literals.ts";
import { type CsvRecord, createCsvScanner, QUOTING } from "./csv-scanner.ts";
import { bytesFrom, type CsvStart, guessHeader, type HeaderGuess, isComment, readCsvStart } from "./csv-start.ts";
import { type ByteChunks, type Cells, checkExtent, columnNames, invalidTable, type Table, type TableLimits } from "./table.ts";

export interface CsvOptions {
  /** One ASCII character. Inferred when left out. */
  readonly delimiter?: string | undefined;
  readonly header: "true" | "false" | "auto";
  /** Lines to skip at the beginning. A title above the names is detected when left out. */
  readonly skipLines?: number | undefined;
}

/** Maximum skipped lines that are named. */
const SHOWN_LINES = 10;

/** A table in CSV. Its first record determines the number of columns; `header` says whether it has names. */
export function createCsvTable(chunks: ByteChunks, options: CsvOptions, limits: TableLimits): Table {
  let known: { readonly start: CsvStart; readonly header: HeaderGuess } | null = null;
  return {
    async scan(visit) {
      known ??= await readStart(chunks, options, limits);
      const { start, header } = known;
      const { delimiter, firstLine } = start;
      const cells = new CsvCells();
      const skippedLines = [...start.skippedLines];
      let skipped = skippedLines.length;
      let names: string[] | null = null;
      let rows = 0;
      let isFirstUnnamed = false;
      const onRecord = (record: CsvRecord): void => {
        cells.record = record;
        if (!names) {
          checkExtent(0, record.count, limits, `line ${record.line}`);
          const given = header.isHeader ? cells.texts() : Array.from({ length: record.count }, () => "");
          names = columnNames(given);
          cells.names = names;
          isFirstUnnamed = header.isHeader && given[0]?.trim() === "";
          if (header.isHeader) return;
        }
        if (record.count !== names.length) {
          if (!isComment(record, names.length)) throw ragged(record, names.length);
          if (skipped++ < SHOWN_LINES) skippedLines.push(record.line);
          return;
        }
        for (let column = 0; column < record.count; column++) visit(rows, column, cells, column);
        rows++;
        if (rows > limits.rows) checkExtent(rows, record.count, limits, `line ${record.line}`);
      };
      const scanner = createCsvScanner({ delimiter, maxCellBytes: limits.cellBytes, firstLine, onRecord });
      for await (const chunk of bytesFrom(chunks, start.offset)) scanner.push(chunk);
      scanner.end();
      const csv = {
        ...{ delimiter: String.fromCharCode(delimiter), hasHeader: header.isHeader, headerDoubt: header.doubt },
        ...{ isFirstUnnamed, skippedLines, skipped, namesLine: firstLine },
        ...{ askedLines: start.askedLines, titleLines: start.titleLines },
      };
      return { rows, names: names ?? [], csv };
    },
  };
}

async function readStart(chunks: ByteChunks, { delimiter, header, skipLines }: CsvOptions, { cellBytes }: TableLimits) {
  const start = await readCsvStart(chunks, {
    delimiter: delimiter === undefined ? null : delimiter.charCodeAt(0),
    skipLines: skipLines ?? null,
    mayHaveTitles: header === "auto",
    maxCellBytes: cellBytes,
  });
  const guess = header === "auto" ? guessHeader(start.sample) : { isHeader: header === "true", doubt: null };
  return { start, header: guess };
}

function ragged({ line, count }: CsvRecord, width: number): Error {
  const where = count < width ? `column ${count + 1} is missing` : `column ${width + 1} is one too many`;
  return invalidTable(`line ${line}: ${where}: the row has ${count} cells, but the table has ${width} columns`);
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
