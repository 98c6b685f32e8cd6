/** The score of labelled answers, and whether it is worse than the model's evaluation promised. Pure: knows neither databases nor webhooks. */
import type { Model } from "../models/model.ts";
import type { LiveSums } from "./monitor-store.ts";

/** Number of newest labelled answers that are judged: months of good answers must not hide a recent fall. */
export const JUDGED_ANSWERS = 500;
/** With fewer labels, there is no verdict yet. */
const MIN_LABELLED = 50;
/** Standard deviations of chance that a fall must exceed, because each feedback is another look at much the same labels. */
const Z = 3;

/** The figures of labels: accuracy of classes; MAE, RMSE and R² of values; each null before there is one. */
export interface LiveScore {
  readonly answers: number;
  readonly labelled: number;
  readonly accuracy: number | null;
  readonly mae: number | null;
  readonly rmse: number | null;
  readonly r2: number | null;
}

/** Returns the figures of labelled answers. */
export function liveScore(
  { task }: Pick<Model, "task">,
  { answers, labelled, right, absolute, squared, variation }: LiveSums,
): LiveScore {
  const none = { answers, labelled, accuracy: null, mae: null, rmse: null, r2: null };
  if (labelled === 0) return none;
  if (task !== "regression") return { ...none, accuracy: right / labelled };
  return {
    ...none,
    mae: absolute / labelled,
    rmse: Math.sqrt(squared / labelled),
    r2: variation > 0 ? 1 - squared / variation : null,
  };
}

/** The figure by which a live score is judged. */
export type JudgedFigure = "accuracy" | "mae";

/** How far the figure may go: accuracy down to `bound`, MAE up to it. */
export interface ScoreBound {
  readonly figure: JudgedFigure;
  /** The interval of the evaluation on held-out rows. */
  readonly interval: readonly [low: number, high: number];
  readonly bound: number;
}

/** Returns the bound; null for a model without an interval of held-out rows: imported, of a checkpoint, or evaluated on fewer than ten. */
export function scoreBound({ task, score }: Pick<Model, "task" | "score">, drop: number): ScoreBound | null {
  if (!score || score.part === "train") return null;
  const figure = task === "regression" ? "mae" : "accuracy";
  const interval = score.intervals?.[figure];
  if (!interval) return null;
  const [low, high] = interval;
  return { figure, interval, bound: figure === "accuracy" ? low - drop : high * (1 + drop) };
}

/**
 * Whether the newest labelled answers are worse than the bound by more than chance. After a fall, this stays true until their figure itself
 * is within the bound. `fell`: the previous verdict, which also stands while there are too few labels.
 */
export function judgeScore({ figure, bound }: ScoreBound, recent: LiveSums, fell: boolean): boolean {
  const { labelled } = recent;
  if (labelled < MIN_LABELLED) return fell;
  if (figure === "accuracy") {
    const accuracy = recent.right / labelled;
    return fell ? accuracy < bound : wilsonUpper(accuracy, labelled) < bound;
  }
  const mae = recent.absolute / labelled;
  const deviation = Math.sqrt(Math.max(0, recent.squared / labelled - mae * mae) / labelled);
  return fell ? mae > bound : mae - Z * deviation > bound;
}

/** The upper end of Wilson's interval of a share. */
function wilsonUpper(share: number, count: number): number {
  const z2 = (Z * Z) / count;
  return (share + z2 / 2 + Z * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count))) / (1 + z2);
}

/** The webhook of a change: `model.score_fell` and `model.score_recovered`. */
export function scoreMessage(
  { id, name, version }: Pick<Model, "id" | "name" | "version">,
  { figure, interval, bound }: ScoreBound,
  recent: LiveScore,
  fell: boolean,
  at: number,
): string {
  const data = {
    model: { id, name, version },
    score: { figure, live: recent[figure], labelled: recent.labelled, evaluation: [...interval], bound },
  };
  return JSON.stringify({
    type: fell ? "model.score_fell" : "model.score_recovered",
    timestamp: new Date(at).toISOString(),
    data,
  });
}
