/**
 * The metrics of an epoch. Each is made of sums over rows that the step computes as part of its graph, and a last division here, in
 * float64, when the epoch is complete. A mean of batch means would overweight the rows of a short last batch.
 */
import { valuePlace } from "../../domain/quantiles.ts";
import { isRanked, type Metric, type SummedMetric } from "../../domain/spec/spec.ts";
import { graph, nn, type Tensor } from "../../engine/index.ts";
import { matthewsCorrelation } from "./matthews.ts";

/**
 * The meaning of the network's output: `probability` and `logit` are one number for two classes, `scores` one for each class, `values`
 * those of a regression.
 */
export type OutputKind = "probability" | "logit" | "scores" | "values";

/** What a sum needs to know besides the rows. */
export interface SumContext {
  readonly kind: OutputKind;
  /** 0 for a regression. */
  readonly classes: number;
  /** The network's value for 0 in the target's own units: one for each scaled target column. */
  readonly zeros: readonly number[];
}

/** What a metric needs to know of an epoch besides the sums. */
export interface MetricContext {
  readonly rows: number;
  /** For each target column, the sum of squares around its mean, in the units of the network. */
  readonly squares: readonly number[];
  /** The size of one unit of the network in the target's own units, for each column. */
  readonly scales: readonly number[];
}

type Sum = (output: Tensor, targets: Tensor, context: SumContext) => Tensor;

const { abs, constant, div, equal, less, lessEqual, log, maximum, mul, neg, reshape, sub, sum, where } = graph;

/** Replaces a target of 0 in a division, as in scikit-learn: the smallest step from 1 in float64. */
const SMALLEST = Number.EPSILON;

/** The predicted class of each row, as an index: [rows]. The first maximum wins, as with argmax. */
function predictedClass(output: Tensor, { kind }: SumContext): Tensor {
  const [rows, outputs] = output.shape as [number, number];
  if (kind !== "scores") return less(kind === "probability" ? 0.5 : 0, reshape(output, [rows]));
  const positions = constant(Array.from({ length: outputs }, (_, index) => index));
  const best = graph.max(output, [1], true);
  return neg(graph.max(neg(where(lessEqual(best, output), positions, outputs)), [1]));
}

/** The probability of each row's own class, in the steps of float32 that a prediction has: [rows]. */
function ownProbability(output: Tensor, targets: Tensor, context: SumContext): Tensor {
  const rows = output.shape[0] as number;
  if (context.kind === "scores") return sum(mul(nn.softmax(output, 1), oneHot(targets, context)), [1]);
  const second = reshape(context.kind === "logit" ? nn.sigmoid(output) : output, [rows]);
  return where(equal(reshape(targets, [rows]), 1), second, sub(1, second));
}

/** Rows of ones and zeros, a column for each class: [rows, classes]. */
function oneHot(index: Tensor, { classes }: SumContext): Tensor {
  const positions = constant(Array.from({ length: classes }, (_, position) => position));
  return equal(reshape(index, [index.shape[0] as number, 1]), positions);
}

/** Sums over the rows of a batch, shape [] or one for each column or class. `output` is [rows, outputs], `targets` [rows, columns]. */
const SUMS = {
  correct: (output, targets, context) =>
    sum(equal(predictedClass(output, context), reshape(targets, [targets.shape[0] as number]))),
  /** Rows of each class that are predicted to be of it. */
  hits: (output, targets, context) => sum(mul(oneHot(predictedClass(output, context), context), oneHot(targets, context)), [0]),
  predicted: (output, _, context) => sum(oneHot(predictedClass(output, context), context), [0]),
  actual: (_, targets, context) => sum(oneHot(targets, context), [0]),
  /** As scikit-learn clips it, so that a probability of 0 costs 36 and not infinity. */
  surprise: (output, targets, context) => neg(sum(log(maximum(ownProbability(output, targets, context), SMALLEST)))),
  absolute: (output, targets) => sum(abs(sub(output, targets)), [0]),
  squared: (output, targets) => sum(nn.square(sub(output, targets)), [0]),
  relative: (output, targets, { zeros }) => {
    const size = abs(zeros.length > 0 ? sub(targets, constant(zeros)) : targets);
    return sum(div(abs(sub(output, targets)), maximum(size, SMALLEST)), [0]);
  },
} as const satisfies Readonly<Record<string, Sum>>;

export type SumName = keyof typeof SUMS;

type Totals = Readonly<Record<SumName, Float64Array>>;

interface MetricDefinition {
  readonly sums: readonly SumName[];
  /** The metric from its sums over all rows of an epoch. */
  finish(totals: Totals, context: MetricContext): number;
}

/**
 * One definition for each metric made of sums; run/ranking.ts has the others. Those of classes are means over the classes with equal
 * weights ("macro").
 */
