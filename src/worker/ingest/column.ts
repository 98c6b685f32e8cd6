/** The last pass through a table: reads a column's values as its type says, and collects its statistics. */

import { parseLooseTruth } from "../../domain/datasets/cell-parsing.ts";
import { type ColumnReading, createDateReader, createNumberReader, timeOfCount } from "../../domain/datasets/column-reading.ts";
import type { Column, ColumnType, ColumnValues, OddCells } from "../../domain/datasets/dataset.ts";
import type { MissingCode } from "../../domain/datasets/missing-codes.ts";
import type { TextValues } from "../../domain/datasets/texts.ts";
import { invalid, pointerOf } from "../../domain/errors.ts";
import type { Cells } from "../../formats/tables/table.ts";

/** A cell of the preview: a number, a text, a boolean, or null for a missing value. */
export type PreviewValue = string | number | boolean | null;

export interface FinishedColumn {
  readonly column: Column;
  /** Null for text. */
  readonly values: Exclude<ColumnValues, TextValues> | null;
  /** For text, unless there is too much of it. */
  readonly texts?: TextValues | null;
  /** Labels that were written in several ways, each with all of them, the one that is kept first. */
  readonly spellings?: readonly (readonly string[])[];
  /** Of a column of numbers: what may stand for a missing value. */
  readonly missingCode?: MissingCode;
}

/** Takes the non-empty cells of a column, and returns the column at the end. Rows count from 0. */
export interface ColumnBuilder {
  /** Throws invalid, naming the place, if the cell does not fit a requested type. */
  set(row: number, cells: Cells, index: number): void;
  finish(): FinishedColumn;
}

/** The type of a column, whether the sender chose it, and how its cells are read. */
export interface ColumnPlan {
  readonly name: string;
  readonly type: ColumnType | "label" | "empty";
  readonly chosen: boolean;
  /** Whether a word such as NA that is given as text is a value of the column, and not a missing one. */
  readonly takesWords: boolean;
  readonly reading: ColumnReading;
  /** The number of a cell in a column of numbers or times, NaN if there is none. */
  readonly read: CellReader;
  /** Numbers that mean a missing value, where the column is not written plainly: `isMissing` of its cells compares texts. */
  readonly codes: ReadonlySet<number> | null;
  /** Cells that prevent a column from being numbers or dates; null if there are none. */
  readonly doubt: OddCells | null;
}

/** Reads a cell as a number; NaN if it does not fit. */
export type CellReader = (cells: Cells, index: number) => number;

/** Longest text in a preview and in `top`, in UTF-16 units. */
const SHOWN_LENGTH = 200;

/** A text, cut for display. */
export function shown(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/** The error for a value that does not fit the requested type. */
export function misfit({ name, type }: ColumnPlan, cells: Cells, index: number, what = ""): Error {
  const value = JSON.stringify(shown(cells.text(index)));
  const detail = `${cells.place(index)}: ${value} is not ${ARTICLES[type]}${what}`;
  return invalid([{ pointer: pointerOf(["types", name]), detail }]);
}

const ARTICLES: Readonly<Record<ColumnPlan["type"], string>> = {
  number: "a finite number",
  integer: "a whole number up to 2^53",
  boolean: "true or false",
  datetime: "an ISO 8601 date or date and time",
  category: "a category",
  text: "a text",
  label: "a label",
  empty: "missing",
};

/** How a plainly written cell of a type is read. */
const PLAIN_READERS: Readonly<Record<"number" | "integer" | "datetime", CellReader>> = {
  number: (cells, index) => cells.number(index),
  integer: (cells, index) => {
    const value = cells.number(index);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  },
  datetime: (cells, index) => cells.datetime(index),
};

/** How a cell is read: plainly, as most are, or, if `isGuessed`, as the column's reading says. */
export function createCellReader(type: ColumnPlan["type"], reading: ColumnReading, isGuessed: boolean): CellReader {
  if (type !== "number" && type !== "integer" && type !== "datetime") return () => Number.NaN;
  if (!isGuessed) return PLAIN_READERS[type];
  if (type === "datetime") {
    const readText = createDateReader(reading);
    const format = reading.date_format ?? "ymd";
    return (cells, index) => {
      if (cells.isText(index)) return readText(cells.text(index));
      const at = cells.datetime(index);
      return Number.isNaN(at) ? timeOfCount(cells.number(index), format) : at;
    };
  }
  const readText = createNumberReader(reading);
  return (cells, index) => {
    const value = cells.isText(index) ? readText(cells.text(index)) : cells.number(index);
    return type === "integer" && !Number.isSafeInteger(value) ? Number.NaN : value;
  };
}

/** The label that a cell has. */
export function labelIn(cells: Cells, index: number): string {
  return cells.label?.(index) ?? cells.text(index);
}

/** 1, 0, or -1 when the cell is neither true nor false. More is taken when the type was asked for. */
export function readTruth(cells: Cells, index: number, chosen: boolean): number {
  const strict = cells.truth(index);
  return strict >= 0 || !chosen ? strict : parseLooseTruth(cells.text(index));
}
