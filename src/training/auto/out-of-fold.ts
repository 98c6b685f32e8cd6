/**
 * The evaluation of an average where no rows are held out from the search: each training row is predicted by the networks whose folds
 * have not seen it, in an average that it had no part in selecting.
 */
import type { Importance } from "../../domain/models/evaluation.ts";
import { type Score, scoreMetricsOf } from "../../domain/models/score.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { JobData } from "../data/data.ts";
import type { Fold } from "../data/folds.ts";
import { type Table, takeRows } from "../data/table.ts";
import { conformalOf } from "../evaluate/conformal.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import {
  accuracy,
  columnGroups,
  determination,
  type FinishedEvaluation,
  type FinishedModel,
  finite,
  importanceRows,
  REPEATS,
} from "../evaluate/evaluate-model.ts";
import { permutationImportance } from "../evaluate/importance.ts";
import { baselineOf } from "../evaluate/score.ts";
import { fitStraightLine } from "../evaluate/straight-line.ts";
import { withWorstRows } from "../evaluate/worst-rows.ts";
import { BLOCK, createInference } from "../predict/inference.ts";
import { averageOf, type Member } from "./average.ts";
import type { FeatureKinds } from "./feature-views.ts";
import { probabilitiesOf } from "./objective.ts";

/** A finished search. */
export interface Found {
  readonly spec: { readonly seed: number };
  readonly classes: readonly string[];
  readonly data: JobData;
  readonly features: FeatureKinds;
  readonly folds: readonly Fold[];
  /** Of the held-out rows, fold after fold. */
  readonly heldOut: Table;
  readonly members: readonly Member[];
  /** Raw outputs for these rows, by averages that they had no part in selecting. */
  readonly outputs: Float32Array<ArrayBuffer>;
}

/** Evaluates an average that was stored as `model` with `weights`. A function of its arguments alone. */
export function evaluateOutOfFold(found: Found, model: FinishedModel, weights: TensorSet): FinishedEvaluation {
  const { data, classes, heldOut, outputs, spec } = found;
  const { train, preprocessing } = data;
  const scalings = (preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  const answers = classes.length > 0 ? probabilitiesOf(outputs, model.outputWidth) : outputs;
  const evaluationOf = (table: Table, predicted: Float32Array, threshold?: number) =>
    evaluate({ ...table, outputs: predicted, threshold }, classes, scalings);
  const predicted = { ...heldOut, outputs: answers, threshold: model.threshold };
  const evaluation = withWorstRows(evaluate(predicted, classes, scalings), predicted, numbersOf(found), classes, scalings);
  const inference = createInference(model, weights, [BLOCK]);
  const score: Score = {
    part: "out_of_fold",
    rows: heldOut.rows,
    metrics: scoreMetricsOf(evaluation),
    baseline: baselineOf({ table: heldOut, train, preprocessing, classes, seed: spec.seed }),
    linear: straightLineOf(found, (predicted) => scoreMetricsOf(evaluationOf(heldOut, predicted))),
  };
  const onTraining = evaluationOf(train, inference.outputs(train.features, train.rows), model.threshold);
  inference.release();
  return {
    evaluation: { train: onTraining, validation: evaluation, test: null, importance: importanceOf(found, model) },
    score,
    conformal: conformalOf("out_of_fold", { ...heldOut, outputs: answers }, classes, scalings),
  };
}

/** The numbers of the held-out rows in the data. */
function numbersOf({ data, folds, heldOut }: Found): Int32Array {
  const places = folds.flatMap(({ validation }) => [...validation]);
  return Int32Array.from({ length: heldOut.rows }, (_, row) => data.parts.train[places[row] as number] as number);
}

/** A straight line for each fold, fitted on its training rows; the reason of the first that could not be. */
function straightLineOf(
  { data, classes, folds, heldOut, spec }: Found,
  metricsOf: (outputs: Float32Array) => Score["metrics"],
): Score["linear"] {
  const type = classes.length > 0 ? "logistic_regression" : "ridge_regression";
  const parts: Float32Array[] = [];
  let rows = 0;
  for (const fold of folds) {
    const train = takeRows(data.train, fold.train);
    const table = takeRows(data.train, fold.validation);
    const { preprocessing } = data;
    const line = fitStraightLine({ train, preprocessing, classes: classes.length, scoredRows: heldOut.rows, seed: spec.seed });
    if (!line.fitted) return { type, rows: null, metrics: null, reason: line.reason };
    parts.push(line.outputs(table));
    rows = line.rows;
  }
  const outputs = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  parts.reduce((at, part) => {
    outputs.set(part, at);
    return at + part.length;
  }, 0);
  return { type, rows, metrics: metricsOf(outputs), reason: null };
}

/** Importance on held-out rows of each fold, by the networks that have not seen them. */
function importanceOf(
  { members, folds, features, heldOut, data, classes, spec }: Found,
  model: FinishedModel,
): Importance | null {
  const groups = columnGroups(data.preprocessing, model.inputWidth);
  const most = importanceRows(model, heldOut.rows, groups.length);
  if (most === null) return null;
  const perFold = Math.max(1, Math.floor(most / folds.length));
  const parts = folds.map((fold, index) => {
    const chosen = fold.validation.subarray(0, perFold);
    const { layers, weights } = averageOf(members, [index], features, model.outputWidth);
    return { rows: chosen.length, chosen, inference: createInference({ ...model, layers }, weights, [BLOCK]) };
  });
  const table = takeRows(
    data.train,
    parts.flatMap(({ chosen }) => [...chosen]),
  );
  const columns = permutationImportance({
    groups,
    features: table.features,
    rows: table.rows,
    repeats: REPEATS,
    seed: spec.seed,
    score(values) {
      const outputs = new Float32Array(table.rows * model.outputWidth);
      let row = 0;
      for (const { rows, inference } of parts) {
        const own = values.subarray(row * model.inputWidth, (row + rows) * model.inputWidth);
        outputs.set(inference.outputs(own, rows), row * model.outputWidth);
        row += rows;
      }
      return classes.length > 0 ? accuracy(outputs, { ...table, threshold: model.threshold }) : determination(outputs, table);
    },
  });
  return {
    part: "validation",
    metric: classes.length > 0 ? "accuracy" : "r2",
    rows: table.rows,
    repeats: REPEATS,
    columns: columns.map(({ column, mean, sd }) => ({ column, mean: finite(mean), sd: finite(sd) })),
  };
}
