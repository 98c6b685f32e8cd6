/** Evaluates a finished model: its scores on each part of its rows, the importance of its columns on held-out rows, and its score. */

import type { Preprocessing } from "../../domain/datasets/preprocessing.ts";
import { featureNames } from "../../domain/datasets/preprocessing.ts";
import type { Conformal } from "../../domain/models/conformal.ts";
import type { Evaluation, Importance, PartEvaluation } from "../../domain/models/evaluation.ts";
import type { Score } from "../../domain/models/score.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import { withIntervals } from "../certainty/intervals.ts";
import type { JobData } from "../data/data.ts";
import { type Table, takeRows } from "../data/table.ts";
import { type Architecture, architectureNetwork, BLOCK, createInference, type Inference } from "../predict/inference.ts";
import type { RunControl } from "../run/run-control.ts";
import { conformalOf } from "./conformal.ts";
import { choose, evaluate, type Predicted, scoredOutputs, scoreValues } from "./evaluate.ts";
import { type ColumnGroup, permutationImportance } from "./importance.ts";
import { scoreModel } from "./score.ts";
import { withWorstRows } from "./worst-rows.ts";

export interface FinishedModel extends Architecture {
  /** Empty for a regression. */
  readonly classes: readonly string[];
  /** With two classes: the threshold of the second one's probability. */
  readonly threshold?: number;
  /** For a regression of quantiles: the quantile of each output. */
  readonly quantiles?: readonly number[];
}

/** Maximum outputs in memory at a time, 128 MiB: above it, the scores of a part are those of rows drawn by the seed. */
const MAX_OUTPUTS = 2 ** 25;
export const REPEATS = 5;
/** Maximum held-out rows whose columns are shuffled, and the minimum worth doing if there are more. */
const MAX_ROWS = 2000;
const MIN_ROWS = 50;
/** Maximum multiplications of importance in all: about a second of one core at worst. */
const BUDGET = 2e9;
/** The cost of a row for even the smallest network. */
const MIN_WORK = 1000;

/** The results for a finished model. */
export interface FinishedEvaluation {
  readonly evaluation: Evaluation;
  readonly score: Score;
  /** The scores for intervals and sets; null if no rows are held out. */
  readonly conformal: Conformal | null;
}

/**
 * Evaluates a model with its final weights. A function of its arguments alone: neither the clock nor the threads that `share` has join
 * change the result. Throws a LostThreadError if one of these has died.
 */
