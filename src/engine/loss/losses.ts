/** The table of losses: from a spec, as the API names it, to a scalar. A new loss is one line in each of the two lists here. */
import { GraphError, sameShape, sum, type Tensor } from "../graph.ts";
import { mean } from "../nn/functional.ts";
import { bce, bceWithLogits } from "./binary.ts";
import { crossEntropy, nll, type Reduction } from "./classes.ts";
import { huber, l1, mse, smoothL1 } from "./regression.ts";

/** Options by loss, with PyTorch's names and defaults. */
interface Options {
  readonly mse: object;
  readonly l1: object;
  readonly huber: { readonly delta?: number | undefined };
  readonly smooth_l1: { readonly beta?: number | undefined };
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
 * A scalar from predictions and targets: of equal shape, except for cross_entropy and nll, whose targets are class numbers
 * as floats, [rows], for predictions [rows, classes]. Throws a GraphError for shapes that do not fit.
 */
export type Loss = (prediction: Tensor, target: Tensor) => Tensor;

type Entry<T extends LossType> = (prediction: Tensor, target: Tensor, spec: SpecOf<T>) => Tensor;

/** Reduces a loss of elements. Shapes must be equal: broadcasting here would hide a wrong target. */
const elementwise =
  <T extends LossType>(loss: Entry<T>): Entry<T> =>
  (prediction, target, spec) => {
    if (!sameShape(prediction.shape, target.shape))
      throw new GraphError(
        `${spec.type} takes targets of the shape of the prediction, not [${target.shape}] for [${prediction.shape}]`,
      );
    const values = loss(prediction, target, spec);
    return spec.reduction === "sum" ? sum(values) : mean(values);
  };

export const losses: { readonly [T in LossType]: Entry<T> } = {
  mse: elementwise(mse),
  l1: elementwise(l1),
  huber: elementwise<"huber">((prediction, target, { delta = 1 }) => huber(prediction, target, delta)),
  smooth_l1: elementwise<"smooth_l1">((prediction, target, { beta = 1 }) => smoothL1(prediction, target, beta)),
  bce: elementwise(bce),
  bce_with_logits: elementwise<"bce_with_logits">((prediction, target, { pos_weight = 1 }) =>
    bceWithLogits(prediction, target, pos_weight),
  ),
  cross_entropy: (prediction, target, { weight, label_smoothing, reduction = "mean" }) =>
    crossEntropy(prediction, target, { weight, labelSmoothing: label_smoothing, reduction }),
  nll: (prediction, target, { weight, reduction = "mean" }) => nll(prediction, target, { weight, reduction }),
};

/** The loss of a spec; `reduction` is the mean by default. */
export function createLoss(spec: LossSpec): Loss {
  const entry = losses[spec.type] as Entry<LossType>;
  return (prediction, target) => entry(prediction, target, spec as SpecOf<LossType>);
}
