/** The influence of rows on a figure. Knows nothing of which figure. */

/** A figure of some rows. */
export interface Influence {
  readonly value: number;
  /** [rows]: what each row adds to the figure, to the first order; 0 on average. */
  readonly rows: Float64Array;
}
