/** The objective of a search: a metric of raw outputs and targets, as a function of both. Elementary functions are the engine's. */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { isGreaterBetterInSearch, type SearchMetric } from "../../domain/spec/auto-options.ts";
import type { Task } from "../../domain/spec/spec.ts";
import { deterministicMath } from "../../engine/index.ts";
import { toOwnUnits } from "../data/target-units.ts";
import { areasUnderCurves } from "../evaluate/roc.ts";

/** The rows on which outputs are compared. */
export interface Answers {
  readonly rows: number;
  /** Width of an output: 1 for two classes, otherwise one per class; for a regression, one per target. */
  readonly width: number;
  /** [rows]: the class; [rows, width]: the values, in the units of the network. */
  readonly targets: Float32Array;
  /** [rows]: the weight of each row; null if all are equal. */
  readonly weights: Float32Array | null;
}

/** Returns the metric of raw outputs, [rows, width]: logits for classes, values for a regression. */
export type Metric = (outputs: Float32Array, answers: Answers) => number;

const { exp, log } = deterministicMath;

/** ln(1 + e^x) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + log(1 + exp(-Math.abs(x)));

function weightedMean(answers: Answers, of: (row: number) => number): number {
  const { rows, weights } = answers;
  let total = 0;
  let weight = 0;
  for (let row = 0; row < rows; row++) {
    const own = weights ? (weights[row] as number) : 1;
    total += own * of(row);
    weight += own;
  }
  return total / weight;
}

/** Mean of -ln of the probability of the true class. `scale` divides the logits by a temperature. */
function logLoss(outputs: Float32Array, answers: Answers, scale = 1): number {
  const { width, targets } = answers;
  if (width === 1)
    return weightedMean(answers, (row) => {
      const logit = (outputs[row] as number) * scale;
      return softplus(targets[row] === 1 ? -logit : logit);
    });
  return weightedMean(answers, (row) => {
    const start = row * width;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + width; at++) most = Math.max(most, outputs[at] as number);
    let total = 0;
    for (let at = start; at < start + width; at++) total += exp(((outputs[at] as number) - most) * scale);
    return log(total) - ((outputs[start + (targets[row] as number)] as number) - most) * scale;
  });
}

function meanSquare(outputs: Float32Array, answers: Answers): number {
  const { width, targets } = answers;
  return weightedMean(answers, (row) => {
    let total = 0;
    for (let at = row * width; at < (row + 1) * width; at++) total += ((outputs[at] as number) - (targets[at] as number)) ** 2;
    return total / width;
  });
}

function meanAbsolute(outputs: Float32Array, answers: Answers): number {
  const { width, targets } = answers;
  return weightedMean(answers, (row) => {
    let total = 0;
    for (let at = row * width; at < (row + 1) * width; at++)
      total += Math.abs((outputs[at] as number) - (targets[at] as number));
    return total / width;
  });
}

/** Mean over the targets of the explained share of the variance. */
function determination(outputs: Float32Array, answers: Answers): number {
  const { rows, width, targets } = answers;
  let sum = 0;
  for (let column = 0; column < width; column++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += (targets[row * width + column] as number) / rows;
    let squared = 0;
    let spread = 0;
    for (let row = 0; row < rows; row++) {
      const target = targets[row * width + column] as number;
      squared += ((outputs[row * width + column] as number) - target) ** 2;
      spread += (target - mean) ** 2;
    }
    sum += spread > 0 ? 1 - squared / spread : 0;
  }
  return sum / width;
}

/** The class of a row's output; among equal ones the first. */
function chosenClass(outputs: Float32Array, row: number, width: number): number {
  if (width === 1) return (outputs[row] as number) > 0 ? 1 : 0;
  let chosen = 0;
  for (let place = 1; place < width; place++)
    if ((outputs[row * width + place] as number) > (outputs[row * width + chosen] as number)) chosen = place;
  return chosen;
}

const accuracy: Metric = (outputs, answers) =>
  weightedMean(answers, (row) => (chosenClass(outputs, row, answers.width) === answers.targets[row] ? 1 : 0));

/** Rows of each class, rows predicted to be of it, and the rows that are both. */
function countsOf(outputs: Float32Array, { rows, width, targets }: Answers) {
  const classes = Math.max(2, width);
  const counts = Array.from({ length: classes }, () => ({ actual: 0, predicted: 0, hits: 0 }));
  for (let row = 0; row < rows; row++) {
    const chosen = chosenClass(outputs, row, width);
    const actual = targets[row] as number;
    (counts[actual] as (typeof counts)[number]).actual++;
    (counts[chosen] as (typeof counts)[number]).predicted++;
    if (chosen === actual) (counts[actual] as (typeof counts)[number]).hits++;
  }
  return counts;
}

const balancedAccuracy: Metric = (outputs, answers) => {
  const present = countsOf(outputs, answers).filter(({ actual }) => actual > 0);
  return present.reduce((total, { actual, hits }) => total + hits / actual, 0) / present.length;
};

