/** The limits of an installation, as config.ts reads them. What exceeds one is refused with the limit in the answer. */

export interface Limits {
  readonly bodyBytes: number;
  /** Rows of one job's data. */
  readonly rows: number;
  /** Trainable numbers of one network. */
  readonly parameters: number;
  /** Memory of one job's training, computed before it is accepted. */
  readonly jobMemoryBytes: number;
  readonly predictRows: number;
}
