/**
 * Odd rows of a prediction: values far outside of the training range, and labels that the model has not seen. Such rows are predicted, and
 * the answer has notes on them.
 */
import type { EncodedColumn, Preprocessing } from "../datasets/preprocessing.ts";
import type { Note, NoteCode } from "../notes.ts";
import type { Model } from "./model.ts";

/** The odd values of one column. */
export interface Remark {
  /** The column's index among the model's. */
  readonly column: number;
  /** Rows whose value is odd. */
  readonly count: number;
  /** The first of them: rows of a request, counted from 0, or lines of a stream, counted from 1. */
  readonly places: readonly number[];
  /** The first odd value as it was sent. */
  readonly value: string;
}

/** Maximum places in a remark. */
const MAX_PLACES = 5;
/** Longest value in a note, in UTF-16 units. */
const SHOWN_LENGTH = 50;

/** The bounds between which a column's values are usual; a value outside is odd. NaN, a missing value, never is. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * The bounds of a fitted column, for values from its reader. A number may lie outside the range of the training rows by as much as that
 * range is wide. For labels, only -1 is odd: an unknown label. A model without a stored range has no bounds.
 */
export function boundsOf(column: EncodedColumn): Bounds {
  if (column.kind === "category") return { low: 0, high: Number.POSITIVE_INFINITY };
  if (column.kind === "text" || !column.range) return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const { min, max } = column.range;
  const width = max - min;
  return { low: min - width, high: max + width };
}

/** Collects remarks on many rows. */
export interface RemarkCollector {
  /** One odd value. */
  add(column: number, place: number, raw: unknown): void;
  /** Remarks that were collected elsewhere, on rows after all rows so far. */
  addAll(remarks: readonly Remark[]): void;
  /** Returns the remarks, in the order of the columns, and starts again. */
  take(): readonly Remark[];
}

const NONE: readonly Remark[] = [];

/** Creates an empty collector. It costs nothing if nothing is odd. */
export function createRemarkCollector(): RemarkCollector {
  let byColumn: Map<number, Remark & { count: number; readonly places: number[] }> | null = null;
  const remarkOn = (column: number, value: () => string) => {
    byColumn ??= new Map();
    let remark = byColumn.get(column);
    if (!remark) {
      remark = { column, count: 0, places: [], value: value() };
      byColumn.set(column, remark);
    }
    return remark;
  };
  return {
    add(column, place, raw) {
      const remark = remarkOn(column, () => String(raw).slice(0, SHOWN_LENGTH));
      remark.count++;
      if (remark.places.length < MAX_PLACES) remark.places.push(place);
    },
    addAll(remarks) {
      for (const { column, count, places, value } of remarks) {
        const remark = remarkOn(column, () => value);
        remark.count += count;
        remark.places.push(...places.slice(0, MAX_PLACES - remark.places.length));
      }
    },
    take() {
      if (!byColumn) return NONE;
      const remarks = [...byColumn.values()].sort((a, b) => a.column - b.column);
      byColumn = null;
      return remarks;
    },
  };
}

/** Remarks with their places counted in another way. */
export function placedBy(remarks: readonly Remark[], placeOf: (place: number) => number): readonly Remark[] {
  return remarks.length === 0 ? remarks : remarks.map((remark) => ({ ...remark, places: remark.places.map(placeOf) }));
}

/** How places are counted: rows of a request from 0, or lines of a stream from 1. */
export type PlaceUnit = "row" | "line";

/** The notes of remarks on the rows of a request; none for a model without columns. */
export function rowNotes({ preprocessing }: Pick<Model, "preprocessing">, remarks: readonly Remark[], rows: number): Note[] {
  return preprocessing && remarks.length > 0 ? remarkNotes(preprocessing, remarks, rows, "row") : [];
}

/** The notes of remarks on `rows` rows. */
export function remarkNotes(
  { columns }: Pick<Preprocessing, "columns">,
  remarks: readonly Remark[],
  rows: number,
  unit: PlaceUnit,
): Note[] {
  return remarks.flatMap((remark) => {
    const column = columns[remark.column];
    return column ? [noteOf(column, remark, rows, unit)] : [];
  });
}

function noteOf(column: EncodedColumn, { count, places, value }: Remark, rows: number, unit: PlaceUnit): Note {
  const name = column.column;
  const share = `${count} of ${rows} rows (${percent(count / rows)} %)`;
  const more = count > places.length ? ", …" : "";
  const where = `${unit}${count === 1 ? "" : "s"} ${places.join(", ")}${more}`;
  const [code, what, cure] =
    column.kind === "category"
      ? ([
          "unseen_category",
          `a value of ${name} that no training row had, which counts as other`,
          "check how it is written, or train again with rows that have it",
        ] as const)
      : ([
          "value_outside_training",
          `a value of ${name} far outside the range of the training rows, which is ${rangeText(column)}`,
          "check its unit; if it is right, the prediction is a guess outside what the model learned, however certain it looks",
        ] as const);
  const line = unit === "line" ? (places[0] ?? null) : null;
  return { code: code satisfies NoteCode, column: name, line, detail: `${share} have ${what}: ${value} (${where})`, cure };
}

function rangeText(column: Exclude<EncodedColumn, { kind: "category" }>): string {
  const { min, max } = ("range" in column && column.range) || { min: Number.NaN, max: Number.NaN };
  const text = (value: number) => (column.kind === "datetime" ? new Date(value).toISOString() : String(value));
  return min === max ? `always ${text(min)}` : `${text(min)} to ${text(max)}`;
}

/** A percentage for people: two digits, and never 0 for something that happened. */
function percent(share: number): string {
  const rounded = Number((100 * share).toPrecision(2));
  return String(Math.min(rounded, share < 1 ? 99.9 : 100));
}
