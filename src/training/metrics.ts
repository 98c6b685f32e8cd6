/**
 * The metrics of an epoch. Each is a sum over rows that the step computes as part of its graph, and a last division here,
 * in float64, when the epoch is whole: a mean of means would weigh the rows of a short last batch too much.
 */
import type { Metric } from "../domain/spec.ts";
import { graph, nn, type Tensor } from "../engine/index.ts";

/** What the network's output is: `probability` and `logit` are one number for two classes, `scores` one a class, `values` those of a regression. */
export type OutputKind = "probability" | "logit" | "scores" | "values";

interface MetricDefinition {
  /** Sums over the rows of a batch, shape [] or [columns]. `output` is [rows, outputs], `targets` [rows, columns]. */
  sums(output: Tensor, targets: Tensor, kind: OutputKind): Tensor;
  /** The metric from the sums over all `rows`, and the sums of squares of each target column around its mean. */
  finish(sums: Float64Array, rows: number, targetSquares: readonly number[]): number;
}

const { abs, equal, less, lessEqual, neg, reshape, sub, sum, where } = graph;

/** The class that each row's output means, as an index: [rows]. The first maximum wins, as with argmax. */
function predictedClass(output: Tensor, kind: OutputKind): Tensor {
  const [rows, outputs] = output.shape as [number, number];
  if (kind !== "scores") return less(kind === "probability" ? 0.5 : 0, reshape(output, [rows]));
  const positions = graph.constant(Array.from({ length: outputs }, (_, index) => index));
  const best = graph.max(output, [1], true);
  return neg(graph.max(neg(where(lessEqual(best, output), positions, outputs)), [1]));
}

/** One definition a metric. */
export const metricDefinitions: Readonly<Record<Metric, MetricDefinition>> = {
  accuracy: {
    sums: (output, targets, kind) => sum(equal(predictedClass(output, kind), reshape(targets, [targets.shape[0] as number]))),
    finish: (sums, rows) => (sums[0] as number) / rows,
  },
  mae: {
    sums: (output, targets) => sum(abs(sub(output, targets)), [0]),
    finish: (sums, rows) => mean(Array.from(sums, (total) => total / rows)),
  },
  // 1 - residual sum of squares / total sum of squares, the mean over columns; as scikit-learn, a constant column gives 0 unless it is fitted exactly.
  r2: {
    sums: (output, targets) => sum(nn.square(sub(output, targets)), [0]),
    finish: (sums, _rows, squares) =>
      mean(Array.from(sums, (residual, column) => determination(residual, squares[column] as number))),
  },
};

function determination(residual: number, total: number): number {
  if (total > 0) return 1 - residual / total;
  return residual === 0 ? 1 : residual * 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** For each column of row-major targets, the sum of squares around its mean, in float64. */
export function squaresAroundMean(targets: Float32Array, rows: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    let total = 0;
    for (let row = 0; row < rows; row++) total += targets[row * columns + column] as number;
    const centre = total / rows;
    let squares = 0;
    for (let row = 0; row < rows; row++) squares += ((targets[row * columns + column] as number) - centre) ** 2;
    return squares;
  });
}
