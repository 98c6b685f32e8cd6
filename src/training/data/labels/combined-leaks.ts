/**
 * Columns that together predict a target of numbers almost perfectly: the parts of a sum, a product or a ratio of two, or two times of which
 * it is the distance. Looks at some of the rows, and knows numbers alone.
 */
import { solveRidge } from "../../evaluate/ridge.ts";

/** Columns that are looked at, and rows of them. */
const MAX_COLUMNS = 40;
const MAX_SAMPLE = 500;
/** Rows for each column: with fewer, a sum of columns may predict anything by chance. */
const ROWS_A_COLUMN = 4;
const MIN_SAMPLE = 50;
/** The share of the target's variance that a combination explains. */
const EXPLAINED = 0.9999;
/** A part whose spread in the sum is below this share of the target's does not count. */
const MIN_PART = 0.01;
/** The penalty of a coefficient, of columns of spread 1: so small that times which differ by hours within years still count. */
const PENALTY = 1e-9;

/** A column of numbers. */
export interface NumberColumn {
  readonly name: string;
  readonly values: ArrayLike<number>;
}

/** What columns give together, and how. */
export interface Combination {
  readonly names: readonly string[];
  readonly how: "sum or difference" | "product" | "ratio";
  /** The share of the target's variance that it explains. */
  readonly explained: number;
}

/** The columns that together are the target; null where none are. Rows with a missing value in any of them are left out. */
export function findCombination(columns: readonly NumberColumn[], target: ArrayLike<number>): Combination | null {
  const chosen = columns.slice(0, MAX_COLUMNS);
  const rows = sampleOf(chosen, target);
  if (rows.length < MIN_SAMPLE) return null;
  const y = standardised(rows, target);
  const parts = chosen.flatMap(({ name, values }) => {
    const x = standardised(rows, values);
    return x && y ? [{ name, values, x }] : [];
  });
  if (!y || parts.length < 2) return null;
  return sumOf(parts, y) ?? pairOf(parts, rows, y);
}

interface Part extends NumberColumn {
  /** Of the sample, with mean 0 and spread 1. */
  readonly x: Float64Array;
}

function sumOf(parts: readonly Part[], y: Float64Array): Combination | null {
  const width = parts.length;
  if (y.length < width * ROWS_A_COLUMN) return null;
  const x = new Float64Array(y.length * width);
  parts.forEach((part, column) => {
    part.x.forEach((value, row) => {
      x[row * width + column] = value;
    });
  });
  const penalties = new Float64Array(width).fill(PENALTY * y.length);
  const [solution] = solveRidge({ rows: y.length, width, x, targets: [y], penalties });
  const of = (row: number) => parts.reduce((sum, part, column) => sum + (solution?.[column] ?? 0) * (part.x[row] as number), 0);
  const error = y.reduce((sum, value, row) => sum + (value - of(row)) ** 2, 0);
  const explained = 1 - error / y.length;
  const named = parts.filter((_, column) => Math.abs(solution?.[column] ?? 0) >= MIN_PART).map(({ name }) => name);
  return explained >= EXPLAINED && named.length > 1 ? { names: named, how: "sum or difference", explained } : null;
}

function pairOf(parts: readonly Part[], rows: readonly number[], y: Float64Array): Combination | null {
  for (const [place, one] of parts.entries()) {
    for (const other of parts.slice(place + 1)) {
      const [a, b] = [one.values, other.values];
      const at = (of: (row: number) => number) => explainedBy(rows.map(of), y);
      const product = at((row) => (a[row] as number) * (b[row] as number));
      const ratios = [
        at((row) => (a[row] as number) / (b[row] as number)),
        at((row) => (b[row] as number) / (a[row] as number)),
      ];
      const ratio = Math.max(...ratios);
      const names = [one.name, other.name];
      if (product >= EXPLAINED) return { names, how: "product", explained: product };
      if (ratio >= EXPLAINED) return { names, how: "ratio", explained: ratio };
    }
  }
  return null;
}

/** R² of a straight line; 0 if a value is not finite or all are equal. */
function explainedBy(values: readonly number[], y: Float64Array): number {
  const x = standardised(
    values.map((_, place) => place),
    values,
  );
  if (!x) return 0;
  const correlation = x.reduce((sum, value, row) => sum + value * (y[row] as number), 0) / y.length;
  return correlation * correlation;
}

/** Rows, evenly over the table, in which all columns and the target have a value. */
function sampleOf(columns: readonly NumberColumn[], target: ArrayLike<number>): number[] {
  const rows: number[] = [];
  const isWhole = (row: number) =>
    Number.isFinite(target[row]) && columns.every(({ values }) => Number.isFinite(values[row] as number));
  for (let row = 0; row < target.length; row++) if (isWhole(row)) rows.push(row);
  const step = Math.max(1, Math.floor(rows.length / MAX_SAMPLE));
  return rows.filter((_, place) => place % step === 0).slice(0, MAX_SAMPLE);
}

/** The values at these rows with mean 0 and spread 1; null if they do not differ, or one is not finite. */
function standardised(rows: readonly number[], values: ArrayLike<number>): Float64Array | null {
  const own = Float64Array.from(rows, (row) => values[row] as number);
  const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
  const spread = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length);
  return spread > 0 && Number.isFinite(spread) ? own.map((value) => (value - mean) / spread) : null;
}
