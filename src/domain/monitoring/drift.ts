/** Whether the rows of a window differ from those of training: the population stability index of each column, and a test of it. Pure. */
import { testHomogeneity } from "./chi-square.ts";
import type { Layout, MonitoredColumn } from "./layout.ts";

/** Rows of a window at least. A change that begins within one is seen whole by the next, and so within twice as many rows. */
export const WINDOW_ROWS = 500;
/** The probability that a window of unchanged, independent rows raises any alert, at most: shared out among its tests (Bonferroni). Far below what is promised: with few rows in a cell the tail of chi-square is too thin. */
const FALSE_ALERTS = 0.0001;
/** The index from which a difference matters: 0.1 is commonly called a moderate change, 0.25 a large one. */
const LEAST_PSI = 0.1;
/** Stands in for the rows of an empty bin, whose logarithm would be infinite. */
const EMPTY_BIN_ROWS = 0.5;

/** How a column of a window compares with training. */
export interface ColumnDrift {
  readonly psi: number;
  /** Of the test that both are of one distribution; 1 where there are too few rows to tell. */
  readonly p: number;
}

/** What was found of a window, in the order of the layout: inputs, then answers. */
export interface WindowVerdict {
  readonly columns: readonly ColumnDrift[];
  /** Names of the columns that differ. */
  readonly drifted: readonly string[];
}

/**
 * The population stability index, Σ (q - p) ln(q / p) over shares p of the reference and q of the window; 0 where they are alike. A bin that is
 * empty on one side counts as half a row there; one that is empty on both adds nothing.
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
 * Compares a window with the reference. A column has drifted where its index is at least LEAST_PSI and chance alone makes such a difference
 * in fewer than FALSE_ALERTS of windows, whatever the number of columns.
 */
export function judgeWindow({ inputs, answers }: Layout, counts: Float64Array): WindowVerdict {
  const all = [...inputs, ...answers];
  const tests = all.filter(({ tested }) => tested).length;
  const drifted: string[] = [];
  const columns = all.map((column) => {
    const bins = binsOf(column, counts);
    const psi = stabilityIndex(column.reference, bins);
    const { p } = testHomogeneity(column.reference, bins);
    if (column.tested && psi >= LEAST_PSI && p * tests < FALSE_ALERTS) drifted.push(keyOf(column));
    return { psi, p };
  });
  return { columns, drifted };
}

/** How a column is named where inputs and answers are named together: an answer's name may be a column's too. */
export function keyOf({ name, role }: Pick<MonitoredColumn, "name" | "role">): string {
  return role === "answer" ? `answer: ${name}` : name;
}
