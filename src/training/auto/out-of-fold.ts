/**
 * Evaluates an average of a search that holds no rows out: each training row is predicted by the networks whose folds have not seen it, in
 * an average that the row had no part in selecting.
 */
import type { Evaluation, Importance } from "../../domain/models/evaluation.ts";
import { type Score, scoreMetricsOf } from "../../domain/models/score.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { auditLabels, meanProbabilities } from "../audit/label-audit.ts";
import { MAX_REFINED_ROWS, type SeenOutputs } from "../certainty/fold-chance.ts";
import { withIntervals } from "../certainty/intervals.ts";
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
import { withWorstRows } from "../evaluate/worst-rows.ts";
import { BLOCK, createInference, type Inference } from "../predict/inference.ts";
import { averageOf, type Member } from "./average.ts";
import type { FeatureKinds } from "./feature-views.ts";
import { type Cut, type FoldLine, linesOutOfFold } from "./fold-lines.ts";
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
  /** Each division of the rows: many in an audit, otherwise `folds` alone. Each division holds out the same rows. */
  readonly cuts: readonly Cut[];
  /** Whether the job audits labels. */
  readonly isAudit: boolean;
}

/**
 * Evaluates an average that was stored as `model` with `weights`. A function of its arguments alone; null if the search has ended in the
 * meantime: `ended` is called before each of many slow steps.
 */
export function evaluateOutOfFold(
  found: Found,
  model: FinishedModel,
  weights: TensorSet,
  ended: () => boolean,
): FinishedEvaluation | null {
  const { data, classes, heldOut, outputs, spec } = found;
  const { train, preprocessing } = data;
  const scalings = (preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  const answers = classes.length > 0 ? probabilitiesOf(outputs, model.outputWidth) : outputs;
  const evaluationOf = (table: Table, predicted: Float32Array, threshold?: number) =>
    evaluate({ ...table, outputs: predicted, threshold }, classes, scalings);
  const predicted = { ...heldOut, outputs: answers, threshold: model.threshold };
  const inference = createInference(model, weights, [BLOCK]);
  const seen = seenOf(found, inference);
  const certain = withIntervals(evaluate(predicted, classes, scalings), predicted, classes, scalings, seen);
  const evaluation = withWorstRows(certain, predicted, numbersOf(found), classes, scalings);
  const line = linesOutOfFold(found, found.folds, found.cuts, ended);
  if (!line) {
    inference.release();
    return null;
  }
  const score: Score = {
    part: "out_of_fold",
    rows: heldOut.rows,
    metrics: scoreMetricsOf(evaluation),
    ...(evaluation.intervals && { intervals: evaluation.intervals }),
    baseline: baselineOf({ table: heldOut, train, preprocessing, classes, seed: spec.seed }),
    linear: lineScore(line, found, (predicted) => scoreMetricsOf(evaluationOf(heldOut, predicted))),
  };
  const onTraining = evaluationOf(train, inference.outputs(train.features, train.rows), model.threshold);
  inference.release();
  return {
    evaluation: {
      train: onTraining,
      validation: evaluation,
      test: null,
      // An audit needs only the rows, soon; importance would take longer than everything else.
      importance: found.isAudit ? null : importanceOf(found, model),
      ...auditOf(found, answers, line),
    },
    score,
    conformal: conformalOf("out_of_fold", { ...heldOut, outputs: answers }, classes, scalings),
  };
}

/** The served average's outputs for all rows; null if not each row was held out once, or there are so many that it does not matter. */
function seenOf({ folds, heldOut, data, isAudit }: Found, served: Inference): SeenOutputs | null {
  const { rows } = heldOut;
  if (isAudit || folds.length < 2 || rows < data.train.rows || rows > MAX_REFINED_ROWS) return null;
  return { served: served.outputs(heldOut.features, rows), folds: folds.length, stopped: true };
}

/** The numbers of the held-out rows in the data. */
function numbersOf({ data, folds, heldOut }: Found): Int32Array {
  const places = folds.flatMap(({ validation }) => [...validation]);
  return Int32Array.from({ length: heldOut.rows }, (_, row) => data.parts.train[places[row] as number] as number);
}

function lineScore(
  line: FoldLine,
  { classes }: Found,
  metricsOf: (outputs: Float32Array) => Score["metrics"],
): Score["linear"] {
  const type = classes.length > 0 ? "logistic_regression" : "ridge_regression";
  if (!line.fitted) return { type, rows: null, metrics: null, reason: line.reason };
  return { type, rows: line.rows, metrics: metricsOf(line.outputs), reason: null };
}

/** Which classes are doubtful: to the average, and to a straight line if there is one. */
function auditOf(found: Found, answers: Float32Array, line: FoldLine): Pick<Evaluation, "labels"> {
  const { isAudit, classes, heldOut, folds, cuts } = found;
  if (!isAudit) return {};
  const models = line.fitted ? [answers, line.outputs] : [answers];
  const probabilities = meanProbabilities(models, heldOut.rows, classes.length);
  const { rows, targets } = heldOut;
  const audited = auditLabels({ rows, targets, probabilities, classes: classes.length }, numbersOf(found), classes);
  return { labels: { ...audited, repeats: cuts.length, folds: folds.length } };
}

/** Importance on the held-out rows of each fold, by the networks that have not seen them. */
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
