/** Cells that are already JavaScript values, as in JSON and Parquet. A text there is a text: it is not read as a number. */
import { parseDatetime, parseNumber, parseTruth } from "../../domain/datasets/cell-parsing.ts";
import { isMissingText } from "../../domain/datasets/missing-words.ts";
import type { Cells, NumericKind } from "./table.ts";

/** The value of a cell. */
export type CellValue = string | number | bigint | boolean | null | undefined;

/** Cells over an array of values; `place` returns the place of one. */
export class ValueCells implements Cells {
  values: ArrayLike<CellValue> = [];
  readonly untyped = false;
  readonly #place: (index: number) => string;
  readonly #isTime: boolean;
  readonly #line: () => number | null;

  /** `isTime`: numbers are milliseconds since 1970. `line` returns the line of the file that the row is on, in a format with lines. */
  constructor(place: (index: number) => string, { isTime = false, line = (): number | null => null } = {}) {
    this.#place = place;
    this.#isTime = isTime;
    this.#line = line;
  }

  isMissing(index: number): boolean {
    const value = this.values[index];
    if (value === null || value === undefined) return true;
    if (typeof value === "string") return value.trim() === "";
    return typeof value === "number" && Number.isNaN(value);
  }

  isMissingWord(index: number): boolean {
    const value = this.values[index];
    return typeof value === "string" && isMissingText(value);
  }

  kind(index: number): NumericKind {
    const value = this.values[index];
    if (this.#isTime || (typeof value !== "number" && typeof value !== "bigint")) return "none";
    const number = Number(value);
    if (!Number.isFinite(number)) return "none";
    if (Number.isSafeInteger(number)) return "integer";
    return typeof value === "bigint" ? "big" : "number";
  }

  number(index: number): number {
    const value = this.values[index];
    if (typeof value === "string") return parseNumber(value);
    const number = typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
    return Number.isFinite(number) ? number : Number.NaN;
  }

  datetime(index: number): number {
    const value = this.values[index];
    if (this.#isTime && typeof value === "number") return value;
    return typeof value === "string" ? parseDatetime(value) : Number.NaN;
  }

  truth(index: number): number {
    const value = this.values[index];
    if (typeof value === "boolean") return value ? 1 : 0;
    return typeof value === "string" ? parseTruth(value) : -1;
  }

  text(index: number): string {
    const value = this.values[index];
    return this.#isTime && typeof value === "number" ? new Date(value).toISOString() : String(value);
  }

  isText(index: number): boolean {
    return typeof this.values[index] === "string";
  }

  place(index: number): string {
    return this.#place(index);
  }

  line(): number | null {
    return this.#line();
  }
}

/** Cells that are all numbers, with the same results as `ValueCells`. */
export class NumberCells implements Cells {
  readonly numbers: number[] = [];
  readonly untyped = false;
  readonly #place: (index: number) => string;
  readonly #line: () => number | null;

  constructor(place: (index: number) => string, line: () => number | null) {
    this.#place = place;
    this.#line = line;
  }

  isMissing(): boolean {
    return false;
  }

  isMissingWord(): boolean {
    return false;
  }

  kind(index: number): NumericKind {
    const number = this.numbers[index] as number;
    if (Number.isSafeInteger(number)) return "integer";
    return Number.isFinite(number) ? "number" : "none";
  }

  number(index: number): number {
    const number = this.numbers[index] as number;
    return Number.isFinite(number) ? number : Number.NaN;
  }

  datetime(): number {
    return Number.NaN;
  }

  truth(): number {
    return -1;
  }

  text(index: number): string {
    return String(this.numbers[index]);
  }

  isText(): boolean {
    return false;
  }

  place(index: number): string {
    return this.#place(index);
  }

  line(): number | null {
    return this.#line();
  }
}

/** Whether a value of a JSON or Parquet file can be a cell. */
export function isCellValue(value: unknown): value is CellValue {
  return typeof value !== "object" || value === null;
}
