/** The score of a finished model, beside that of a constant answer and of a straight line on the same rows. */
import type { Preprocessing } from "../../domain/datasets/preprocessing.ts";
import type { PartEvaluation } from "../../domain/models/evaluation.ts";
import { type Score, scoreMetricsOf } from "../../domain/models/score.ts";
import { countClasses } from "../data/class-weights.ts";
import type { Table } from "../data/table.ts";
import { toOwnUnits } from "../data/target-units.ts";
import { evaluate } from "./evaluate.ts";
import { fitStraightLine, targetMeans } from "./straight-line.ts";

/** The predictions to score. */
export interface Scored {
  readonly part: Score["part"];
  /** The rows of the part that were used, and the model's outputs for them. */
  readonly table: Table;
  readonly evaluation: PartEvaluation;
  readonly train: Table;
  readonly preprocessing: Preprocessing | null;
  /** Empty for a regression. */
  readonly classes: readonly string[];
  readonly seed: number;
}

/** Scores a model that was evaluated. A function of its arguments alone. */
export function scoreModel(scored: Scored): Score {
  const { part, table, evaluation } = scored;
  return {
    part,
    rows: table.rows,
    metrics: scoreMetricsOf(evaluation),
    ...(evaluation.intervals && { intervals: evaluation.intervals }),
    baseline: baselineOf(scored),
    linear: linearOf(scored),
  };
}

/** The figures of outputs on the scored rows. */
function metricsOf(
  { table, classes, preprocessing }: Pick<Scored, "table" | "classes" | "preprocessing">,
  outputs: Float32Array,
) {
  const { rows, targets, actual } = table;
  const scalings = (preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  return scoreMetricsOf(evaluate({ rows, outputs, targets, actual }, classes, scalings));
}

/** The figures of a constant answer on the scored rows. */
export function baselineOf(scored: Omit<Scored, "part" | "evaluation">): Score["baseline"] {
  const { table, train, classes, preprocessing } = scored;
  const isClassifier = classes.length > 0;
  const answer = isClassifier
    ? countClasses(train.targets, classes.length).map((count) => count / train.rows)
    : targetMeans(train);
  const outputs = new Float32Array(table.rows * answer.length);
  for (let row = 0; row < table.rows; row++) outputs.set(answer, row * answer.length);
  const most = answer.reduce((best, share, place) => (share > (answer[best] as number) ? place : best), 0);
  const value = toOwnUnits(answer[0] as number, preprocessing?.targets[0]?.scaling ?? null);
  return {
    label: isClassifier ? (classes[most] as string) : null,
    value: isClassifier || answer.length > 1 || !Number.isFinite(value) ? null : value,
    metrics: metricsOf(scored, outputs),
  };
}

function linearOf(scored: Scored): Score["linear"] {
  const { table, train, classes, preprocessing, seed } = scored;
  const type = classes.length > 0 ? "logistic_regression" : "ridge_regression";
  const line = fitStraightLine({ train, preprocessing, classes: classes.length, scoredRows: table.rows, seed });
  if (!line.fitted) return { type, rows: null, metrics: null, reason: line.reason };
  return { type, rows: line.rows, metrics: metricsOf(scored, line.outputs(table)), reason: null };
}