export function evaluateModel(
  model: FinishedModel,
  weights: TensorSet,
  data: JobData,
  seed: number,
  share?: RunControl["share"],
): FinishedEvaluation {
  const inference = createInference(model, weights, [BLOCK], { shared: share !== undefined });
  if (inference.team) share?.(inference.team.invitation);
  const scalings = (model.preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  const most = Math.max(1, Math.floor(MAX_OUTPUTS / model.outputWidth));
  const evaluatePart = (part: Table | null, numbers: Int32Array | null): EvaluatedPart | null => {
    if (!part) return null;
    const drawn = part.rows > most ? drawnRows(part.rows, most, seed) : null;
    const table = drawn ? takeRows(part, drawn) : part;
    const { rows, features, targets, actual } = table;
    const outputs = scoredOutputs(inference.outputs(features, rows), model.quantiles);
    const predicted = { rows, outputs, targets, actual, threshold: model.threshold };
    const evaluation = evaluate(predicted, model.classes, scalings);
    if (!numbers) return { table, predicted, evaluation };
    const shown = drawn ? drawn.map((row) => numbers[row] as number) : numbers;
    const certain = withIntervals(evaluation, predicted, model.classes, scalings);
    return { table, predicted, evaluation: withWorstRows(certain, predicted, shown, model.classes, scalings) };
  };
  const parts = {
    test: evaluatePart(data.test, data.parts.test),
    validation: evaluatePart(data.validation, data.parts.validation),
    train: evaluatePart(data.train, null) as EvaluatedPart,
  };
  const part = parts.test ? "test" : parts.validation ? "validation" : "train";
  const { preprocessing, classes } = model;
  const scored = parts[part] as EvaluatedPart;
  const importance = importanceOf(model, inference, data, seed);
  inference.release();
  return {
    evaluation: {
      train: parts.train.evaluation,
      validation: parts.validation?.evaluation ?? null,
      test: parts.test?.evaluation ?? null,
      importance,
    },
    score: scoreModel({ part, ...scored, train: data.train, preprocessing, classes, seed }),
    conformal: part === "train" ? null : conformalOf(part, scored.predicted, classes, scalings),
  };
}

interface EvaluatedPart {
  /** The rows that were used. */
  readonly table: Table;
  readonly predicted: Predicted;
  readonly evaluation: PartEvaluation;
}

/** On the test part, which training has never seen, or else on the validation part. */
function importanceOf(model: FinishedModel, inference: Inference, data: JobData, seed: number): Importance | null {
  const heldOut = data.test ?? data.validation;
  if (!heldOut) return null;
  const groups = columnGroups(model.preprocessing, model.inputWidth);
  const rows = importanceRows(model, heldOut.rows, groups.length);
  if (rows === null) return null;
  const table = sample(heldOut, rows, seed);
  const isClassifier = model.classes.length > 0;
  const columns = permutationImportance({
    groups,
    features: table.features,
    rows,
    repeats: REPEATS,
    seed,
    score(features) {
      const outputs = scoredOutputs(inference.outputs(features, rows), model.quantiles);
      return isClassifier ? accuracy(outputs, { ...table, threshold: model.threshold }) : determination(outputs, table);
    },
  });
  return {
    part: data.test ? "test" : "validation",
    metric: isClassifier ? "accuracy" : "r2",
    rows,
    repeats: REPEATS,
    columns: columns.map(({ column, mean, sd }) => ({ column, mean: finite(mean), sd: finite(sd) })),
  };
}

/** How many of the held-out rows are shuffled; null if all that can be afforded are too few. */
export function importanceRows(model: FinishedModel, rows: number, columns: number): number | null {
  const affordable = Math.floor(BUDGET / (workOf(model) * (1 + columns * REPEATS)));
  const chosen = Math.min(rows, MAX_ROWS, affordable);
  return chosen < Math.min(rows, MIN_ROWS) ? null : chosen;
}

/** A number for JSON: null if it is not finite. */
export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** A copy of rows drawn by the seed; all of them in their order when there are no more. */
function sample(table: Table, rows: number, seed: number): Table {
  const all = table.rows === rows;
  const drawn = all ? Int32Array.from({ length: rows }, (_, row) => row) : drawnRows(table.rows, rows, seed);
  return takeRows(table, drawn);
}

function drawnRows(of: number, rows: number, seed: number): Int32Array {
  return createRandom(streamKey(seed, "evaluation/rows")).permutation(of).subarray(0, rows).sort();
}

/** The share of correctly predicted rows. */
export function accuracy(
  outputs: Float32Array,
  { rows, targets, threshold }: Pick<Predicted, "rows" | "targets" | "threshold">,
): number {
  const choices = choose({ rows, outputs, targets, threshold });
  return choices.reduce((hits, choice, row) => hits + (choice === targets[row] ? 1 : 0), 0) / rows;
}

/** In the units of the network: scaled targets need no conversion back, and a target learned as a logarithm is scored as one. */
export function determination(outputs: Float32Array, { rows, targets }: Pick<Table, "rows" | "targets">): number {
  return scoreValues({ rows, outputs, targets }).r2 ?? Number.NaN;
}

/** The features of each raw column; without raw columns, every feature by its index. */
export function columnGroups(preprocessing: Preprocessing | null, inputWidth: number): ColumnGroup[] {
  if (!preprocessing) return Array.from({ length: inputWidth }, (_, start) => ({ column: String(start), start, width: 1 }));
  let start = 0;
  return preprocessing.columns.map((encoded) => {
    const group = { column: encoded.column, start, width: featureNames(encoded).length };
    start += group.width;
    return group;
  });
}

/** Approximate multiplications for a row. */
function workOf(model: FinishedModel): number {
  const { layers } = architectureNetwork(model);
  return Math.max(
    MIN_WORK,
    layers.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0),
  );
}