/** Macro average, as scikit-learn's. */
const f1: Metric = (outputs, answers) => {
  const counts = countsOf(outputs, answers).filter(({ actual, predicted }) => actual + predicted > 0);
  return counts.reduce((total, { actual, predicted, hits }) => total + (2 * hits) / (actual + predicted), 0) / counts.length;
};

/** The area for probabilities of a class against all others; 0.5 if only one of both occurs. */
const areaOf = (probabilities: Float32Array, isPositive: (row: number) => boolean): number =>
  areasUnderCurves(probabilities, isPositive)?.roc ?? 0.5;

/** For two classes, that of the second; for more, each against the others, macro average. */
const rocAuc: Metric = (outputs, answers) => {
  const { width, targets } = answers;
  const probabilities = probabilitiesOf(outputs, width);
  if (width === 1) return areaOf(probabilities, (row) => targets[row] === 1);
  let total = 0;
  for (let place = 0; place < width; place++) {
    const own = Float32Array.from({ length: answers.rows }, (_, row) => probabilities[row * width + place] as number);
    total += areaOf(own, (row) => targets[row] === place);
  }
  return total / width;
};

/** The probabilities of logits: the sigmoid of one number a row, the softmax of several. */
export function probabilitiesOf(logits: Float32Array, width: number): Float32Array<ArrayBuffer> {
  if (width === 1) return Float32Array.from(logits, (logit) => 1 / (1 + exp(-logit)));
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += width) {
    let most = Number.NEGATIVE_INFINITY;
    for (let at = start; at < start + width; at++) most = Math.max(most, logits[at] as number);
    let total = 0;
    for (let at = start; at < start + width; at++) total += exp((logits[at] as number) - most);
    for (let at = start; at < start + width; at++) probabilities[at] = exp((logits[at] as number) - most) / total;
  }
  return probabilities;
}

const METRICS: Readonly<Record<SearchMetric, Metric>> = {
  log_loss: logLoss,
  accuracy,
  balanced_accuracy: balancedAccuracy,
  f1,
  roc_auc: rocAuc,
  rmse: (outputs, answers) => Math.sqrt(meanSquare(outputs, answers)),
  mae: meanAbsolute,
  r2: determination,
};

/**
 * The metric by name. If a target is learned as a logarithm, the metric is of values in the target's own units; otherwise of the network's,
 * which only scale rmse and mae.
 */
export function metricOf(name: SearchMetric, scalings: readonly (TargetScaling | null)[]): Metric {
  const of = METRICS[name];
  if (scalings[0]?.transform !== "log") return of;
  const own = (values: Float32Array) => values.map((value, at) => toOwnUnits(value, scalings[at % scalings.length] ?? null));
  return (outputs, answers) => of(own(outputs), { ...answers, targets: own(answers.targets) });
}

/** The factor from a value of a metric to the target's own units. */
export function unitOf(name: SearchMetric, [scaling = null]: readonly (TargetScaling | null)[]): number {
  const isError = name === "rmse" || name === "mae";
  return isError && scaling && scaling.transform !== "log" ? scaling.scale : 1;
}

/** The smooth loss that trains networks of a task, without weights of classes. */
function lossOf(task: Task): Metric {
  return task === "regression" ? meanSquare : logLoss;
}

/** What a selection minimises: the metric, negated if higher is better, and a little of the smooth loss to decide between equals. */
export function objectiveOf(metric: SearchMetric, task: Task, scalings: readonly (TargetScaling | null)[] = []): Metric {
  const of = metricOf(metric, scalings);
  const smooth = lossOf(task);
  if (of === smooth) return of;
  const sign = isGreaterBetterInSearch(metric) ? -1 : 1;
  return (outputs, answers) => sign * of(outputs, answers) + TIE_BREAK * smooth(outputs, answers);
}

const TIE_BREAK = 1e-2;

/** Powers of two between which a temperature is searched. */
const TEMPERATURES = { least: -2, most: 3 };
const GOLDEN = 0.6180339887498949;
/** The cost of a squared natural logarithm of a temperature, in nats: a normal prior of standard deviation 0.18, sqrt(1 / 32), around 1. */
const TEMPERATURE_PRIOR = 16;

/**
 * The temperature that divides logits: the most likely one for these rows and a prior around 1, by a golden-section search over its
 * logarithm to base 2. Few rows without errors would ask for ever sharper answers; the prior is worth some dozens of rows, and many rows
 * outweigh it. Without the prior: Guo et al., "On calibration of modern neural networks", ICML 2017.
 */
export function fitTemperature(outputs: Float32Array, answers: Answers): number {
  const valueAt = (power: number) =>
    answers.rows * logLoss(outputs, answers, 1 / exp(power * LN2)) + TEMPERATURE_PRIOR * (power * LN2) ** 2;
  let low = TEMPERATURES.least;
  let high = TEMPERATURES.most;
  for (let step = 0; step < 30; step++) {
    const left = high - GOLDEN * (high - low);
    const right = low + GOLDEN * (high - low);
    if (valueAt(left) <= valueAt(right)) high = right;
    else low = left;
  }
  return exp(((low + high) / 2) * LN2);
}

const { LN2 } = Math;
