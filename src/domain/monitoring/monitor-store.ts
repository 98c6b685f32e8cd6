/** The interface of the store of monitored models. Knows nothing of databases. */
import type { Page } from "../page.ts";
import type { AskedRow, KeptRow } from "./asked-rows.ts";
import type { WindowVerdict } from "./drift.ts";
import type { PredictionCounts } from "./tally.ts";

/** Maximum closed windows stored for a model, the newest. */
export const KEPT_WINDOWS = 48;
/** Approximate maximum of answers of a model that wait for feedback: the oldest make room, a tenth at a time. */
export const MAX_ANSWERS = 100_000;
/** Default distance by which the live score of a model may lie below its evaluation. */
export const SCORE_DROP = 0.05;
/** How long an answer, and a row of a sample, is kept. */
export const ANSWERS_KEPT_MS = 30 * 24 * 3600 * 1000;

/** How a model is monitored. */
export interface MonitorOptions {
  readonly enabled: boolean;
  /** The webhook that is told of drift and of its end; null: none. */
  readonly webhook: string | null;
  /** Maximum rows of the sample of what it is asked; 0 for no sample. */
  readonly sampleRows: number;
  /** How far below the interval of its evaluation the live score may lie before the webhook is told; null: it is not told. */
  readonly scoreDrop: number | null;
}

/** The figures that are reported for many models at once. */
export interface MonitorFigures {
  readonly project: string;
  readonly name: string;
  readonly version: number;
  /** The largest index of a column in the last window; null before there is one. */
  readonly psi: number | null;
  /** Accuracy, or R² of values, as of the last label; null before there is one. */
  readonly liveScore: number | null;
  /** Whether it has fallen below the model's evaluation. */
  readonly scoreFell: boolean;
}

export interface Monitor extends MonitorOptions {
  readonly project: string;
  /** Rows in the open window. */
  readonly openRows: number;
  /** Rows since the model was first asked. */
  readonly rows: number;
  /** Number of closed windows. */
  readonly windows: number;
  /** Columns that differed in the last judged window. */
  readonly drifted: readonly string[];
  /** Whether the live score had fallen as of the last labels. */
  readonly scoreFell: boolean;
  /** When rows were last added; for a monitor without rows, when it was created. */
  readonly updatedAt: number;
}

export interface MonitorWindow extends PredictionCounts {
  /** Counted from 1. */
  readonly number: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Null until it is judged. */
  readonly verdict: WindowVerdict | null;
}

/** The results of a window, and the message to send. */
export interface JudgedWindow {
  readonly number: number;
  readonly verdict: WindowVerdict;
  readonly at: number;
  /** Null: nothing is sent. */
  readonly message: { readonly url: string; readonly body: string } | null;
}

/** A fall or recovery of the live score, and the message to send. */
export interface ScoreChange {
  readonly fell: boolean;
  readonly at: number;
  /** Null: nothing is sent. */
  readonly message: JudgedWindow["message"];
}

/** The true label of one row of a prediction. */
export interface Truth {
  readonly predictionId: string;
  readonly row: number;
  /** The index of a class, or a value. */
  readonly truth: number;
}

/** Sums over the answers with a known true label. */
export interface LiveSums {
  /** Number of stored answers. */
  readonly answers: number;
  readonly labelled: number;
  /** Number of correct answers. */
  readonly right: number;
  /** Sums of |answer - truth|, of its square, and of (truth - mean truth)². */
  readonly absolute: number;
  readonly squared: number;
  readonly variation: number;
}

/** Stores the monitoring of models. Everything is deleted with its model. Times are epoch milliseconds. */
export interface MonitorStore {
  /**
   * Adds counts to the open window of a model, and closes it when it has `windowRows` rows. Returns the monitor and its windows that are
   * not judged yet. Null for a model that does not exist or is not monitored: the counts are dropped.
   */
  add(
    modelId: string,
    counts: PredictionCounts,
    windowRows: number,
    at: number,
  ): Promise<{ readonly monitor: Monitor; readonly unjudged: readonly MonitorWindow[] } | null>;
  /** Stores the results of a window, and its message. The first call for a window counts: false for later ones. */
  judge(modelId: string, judged: JudgedWindow): Promise<boolean>;
  /** Returns the monitor of a model; null before the model was asked anything. */
  get(modelId: string): Promise<Monitor | null>;
  /** Returns the newest closed windows, newest first. */
  listWindows(modelId: string, limit: number): Promise<readonly MonitorWindow[]>;
  /** Changes how a model is monitored. Null for a model that does not exist. */
  configure(modelId: string, changes: Partial<MonitorOptions>, at: number): Promise<Monitor | null>;
  /**
   * Stores the answers to the rows of a prediction from `firstRow` on, or replaces those of the same rows. Non-finite answers are left out,
   * because no truth compares with them. False for a model that does not exist.
   */
  keepAnswers(
    modelId: string,
    predictionId: string,
    answers: ArrayLike<number>,
    at: number,
    firstRow?: number,
  ): Promise<boolean>;
  /** Stores true labels of answers. Returns for each whether there is such an answer. */
  label(modelId: string, truths: readonly Truth[]): Promise<readonly boolean[]>;
  /** Returns the sums over the answers with a known true label; with `newest`, over that many of the last, by the time of the answer. */
  sums(modelId: string, newest?: number): Promise<LiveSums>;
  /** Deletes at most `limit` answers from before a time. Returns how many. */
  deleteOldAnswers(before: number, limit: number): Promise<number>;
  /**
   * Stores the figures of labels, for `listFigures`, and whether the score has fallen. Returns whether that has changed; only then the
   * message is sent.
   */
  setScore(modelId: string, score: number | null, change: ScoreChange | null): Promise<boolean>;
  /** Returns the figures of the most recently asked models with monitoring on, of every project, at most `limit`. */
  listFigures(limit: number): Promise<readonly MonitorFigures[]>;
  /**
   * Adds rows to the sample of a model; the newest stay. `since`: no row was asked before it. False for a model that has no sample or does
   * not exist, and if samples were erased since then, because any of these rows may be a forgotten one.
   */
  keepRows(modelId: string, rows: readonly AskedRow[], at: number, since: number): Promise<boolean>;
  /** Returns rows of the sample with smaller numbers than the given one, or the newest, newest first. */
  listRows(modelId: string, page: { readonly before: number | null; readonly limit: number }): Promise<Page<KeptRow>>;
  /** Deletes at most `limit` rows of samples from before a time. Returns how many. */
  deleteOldRows(before: number, limit: number): Promise<number>;
}
