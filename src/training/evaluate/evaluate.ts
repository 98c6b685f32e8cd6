/**
 * Scores of predictions, as pure functions of outputs and targets. Definitions and names are scikit-learn's. A division by zero gives 0 in
 * a precision, recall or f1, and null elsewhere.
 */

import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { chooseClass } from "../../domain/models/decision.ts";
import {
  type ClassEvaluation,
  MAX_CURVES,
  MAX_LISTED_CLASSES,
  MAX_RESIDUALS,
  type PartEvaluation,
  type RegressionEvaluation,
  WORST_RESIDUALS,
} from "../../domain/models/evaluation.ts";
import { uncrossed, valuePlace } from "../../domain/quantiles.ts";
import type { RankedMetric } from "../../domain/spec/spec.ts";
import { deterministicMath } from "../../engine/index.ts";
import { toOwnUnits } from "../data/target-units.ts";
import { matthewsCorrelation } from "./matthews.ts";
import { type Areas, areasUnderCurves } from "./roc.ts";

/** Row-major outputs of a network after its final activation, and the targets of the same rows. */
export interface Predicted {
  readonly rows: number;
  /** [rows, outputs]: values; or probabilities, one for each class, or the second one's alone if there are two. */
  readonly outputs: Float32Array;
  /** [rows, columns]: values; or the class as an index. */
  readonly targets: Float32Array;
  /** [rows, columns]: values as they are stored, in their own units; without them, `targets` are scaled back. */
  readonly actual?: Float64Array | null;
  /** With two classes: the threshold of the second one's probability; a half when left out. */
  readonly threshold?: number | undefined;
}

/**
 * The outputs to score: for a regression of quantiles the one that stands for its value, [rows, 1], as in predictions; for every other
 * model all outputs.
 */
export function scoredOutputs(outputs: Float32Array, quantiles: readonly number[] | undefined): Float32Array {
  if (!quantiles) return outputs;
  const { length } = quantiles;
  const place = valuePlace(quantiles);
  return Float32Array.from(
    { length: outputs.length / length },
    (_, row) => uncrossed(outputs, row * length, length)[place] as number,
  );
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
const sumOf = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (a, b) => a + b, 0) as number;
const mean = (values: readonly number[]): number => sumOf(values) / values.length;

/** Evaluates predictions: classes by labels; a regression, which has none, by the scaling of its targets. */
export function evaluate(
  predicted: Predicted,
  classes: readonly string[],
  scalings: readonly (TargetScaling | null)[] = [],
): PartEvaluation {
  return classes.length > 0 ? evaluateClasses(predicted, classes) : evaluateValues(predicted, scalings);
}

// ---------------------------------------------------------------- regression

/** The scores alone, of values in the units of the network. */
export type ValueScores = Pick<RegressionEvaluation, "mae" | "rmse" | "r2" | "mape">;

/**
 * Evaluates a regression. Outputs and targets are in the units of the network; `scalings`, one for each column, convert to the target's
 * own.
 *
 * @internal Exported for the parity tests with scikit-learn, which have no scalings.
 */
export function evaluateValues(predicted: Predicted, scalings: readonly (TargetScaling | null)[] = []): RegressionEvaluation {
  const residuals = residualsOf(predicted, scalings);
  return { rows: predicted.rows, ...scoreValues(predicted, scalings), residuals };
}

/** Some rows in the target's own units, in their order. */
function residualsOf(
  { rows, outputs, targets, actual }: Predicted,
  scalings: readonly (TargetScaling | null)[],
): RegressionEvaluation["residuals"] {
  if (outputs.length !== rows) return null;
  const scaling = scalings[0] ?? null;
  const shown = shownRows(rows, (row) =>
    Math.abs(toOwnUnits(outputs[row] as number, scaling) - (actual?.[row] ?? toOwnUnits(targets[row] as number, scaling))),
  );
  const take = (values: Float32Array | Float64Array, own: TargetScaling | null) =>
    shown.map((row) => finite(toOwnUnits(values[row] as number, own)));
  return { actual: actual ? take(actual, null) : take(targets, scaling), predicted: take(outputs, scaling) };
}

/** The rows of a part that are shown: all, or the worst, which a sample would miss, and others spread evenly. */
function shownRows(rows: number, errorOf: (row: number) => number): number[] {
  if (rows <= MAX_RESIDUALS) return Array.from({ length: rows }, (_, row) => row);
  // NaN is not an outlier.
  const errors = Float64Array.from({ length: rows }, (_, row) => errorOf(row)).map((error) => (error >= 0 ? error : -1));
  const limit = errors.toSorted()[rows - WORST_RESIDUALS] as number;
  const worst: number[] = [];
  const tied: number[] = [];
  errors.forEach((error, row) => {
    if (error > limit) worst.push(row);
    else if (error === limit && tied.length < WORST_RESIDUALS) tied.push(row);
  });
  worst.push(...tied.slice(0, WORST_RESIDUALS - worst.length));
  const spread = MAX_RESIDUALS - WORST_RESIDUALS;
  const others = Array.from({ length: spread }, (_, place) => Math.floor((place * rows) / spread));
  return [...new Set([...worst, ...others])].sort((a, b) => a - b);
}

