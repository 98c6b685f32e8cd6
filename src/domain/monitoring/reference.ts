/** The bins of a model's training rows, with which the rows that it is asked are compared. Plain JSON, stored with the model. */

/** Maximum monitored columns of a row, the first ones; and targets. */
export const MAX_COLUMNS = 200;
export const MAX_TARGETS = 8;
/** Maximum labels of a column that are counted one by one, the most frequent; all others are counted together. */
export const MAX_LABELS = 40;
/** Number of bins for numbers: each has as many training rows as equal values allow. */
const BINS = 10;

/** The values of one column among the training rows. */
export interface ColumnReference {
  /** For numbers, times, and lengths of texts: the upper edges of all bins but the last, ascending. An edge belongs to the bin below it. */
  readonly edges?: readonly number[];
  /** For labels: those that are counted one by one. */
  readonly labels?: readonly string[];
  /** Rows in each bin, in the order of `layout.ts`. */
  readonly counts: readonly number[];
}

/**
 * The part of the rows whose answers are compared. If it is `train`, answers are too good for a comparison: they are shown and raise no
 * alert.
 */
export type AnswerPart = "train" | "validation" | "test";

export interface MonitoringReference {
  /** Number of counted training rows: all, or a sample. */
  readonly rows: number;
  /** The first of the model's columns, in their order. */
  readonly columns: readonly ColumnReference[];
  readonly answers: {
    readonly part: AnswerPart;
    readonly rows: number;
    /** One for the class, or one for each of the first targets. */
    readonly columns: readonly ColumnReference[];
  };
}

/** The upper edges of the bins of observed values: quantiles, with equal ones merged. Takes the values in any order, without NaN. */
export function edgesOf(observed: Float64Array): number[] {
  const sorted = observed.toSorted();
  const edges: number[] = [];
  for (let bin = 1; bin < BINS && sorted.length > 0; bin++) {
    // An observed value, so that equal values, of which there may be many, fall into one bin.
    const edge = sorted[Math.ceil((bin * sorted.length) / BINS) - 1] as number;
    if (edges.length === 0 || edge > (edges.at(-1) as number)) edges.push(edge);
  }
  const least = sorted[0];
  // If the first bin is a single value, anything below it is new.
  return least !== undefined && edges[0] === least ? [below(least), ...edges] : edges;
}

const below = (value: number): number => value - Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE);
