/** Losses of several classes, reduced over the rows, with PyTorch's formulas. Targets are class indices as floats, [rows]. */
import { add, constant, div, equal, GraphError, mul, reshape, sub, sum, type Tensor, where } from "../graph.ts";
import { logSoftmax } from "../nn/functional.ts";

/** How the losses of the rows are reduced to a scalar. */
export type Reduction = "mean" | "sum";

export interface ClassOptions {
  readonly reduction: Reduction;
  /** One weight per class; the mean is then weighted by the weights of the targets. */
  readonly weight?: readonly number[] | null | undefined;
  /** The fraction of each target's probability that is distributed uniformly over all classes. */
  readonly labelSmoothing?: number | undefined;
  /** [rows]: multiplies the loss of each row, but not the divisor of a mean. */
  readonly rowWeights?: Tensor | undefined;
}

/** Cross-entropy of logits [rows, classes]. */
export const crossEntropy = (logits: Tensor, target: Tensor, options: ClassOptions): Tensor =>
  nll(logSoftmax(logits, -1), target, options);

/**
 * Negative log-likelihood of log-probabilities [rows, classes] for targets [rows]: a scalar. Throws a GraphError if the
 * shapes differ from these or the class weights do not fit.
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
  // Selected by where, not by multiplication: -Infinity times 0 would be NaN for classes other than the target.
  const chosen = where(isTarget, weight ? mul(logProbabilities, weights) : logProbabilities, 0);
  const terms = labelSmoothing === 0 ? chosen : smoothed(chosen, logProbabilities, weights, labelSmoothing, classes);
  const total = sum(rowWeights ? mul(terms, reshape(rowWeights, [rows, 1])) : terms);
  const cost = sub(0, total);
  if (reduction === "sum") return cost;
  if (!weight) return div(cost, rows);
  const divisor = sum(where(isTarget, weights, 0));
  // The loss of rows with weight 0 is 0. PyTorch divides 0 by 0 here, and the NaN would end the training.
  return div(cost, weight.includes(0) ? where(equal(divisor, 0), 1, divisor) : divisor);
}

/** (1 - s) times the term of the target, plus s times the mean over all classes. */
function smoothed(chosen: Tensor, logProbabilities: Tensor, weights: Tensor, share: number, classes: number): Tensor {
  return add(mul(chosen, 1 - share), mul(mul(logProbabilities, weights), share / classes));
}
