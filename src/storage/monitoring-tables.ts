/** The tables of monitoring as Kysely types, the same for both databases. */

import type { Generated } from "kysely";

/** One for each model that was asked something, or configured. */
export interface MonitorsTable {
  readonly model_id: string;
  readonly project: string;
  readonly enabled: number;
  /** The URL of the webhook for drift. */
  readonly webhook: string | null;
  /** Rows of the open window. */
  readonly rows: number;
  readonly total_rows: number;
  /** Number of the last closed window. */
  readonly windows: number;
  /** Float64, little-endian: the bins of the open window; empty if it has no rows. */
  readonly counts: Uint8Array<ArrayBuffer>;
  /** Names of the columns that had drifted in the last window, as a JSON array. */
  readonly drifted: string;
  /** Approximate number of stored answers: those that were deleted by age still count. */
  readonly answers: number;
  readonly window_started_at: number | null;
  readonly updated_at: number;
  /** The largest index of a column in the last window that was judged. */
  readonly psi: number | null;
  /** Accuracy, or R² of values, as of the last label. */
  readonly live_score: number | null;
  /** Rows of the sample, 0 for none. */
  readonly sample_rows: Generated<number>;
  /** How far below its evaluation the live score may lie; null: no webhook is told. */
  readonly score_drop: Generated<number | null>;
  /** Whether it was below as of the last labels. */
  readonly score_fell: Generated<number>;
  /** When all samples of the project were last erased. */
  readonly rows_erased_at: Generated<number | null>;
}

export interface AskedRowsTable {
  readonly model_id: string;
  /** Counted from 1. */
  readonly number: number;
  /** JSON. */
  readonly row: string;
  /** The index of a class, or a value. */
  readonly answer: number;
  readonly asked_at: number;
}

export interface MonitorWindowsTable {
  readonly model_id: string;
  /** Counted from 1. */
  readonly number: number;
  readonly started_at: number;
  readonly ended_at: number;
  readonly rows: number;
  readonly counts: Uint8Array<ArrayBuffer>;
  /** `WindowVerdict` of domain/monitoring/drift.ts; null until it is judged. */
  readonly verdict: string | null;
}

export interface MonitoredAnswersTable {
  readonly model_id: string;
  readonly prediction_id: string;
  readonly row: number;
  /** The index of a class, or a value. */
  readonly answer: number;
  /** The same of the true label; null until it is known. */
  readonly truth: number | null;
  readonly answered_at: number;
}
