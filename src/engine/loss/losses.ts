/** The table of losses, by their names in the API. To add one, add a line to each of the two lists here. */
import { GraphError, mul, reshape, sameShape, sum, type Tensor } from "../graph.ts";
import { mean } from "../nn/functional.ts";
import { bce, bceWithLogits } from "./binary.ts";
import { crossEntropy, nll, type Reduction } from "./classes.ts";
import { huber, l1, mse, pinball, smoothL1 } from "./regression.ts";

/** Options by loss, with PyTorch's names and defaults. */
interface Options {
  readonly mse: object;
  readonly l1: object;
  readonly huber: { readonly delta?: number | undefined };
  readonly smooth_l1: { readonly beta?: number | undefined };
  /** Ascending probabilities, one for each column of the predictions. */
  readonly pinball: { readonly quantiles: readonly number[] };
  readonly bce: object;
  /** Weight of the positive class. */
  readonly bce_with_logits: { readonly pos_weight?: number | undefined };
  readonly cross_entropy: {
    readonly weight?: readonly number[] | null | undefined;
    readonly label_smoothing?: number | undefined;
  };
  readonly nll: { readonly weight?: readonly number[] | null | undefined };
}

type LossType = keyof Options;
type SpecOf<T extends LossType> = { readonly type: T; readonly reduction?: Reduction | undefined } & Options[T];
export type LossSpec = { readonly [T in LossType]: SpecOf<T> }[LossType];

/**
 * Computes a scalar from predictions and targets of equal shape. For cross_entropy and nll, predictions are [rows, classes]
 * and targets are class indices as floats, [rows]; for pinball, predictions are [rows, quantiles] and targets [rows, 1]. Row weights [rows] multiply the loss of each row, but not the divisor of a
 * mean: weights with a mean of 1 keep the scale of the loss. Throws a GraphError for shapes that do not fit.
 */
export type Loss = (prediction: Tensor, target: Tensor, rowWeights?: Tensor) => Tensor;

type Entry<T extends LossType> = (prediction: Tensor, target: Tensor, spec: SpecOf<T>, rowWeights?: Tensor) => Tensor;

/** Reduces losses of rows to a scalar. */
function reduced(unweighted: Tensor, reduction: Reduction | undefined, rowWeights: Tensor | undefined): Tensor {
  const values = rowWeights ? mul(unweighted, perRow(rowWeights, unweighted)) : unweighted;
  return reduction === "sum" ? sum(values) : mean(values);
}

/** Reduces an elementwise loss. Shapes must be equal: broadcasting would hide a wrong target. */
const elementwise =
  <T extends LossType>(loss: Entry<T>): Entry<T> =>
  (prediction, target, spec, rowWeights) => {
    if (!sameShape(prediction.shape, target.shape))
      throw new GraphError(
        `${spec.type} takes targets of the shape of the prediction, not [${target.shape}] for [${prediction.shape}]`,
      );
    return reduced(loss(prediction, target, spec), spec.reduction, rowWeights);
  };

/** Reshapes weights [rows] to broadcast with values [rows, ...]. */
const perRow = (weights: Tensor, values: Tensor): Tensor =>
  reshape(weights, [values.shape[0] as number, ...values.shape.slice(1).map(() => 1)]);

const losses: { readonly [T in LossType]: Entry<T> } = {
  mse: elementwise(mse),
  l1: elementwise(l1),
  huber: elementwise<"huber">((prediction, target, { delta = 1 }) => huber(prediction, target, delta)),
  smooth_l1: elementwise<"smooth_l1">((prediction, target, { beta = 1 }) => smoothL1(prediction, target, beta)),
  pinball: (prediction, target, { quantiles, reduction }, rowWeights) =>
    reduced(pinball(prediction, target, quantiles), reduction, rowWeights),
  bce: elementwise(bce),
  bce_with_logits: elementwise<"bce_with_logits">((prediction, target, { pos_weight = 1 }) =>
    bceWithLogits(prediction, target, pos_weight),
  ),
  cross_entropy: (prediction, target, { weight, label_smoothing, reduction = "mean" }, rowWeights) =>
    crossEntropy(prediction, target, { weight, labelSmoothing: label_smoothing, reduction, rowWeights }),
  nll: (prediction, target, { weight, reduction = "mean" }, rowWeights) =>
    nll(prediction, target, { weight, reduction, rowWeights }),
};

/** Creates the loss of a spec; the default `reduction` is the mean. */
export function createLoss(spec: LossSpec): Loss {
  const entry = losses[spec.type] as Entry<LossType>;
  return (prediction, target, rowWeights) => entry(prediction, target, spec as SpecOf<LossType>, rowWeights);
}
