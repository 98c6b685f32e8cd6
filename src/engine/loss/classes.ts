/** Losses of several classes, reduced over the rows. Targets are class numbers as floats, [rows]; PyTorch's formulas. */
import { add, constant, div, equal, GraphError, mul, reshape, sub, sum, type Tensor, where } from "../graph.ts";
import { logSoftmax } from "../nn/functional.ts";

/** How the losses of the rows become one number. */
export type Reduction = "mean" | "sum";

export interface ClassOptions {
  readonly reduction: Reduction;
  /** One a class; the mean is then weighted by the weights of the targets. */
  readonly weight?: readonly number[] | null | undefined;
  /** The share of each target's probability that is spread evenly over all classes. */
  readonly labelSmoothing?: number | undefined;
  /** [rows]: multiplies the cost of each row, and not what a mean divides by. */
  readonly rowWeights?: Tensor | undefined;
}

/** Cross-entropy of logits [rows, classes]. */
export const crossEntropy = (logits: Tensor, target: Tensor, options: ClassOptions): Tensor =>
  nll(logSoftmax(logits, -1), target, options);

/**
 * Negative log-likelihood of log-probabilities [rows, classes] for targets [rows]: a scalar. Throws a GraphError for other
 * shapes or another number of class weights.
 */
export function nll(
  logProbabilities: Tensor,
  target: Tensor,
  { reduction, weight, labelSmoothing = 0, rowWeights }: ClassOptions,
): Tensor {
  const [rows, classes] = logProbabilities.shape as [number, number];
  if (logProbabilities.shape.length !== 2 || target.shape.length !== 1 || target.shape[0] !== rows)
    throw new GraphError(`class losses take [rows, classes] and [rows], not [${logProbabilities.shape}] and [${target.shape}]`);
  if (weight && weight.length !== classes) throw new GraphError(`${weight.length} class weights do not fit ${classes} classes`);
  const positions = constant(Array.from({ length: classes }, (_, index) => index));
  const isTarget = equal(reshape(target, [rows, 1]), positions);
  const weights = weight ? constant(weight) : constant(1);
  // Selected, not multiplied: a log-probability of -Infinity counts only where it is the target's.
  const chosen = where(isTarget, weight ? mul(logProbabilities, weights) : logProbabilities, 0);
  const terms = labelSmoothing === 0 ? chosen : smoothed(chosen, logProbabilities, weights, labelSmoothing, classes);
  const total = sum(rowWeights ? mul(terms, reshape(rowWeights, [rows, 1])) : terms);
  const cost = sub(0, total);
  if (reduction === "sum") return cost;
  if (!weight) return div(cost, rows);
  const divisor = sum(where(isTarget, weights, 0));
  // Rows that weigh nothing cost nothing. PyTorch divides 0 by 0 here, and the NaN ends the training.
  return div(cost, weight.includes(0) ? where(equal(divisor, 0), 1, divisor) : divisor);
}

/** (1 - s) times the target's term, plus s times the mean over all classes. */
function smoothed(chosen: Tensor, logProbabilities: Tensor, weights: Tensor, share: number, classes: number): Tensor {
  return add(mul(chosen, 1 - share), mul(mul(logProbabilities, weights), share / classes));
}
