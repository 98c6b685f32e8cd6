/** Whether the rows of a window differ from the training rows: the population stability index of each column, and a test of it. Pure. */
import { testHomogeneity } from "./chi-square.ts";
import type { Layout, MonitoredColumn } from "./layout.ts";

/** Minimum rows of a window. A change that begins within one window is fully in the next, and so within twice as many rows. */
export const WINDOW_ROWS = 500;
/**
 * Maximum probability that a window of unchanged, independent rows raises any alert, divided among its tests (Bonferroni). Far below what
 * is promised, because with few rows in a cell the tail of chi-square is too thin.
 */
const FALSE_ALERTS = 0.0001;
/** The index from which a difference matters: 0.1 is commonly called a moderate change, 0.25 a large one. */
const MIN_PSI = 0.1;
/** Replaces the rows of an empty bin, whose logarithm would be infinite. */
const EMPTY_BIN_ROWS = 0.5;

/** How a column of a window compares with training. */
export interface ColumnDrift {
  readonly psi: number;
  /** Of the test that both have one distribution; 1 if there are too few rows to tell. */
  readonly p: number;
}

/** The results of a window, in the order of the layout: inputs, then answers. */
export interface WindowVerdict {
  readonly columns: readonly ColumnDrift[];
  /** Names of the columns that differ. */
  readonly drifted: readonly string[];
}

/**
 * The population stability index, Σ (q - p) ln(q / p) over shares p of the reference and q of the window; 0 if they are equal. A bin that
 * is empty on one side counts as half a row there; one that is empty on both adds nothing.
 *
 * @internal Exported for tests.
 */
export function stabilityIndex(reference: ArrayLike<number>, counts: ArrayLike<number>): number {
  const of = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0);
  const [all, rows] = [of(reference), of(counts)];
  if (all === 0 || rows === 0) return 0;
  let index = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const [before, now] = [reference[bin] as number, counts[bin] as number];
    if (before === 0 && now === 0) continue;
    const p = (before || EMPTY_BIN_ROWS) / all;
    const q = (now || EMPTY_BIN_ROWS) / rows;
    index += (q - p) * Math.log(q / p);
  }
  return index;
}

/** The bins of a column in the counts of a window. */
export function binsOf({ offset, bins }: MonitoredColumn, counts: Float64Array): Float64Array {
  return counts.subarray(offset, offset + bins);
}

/**
 * Compares a window with the reference. A column has drifted if its index is at least MIN_PSI and chance alone makes such a difference in
 * fewer than FALSE_ALERTS of windows, whatever the number of columns.
 */
export function judgeWindow({ inputs, answers }: Layout, counts: Float64Array): WindowVerdict {
  const all = [...inputs, ...answers];
  const tests = all.filter(({ tested }) => tested).length;
  const drifted: string[] = [];
  const columns = all.map((column) => {
    const bins = binsOf(column, counts);
    const psi = stabilityIndex(column.reference, bins);
    const { p } = testHomogeneity(column.reference, bins);
    if (column.tested && psi >= MIN_PSI && p * tests < FALSE_ALERTS) drifted.push(keyOf(column));
    return { psi, p };
  });
  return { columns, drifted };
}

/** The name of a column where inputs and answers are named together: an answer may have the name of a column. */
export function keyOf({ name, role }: Pick<MonitoredColumn, "name" | "role">): string {
  return role === "answer" ? `answer: ${name}` : name;
}
