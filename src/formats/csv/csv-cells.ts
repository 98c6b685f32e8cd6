/** The cells of a record of CSV. */
import { parseDatetime, parseTruth } from "../../domain/datasets/cell-parsing.ts";
import { asciiOf, dropSpaces, isMissingBytes, kindOfBytes, readNumber, skipSpaces } from "../tables/byte-literals.ts";
import type { Cells } from "../tables/table.ts";
import { type CsvRecord, QUOTING } from "./csv-scanner.ts";
import { PADDED_NUMBER } from "./sheet-numbers.ts";

/** The cells of one record after the other; the index of a cell is its column. */
export class CsvCells implements Cells {
  readonly untyped = true;
  record!: CsvRecord;
  names: readonly string[] = [];
  readonly isSheet: boolean;

  /** `isSheet`: the CSV is a sheet of a workbook, as workbook.ts writes it. */
  constructor(isSheet = false) {
    this.isSheet = isSheet;
  }

  isMissing(index: number): boolean {
    const { bytes, starts, ends, quoting } = this.record;
    const start = starts[index] as number;
    const end = ends[index] as number;
    return quoting[index] === QUOTING.plain ? isMissingBytes(bytes, start, end, true) : skipSpaces(bytes, start, end) === end;
  }

  /** Whether no cell from an index on has anything in it. */
  isEmptyFrom(first: number): boolean {
    const { bytes, starts, ends, count } = this.record;
    for (let index = first; index < count; index++) {
      const end = ends[index] as number;
      if (skipSpaces(bytes, starts[index] as number, end) !== end) return false;
    }
    return true;
  }

  isMissingWord(index: number): boolean {
    const { bytes, starts, ends } = this.record;
    return isMissingBytes(bytes, starts[index] as number, ends[index] as number, false);
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

  /** Of a sheet, a number without the zero that keeps 1.234 from being a thousand; a text is in quotes there. */
  label(index: number): string {
    const text = this.text(index);
    return this.isSheet && this.record.quoting[index] === QUOTING.plain && PADDED_NUMBER.test(text) ? text.slice(0, -1) : text;
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
