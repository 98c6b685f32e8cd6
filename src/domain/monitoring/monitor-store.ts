/** The interface of the store of what models are asked. Knows nothing of databases. */
import type { Page } from "../page.ts";
import type { AskedRow, KeptRow } from "./asked-rows.ts";
import type { WindowVerdict } from "./drift.ts";
import type { PredictionCounts } from "./tally.ts";

/** Closed windows of a model that are kept, the newest. */
export const KEPT_WINDOWS = 48;
/** Answers of a model that wait for the truth, about: the oldest make room, a tenth at a time. */
export const MOST_ANSWERS = 100_000;
/** How far below its evaluation the live score of a model may lie, where nothing else is said. */
export const SCORE_DROP = 0.05;
/** How long an answer is kept, and a row of a sample. */
export const ANSWERS_KEPT_MS = 30 * 24 * 3600 * 1000;

/** How a model is monitored. */
export interface MonitorOptions {
  readonly enabled: boolean;
  /** Is told of drift, and when it is over; null: nobody. */
  readonly webhook: string | null;
  /** Rows of the sample that is kept of what it is asked; 0 for none. */
  readonly sampleRows: number;
  /** How far below the interval of its evaluation the live score may lie before the webhook is told; null: it is not told. */
  readonly scoreDrop: number | null;
}

/** What is told of many models at once. */
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
  /** Rows of the window that is open. */
  readonly openRows: number;
  /** Rows since the model was first asked. */
  readonly rows: number;
  /** Windows that were closed. */
  readonly windows: number;
  /** Columns that differed in the last window that was judged. */
  readonly drifted: readonly string[];
  /** Whether the last labels said that the live score has fallen. */
  readonly scoreFell: boolean;
  /** When rows were last added; of a monitor without rows, when it was made. */
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

/** What a window has come to, and what is sent of it. */
export interface JudgedWindow {
  readonly number: number;
  readonly verdict: WindowVerdict;
  readonly at: number;
  /** Null: nothing is sent. */
  readonly message: { readonly url: string; readonly body: string } | null;
}

/** That a live score has fallen, or has risen again, and what is sent of it. */
export interface ScoreChange {
  readonly fell: boolean;
  readonly at: number;
  /** Null: nothing is sent. */
  readonly message: JudgedWindow["message"];
}

/** The truth about one row of a prediction. */
export interface Truth {
  readonly predictionId: string;
  readonly row: number;
  /** The place of a class, or a value. */
  readonly truth: number;
}

/** Sums over the answers whose truth is known. */
export interface LiveSums {
  /** Answers that are kept. */
  readonly answers: number;
  readonly labelled: number;
  /** Answers that are the truth. */
  readonly right: number;
  /** Sums of |answer - truth|, of its square, and of (truth - mean truth)². */
  readonly absolute: number;
  readonly squared: number;
  readonly variation: number;
}

/** Stores what models are asked. Everything goes with its model. Times are epoch milliseconds. */
export interface MonitorStore {
  /**
   * Adds counts to the open window of a model, and closes it when it has `windowRows` rows. Returns the monitor and its windows that are not
   * judged yet. Null for a model that does not exist or is not monitored: the counts are dropped.
   */
  add(
    modelId: string,
    counts: PredictionCounts,
    windowRows: number,
    at: number,
  ): Promise<{ readonly monitor: Monitor; readonly unjudged: readonly MonitorWindow[] } | null>;
  /** Stores what a window has come to, and its message. Of several calls for one window, the first counts: false for the others. */
  judge(modelId: string, judged: JudgedWindow): Promise<boolean>;
  /** Returns the monitor of a model; null before anything was asked of it. */
  get(modelId: string): Promise<Monitor | null>;
  /** Returns the newest closed windows, newest first. */
  listWindows(modelId: string, limit: number): Promise<readonly MonitorWindow[]>;
  /** Changes how a model is monitored. Null for a model that does not exist. */
  configure(modelId: string, changes: Partial<MonitorOptions>, at: number): Promise<Monitor | null>;
  /**
   * Stores the answers to the rows of a prediction from `firstRow` on, or those to the same rows again. One that is no finite number is left
   * out: no truth compares with it. False for a model that does not exist.
   */
  keepAnswers(
    modelId: string,
    predictionId: string,
    answers: ArrayLike<number>,
    at: number,
    firstRow?: number,
  ): Promise<boolean>;
  /** Stores the truth about answers. Returns for each whether there is such an answer. */
  label(modelId: string, truths: readonly Truth[]): Promise<readonly boolean[]>;
  /** Returns what the answers whose truth is known come to; with `newest`, of those the last so many, by the time of the answer. */
  sums(modelId: string, newest?: number): Promise<LiveSums>;
  /** Deletes at most `limit` answers from before a time. Returns how many. */
  deleteOldAnswers(before: number, limit: number): Promise<number>;
  /**
   * Says what labels come to, for `listFigures`, and whether the score has fallen. Returns whether that is news, in which case the message
   * is sent.
   */
  setScore(modelId: string, score: number | null, change: ScoreChange | null): Promise<boolean>;
  /** Returns the figures of the models that were asked last and are not switched off, of every project, `limit` at most. */
  listFigures(limit: number): Promise<readonly MonitorFigures[]>;
  /**
   * Adds rows to the sample of a model, of which the newest stay. `since`: none was asked before. False for a model that has no sample or does
   * not exist, and where samples were erased since then: any of these rows may be one that was to be forgotten.
   */
  keepRows(modelId: string, rows: readonly AskedRow[], at: number, since: number): Promise<boolean>;
  /** Returns rows of the sample before a number, or from the newest on, newest first. */
  listRows(modelId: string, page: { readonly before: number | null; readonly limit: number }): Promise<Page<KeptRow>>;
  /** Deletes at most `limit` rows of samples from before a time. Returns how many. */
  deleteOldRows(before: number, limit: number): Promise<number>;
}