/** A column of a regression in the target's own units: the true and the predicted value of each row. */
export function columnValues(
  { rows, outputs, targets, actual }: Predicted,
  scalings: readonly (TargetScaling | null)[],
  column: number,
): { readonly actual: Float64Array; readonly predicted: Float64Array } {
  const columns = outputs.length / rows;
  const scaling = scalings[column] ?? null;
  const own = (values: Float32Array) =>
    Float64Array.from({ length: rows }, (_, row) => toOwnUnits(values[row * columns + column] as number, scaling));
  const stored = actual && Float64Array.from({ length: rows }, (_, row) => actual[row * columns + column] as number);
  return { actual: stored ?? own(targets), predicted: own(outputs) };
}

/** Means over the outputs. */
export function scoreValues(predicted: Predicted, scalings: readonly (TargetScaling | null)[] = []): ValueScores {
  const columns = predicted.outputs.length / predicted.rows;
  const scores = Array.from({ length: columns }, (_, column) => {
    const values = columnValues(predicted, scalings, column);
    return columnScores(values.actual, values.predicted);
  });
  const average = (name: keyof (typeof scores)[number]) => finite(mean(scores.map((column) => column[name])));
  return { mae: average("mae"), rmse: average("rmse"), r2: average("r2"), mape: average("mape") };
}

/** Scores of a column, both sides in the target's own units. */
function columnScores(actual: Float64Array, predicted: Float64Array) {
  const rows = actual.length;
  let [absolute, squared, relative, spread] = [0, 0, 0, 0];
  const centre = sumOf(actual) / rows;
  for (let row = 0; row < rows; row++) {
    const target = actual[row] as number;
    const error = Math.abs((predicted[row] as number) - target);
    absolute += error;
    squared += error * error;
    relative += error / Math.max(Math.abs(target), Number.EPSILON);
    spread += (target - centre) * (target - centre);
  }
  const constant = squared === 0 ? 1 : 0;
  return {
    mae: absolute / rows,
    rmse: Math.sqrt(squared / rows),
    r2: spread > 0 ? 1 - squared / spread : constant,
    mape: relative / rows,
  };
}

// ---------------------------------------------------------------- classification

/**
 * Evaluates a classification. Targets are indices into `classes`, outputs are probabilities.
 *
 * @internal Exported for the parity tests with scikit-learn.
 */
export function evaluateClasses(predicted: Predicted, classes: readonly string[]): ClassEvaluation {
  const { rows } = predicted;
  const choices = choose(predicted);
  const counts = countClasses(predicted, choices, classes.length);
  const listed = classes.length <= MAX_LISTED_CLASSES;
  const areas = classes.map((_, index) => (listed ? areasOf(predicted, index) : null));
  const table = classes.map((label, index) => {
    const [hits, chosen, actual] = [counts.hits[index], counts.chosen[index], counts.actual[index]] as [number, number, number];
    return {
      label,
      rows: actual,
      precision: ratio(hits, chosen),
      recall: ratio(hits, actual),
      f1: ratio(2 * hits, chosen + actual),
      roc_auc: areas[index]?.roc ?? null,
      pr_auc: areas[index]?.precisionRecall ?? null,
      roc_curve: (classes.length <= MAX_CURVES && areas[index]?.curve) || null,
    };
  });
  const present = table.filter((_, index) => (counts.actual[index] as number) + (counts.chosen[index] as number) > 0);
  const actual = table.filter(({ rows }) => rows > 0);
  const averages = (name: "precision" | "recall" | "f1") => ({
    macro: mean(present.map((entry) => entry[name])),
    weighted: sumOf(actual.map((entry) => entry[name] * entry.rows)) / rows,
  });
  const ranking = averageAreas(areas);
  return {
    rows,
    accuracy: sumOf(counts.hits) / rows,
    balanced_accuracy: mean(actual.map(({ recall }) => recall)),
    precision: averages("precision"),
    recall: averages("recall"),
    f1: averages("f1"),
    log_loss: finite(logLoss(predicted)),
    mcc: matthewsCorrelation(counts.hits, counts.chosen, counts.actual),
    ...ranking,
    classes: listed ? table : null,
    confusion_matrix: listed ? confusionMatrix(predicted, choices, classes.length) : null,
    calibration: calibration(predicted, choices),
  };
}

/** The areas under both curves; null if a part has only rows of the class, or only others. */
export type Ranking = Record<RankedMetric, number | null>;