export const metricDefinitions: Readonly<Record<SummedMetric, MetricDefinition>> = {
  accuracy: { sums: ["correct"], finish: ({ correct }, { rows }) => (correct[0] as number) / rows },
  balanced_accuracy: {
    sums: ["hits", "actual"],
    finish: ({ hits, actual }) =>
      meanOver(
        hits.length,
        (index) => (hits[index] as number) / (actual[index] as number),
        (index) => (actual[index] as number) > 0,
      ),
  },
  precision: perClass((hits, predicted) => (predicted > 0 ? hits / predicted : 0)),
  recall: perClass((hits, _, actual) => (actual > 0 ? hits / actual : 0)),
  f1: perClass((hits, predicted, actual) => (2 * hits) / (predicted + actual)),
  log_loss: { sums: ["surprise"], finish: ({ surprise }, { rows }) => (surprise[0] as number) / rows },
  mcc: {
    sums: ["hits", "predicted", "actual"],
    finish: ({ hits, predicted, actual }) => matthewsCorrelation(hits, predicted, actual),
  },
  mae: {
    sums: ["absolute"],
    finish: ({ absolute }, { rows, scales }) =>
      meanOver(absolute.length, (column) => ((absolute[column] as number) / rows) * (scales[column] ?? 1)),
  },
  rmse: {
    sums: ["squared"],
    finish: ({ squared }, { rows, scales }) =>
      meanOver(squared.length, (column) => Math.sqrt((squared[column] as number) / rows) * (scales[column] ?? 1)),
  },
  // 1 - residual sum of squares / total sum of squares, the mean over columns; as in scikit-learn, a constant column gives 0 unless it is
  // fitted exactly.
  r2: {
    sums: ["squared"],
    finish: ({ squared }, { squares }) =>
      meanOver(squared.length, (column) => determination(squared[column] as number, squares[column] as number)),
  },
  mape: {
    sums: ["relative"],
    finish: ({ relative }, { rows }) => meanOver(relative.length, (column) => (relative[column] as number) / rows),
  },
};

/** The mean over the classes that occur in the targets or in the predictions, as scikit-learn's macro average. */
function perClass(score: (hits: number, predicted: number, actual: number) => number): MetricDefinition {
  return {
    sums: ["hits", "predicted", "actual"],
    finish: ({ hits, predicted, actual }) =>
      meanOver(
        hits.length,
        (index) => score(hits[index] as number, predicted[index] as number, actual[index] as number),
        (index) => (predicted[index] as number) + (actual[index] as number) > 0,
      ),
  };
}

/**
 * The mean of `value` over the indices below `count` that `counts` accepts, all of them without it; NaN if there is none. A loop, not an
 * array: it runs for every epoch, and an epoch of a small network takes a few hundred nanoseconds.
 */
function meanOver(count: number, value: (index: number) => number, counts?: (index: number) => boolean): number {
  let total = 0;
  let taken = 0;
  for (let index = 0; index < count; index++) {
    if (counts && !counts(index)) continue;
    total += value(index);
    taken++;
  }
  return total / taken;
}

function determination(residual: number, total: number): number {
  if (total > 0) return 1 - residual / total;
  return residual === 0 ? 1 : residual * 0;
}

/** Those of some metrics that are made of sums. */
export function summedOf(metrics: readonly Metric[]): SummedMetric[] {
  return metrics.filter((metric): metric is SummedMetric => !isRanked(metric));
}

/** The sums that some metrics need, each once. */
export function sumsOf(metrics: readonly Metric[]): SumName[] {
  return [...new Set(summedOf(metrics).flatMap((metric) => metricDefinitions[metric].sums))];
}

/** A sum as a graph over the rows of a batch. */
export function sumGraph(name: SumName, output: Tensor, targets: Tensor, context: SumContext): Tensor {
  return (SUMS[name] as Sum)(output, targets, context);
}

/** The column of outputs [rows, quantiles] that metrics use, [rows, 1]: that of the value, as it was learned. */
export function valueOutput(outputs: Tensor, quantiles: readonly number[]): Tensor {
  const start = valuePlace(quantiles);
  return graph.slice(outputs, [
    { start: 0, stop: outputs.shape[0] as number, step: 1 },
    { start, stop: start + 1, step: 1 },
  ]);
}

/** For each column of row-major targets, the sum of squares around its mean, in float64. */
export function squaresAroundMean(targets: Float32Array | Float64Array, rows: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    let total = 0;
    for (let row = 0; row < rows; row++) total += targets[row * columns + column] as number;
    const centre = total / rows;
    let squares = 0;
    for (let row = 0; row < rows; row++) squares += ((targets[row * columns + column] as number) - centre) ** 2;
    return squares;
  });
}
