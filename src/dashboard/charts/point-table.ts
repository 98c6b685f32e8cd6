/** Points of curves as columns of numbers, ascending by epoch. Pure: every function returns a new table. */
import type { WireColumns } from "../../domain/metrics/metric.ts";

/** One row an epoch; an epoch that lacks a column is NaN there. */
export interface PointTable {
  readonly epochs: Float64Array;
  readonly columns: Readonly<Record<string, Float64Array>>;
}

export const NO_POINTS: PointTable = { epochs: new Float64Array(0), columns: {} };

/** Converts columns as the API sends them to numbers. */
export function fromWire({ epochs, series }: WireColumns): PointTable {
  const columns: Record<string, Float64Array> = {};
  for (const [name, values] of Object.entries(series)) {
    // A loop: Float64Array.from with a function takes ten times as long, and this runs for every epoch that comes in.
    const column = new Float64Array(values.length);
    for (let row = 0; row < column.length; row++) column[row] = Number(values[row]);
    columns[name] = column;
  }
  return { epochs: Float64Array.from(epochs), columns };
}

/** Returns the rows at ascending positions. */
function pick({ epochs, columns }: PointTable, rows: ArrayLike<number>): PointTable {
  const pickFrom = (column: Float64Array) => {
    const picked = new Float64Array(rows.length);
    for (let index = 0; index < rows.length; index++) picked[index] = column[rows[index] as number] as number;
    return picked;
  };
  return { epochs: pickFrom(epochs), columns: mapColumns(columns, pickFrom) };
}

/** Returns the rows of epochs `from`..`to`, without copying them. */
export function between({ epochs, columns }: PointTable, from: number, to: number): PointTable {
  const start = firstAtLeast(epochs, from);
  const end = firstAtLeast(epochs, to + 1);
  if (start === 0 && end === epochs.length) return { epochs, columns };
  return { epochs: epochs.subarray(start, end), columns: mapColumns(columns, (column) => column.subarray(start, end)) };
}

/** Concatenates tables; every epoch of one must be greater than those of the table before. */
export function join(tables: readonly PointTable[]): PointTable {
  const filled = tables.filter(({ epochs }) => epochs.length > 0);
  if (filled.length <= 1) return filled[0] ?? NO_POINTS;
  const length = filled.reduce((sum, { epochs }) => sum + epochs.length, 0);
  const names = new Set(filled.flatMap(({ columns }) => Object.keys(columns)));
  const merge = (columnOf: (table: PointTable) => Float64Array | undefined) => {
    const merged = new Float64Array(length).fill(Number.NaN);
    let at = 0;
    for (const table of filled) {
      const column = columnOf(table);
      if (column) merged.set(column, at);
      at += table.epochs.length;
    }
    return merged;
  };
  const columns = Object.fromEntries([...names].map((name) => [name, merge((table) => table.columns[name])]));
  return { epochs: merge(({ epochs }) => epochs), columns };
}

/**
 * Keeps, of each bucket of `stride` epochs, the rows with the minimum and the maximum of any column, and the first and the last
 * row of all: a line through them covers the pixels of a line through every row (min/max decimation).
 */
export function thin(table: PointTable, stride: number): PointTable {
  const { epochs } = table;
  if (stride <= 1 || epochs.length <= 2) return table;
  const columns = Object.values(table.columns);
  const kept: number[] = [0];
  const chosen = new Set<number>();
  for (let start = 0; start < epochs.length; ) {
    const bucket = Math.floor(((epochs[start] as number) - 1) / stride);
    let end = start;
    while (end < epochs.length && Math.floor(((epochs[end] as number) - 1) / stride) === bucket) end++;
    chosen.clear();
    for (const column of columns) addExtremes(chosen, column, start, end);
    // A bucket without a single number keeps its end, so that the gap shows.
    if (chosen.size === 0) chosen.add(end - 1);
    for (const row of [...chosen].sort((a, b) => a - b)) if (row > (kept.at(-1) as number)) kept.push(row);
    start = end;
  }
  if (kept.at(-1) !== epochs.length - 1) kept.push(epochs.length - 1);
  return pick(table, kept);
}

function addExtremes(chosen: Set<number>, column: Float64Array, start: number, end: number): void {
  let least = -1;
  let greatest = -1;
  for (let row = start; row < end; row++) {
    const value = column[row] as number;
    if (!Number.isFinite(value)) continue;
    if (least < 0 || value < (column[least] as number)) least = row;
    if (greatest < 0 || value > (column[greatest] as number)) greatest = row;
  }
  if (least >= 0) chosen.add(least).add(greatest);
}

/** Returns the position of the first value that is not below a bound, by bisection. */
export function firstAtLeast(ascending: Float64Array, bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mapColumns(
  columns: PointTable["columns"],
  map: (column: Float64Array) => Float64Array,
): Readonly<Record<string, Float64Array>> {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, map(column)]));
}