/** For two classes the second one's areas; for more their mean, over those that exist. */
function averageAreas(areas: readonly (Areas | null)[]): Ranking {
  const counted = areas.length === 2 ? areas.slice(1) : areas;
  const known = counted.flatMap((area) => area ?? []);
  if (known.length === 0) return { roc_auc: null, pr_auc: null };
  return { roc_auc: mean(known.map(({ roc }) => roc)), pr_auc: mean(known.map(({ precisionRecall }) => precisionRecall)) };
}

/** The areas of an evaluation, by themselves: outputs are probabilities, of `classes` classes. */
export function rank(predicted: Predicted, classes: number): Ranking {
  return averageAreas(
    Array.from({ length: classes }, (_, index) => (classes === 2 && index === 0 ? null : areasOf(predicted, index))),
  );
}

const widthOf = ({ rows, outputs }: Predicted): number => outputs.length / rows;

/** The probability of a class in a row, in float64. */
export function probabilityOf(predicted: Predicted, row: number, index: number): number {
  const width = widthOf(predicted);
  if (width > 1) return predicted.outputs[row * width + index] as number;
  const second = predicted.outputs[row] as number;
  return index === 1 ? second : 1 - second;
}

/** The predicted class of each row. */
export function choose(predicted: Predicted): Int32Array {
  const { rows, outputs, threshold } = predicted;
  const width = widthOf(predicted);
  return Int32Array.from({ length: rows }, (_, row) => chooseClass(outputs, row * width, width, threshold));
}

interface ClassCounts {
  /** By class: its correctly predicted rows, rows predicted to be of it, and its rows. */
  readonly hits: Float64Array;
  readonly chosen: Float64Array;
  readonly actual: Float64Array;
}

function countClasses({ targets }: Predicted, choices: Int32Array, classes: number): ClassCounts {
  const [hits, chosen, actual] = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)];
  choices.forEach((choice, row) => {
    const target = targets[row] as number;
    chosen[choice]! += 1;
    actual[target]! += 1;
    if (choice === target) hits[choice]! += 1;
  });
  return { hits, chosen, actual };
}

function confusionMatrix({ targets }: Predicted, choices: Int32Array, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  choices.forEach((choice, row) => {
    (matrix[targets[row] as number] as number[])[choice]! += 1;
  });
  return matrix;
}

function areasOf(predicted: Predicted, index: number) {
  const isPositive = (row: number) => predicted.targets[row] === index;
  // One minus a small probability is 1 in float32: the first of two classes uses the second's scores, reversed.
  if (widthOf(predicted) === 1) return areasUnderCurves(predicted.outputs, isPositive, { falling: index === 0 });
  const scores = new Float32Array(predicted.rows);
  for (let row = 0; row < scores.length; row++) scores[row] = probabilityOf(predicted, row, index);
  return areasUnderCurves(scores, isPositive);
}

/** Probabilities are kept one step of float64 away from 0 and 1, and normalised to sum to 1, as in scikit-learn. */
function logLoss(predicted: Predicted): number {
  let total = 0;
  for (let row = 0; row < predicted.rows; row++) {
    const probability = probabilityOf(predicted, row, predicted.targets[row] as number);
    const clipped = Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON);
    total -= deterministicMath.log(clipped / rowSum(predicted, row));
  }
  return total / predicted.rows;
}

/** The sum of the probabilities of a row: 1 except for rounding in float32. */
function rowSum(predicted: Predicted, row: number): number {
  const width = widthOf(predicted);
  return width === 1 ? 1 : sumOf(predicted.outputs.subarray(row * width, (row + 1) * width));
}

const BINS = 10;

/** Guo et al., "On calibration of modern neural networks", 2017: bins of equal width. */
function calibration(predicted: Predicted, choices: Int32Array): ClassEvaluation["calibration"] {
  const isBinary = widthOf(predicted) <= 2;
  const sums = Array.from({ length: BINS }, () => ({ rows: 0, probability: 0, frequency: 0 }));
  for (let row = 0; row < predicted.rows; row++) {
    const index = isBinary ? 1 : (choices[row] as number);
    const probability = probabilityOf(predicted, row, index);
    const bin = sums[Math.min(BINS - 1, Math.max(0, Math.floor(probability * BINS)))];
    // A probability that is not a number belongs nowhere.
    if (!bin) continue;
    bin.rows += 1;
    bin.probability += probability;
    bin.frequency += predicted.targets[row] === index ? 1 : 0;
  }
  const error = sumOf(sums.map(({ probability, frequency }) => Math.abs(probability - frequency))) / predicted.rows;
  const bins = sums.map(({ rows, probability, frequency }, index) => ({
    lower: index / BINS,
    upper: (index + 1) / BINS,
    rows,
    probability: rows > 0 ? probability / rows : null,
    frequency: rows > 0 ? frequency / rows : null,
  }));
  return { error: finite(error), bins };
}
