/** The select layer: some of the features of a row, in the order in which they are named. */
import { constant, gather, permute, slice, type Tensor } from "../../graph.ts";
import { LayerError } from "../network.ts";
import { type LayerType, shapeText } from "./layer.ts";

export interface SelectSpec {
  readonly type: "select";
  /** Positions along the first axis of a row, from 0. A position may occur twice. */
  readonly features: readonly number[];
}

/**
 * torch.index_select along the first axis of a row: [n, ...] becomes [features.length, ...]. It gives each member of an ensemble its own
 * features, as in Ho, "The random subspace method for constructing decision forests", 1998.
 */
export const select: LayerType<SelectSpec> = {
  outputShape({ features }, inputShape) {
    const [width = 0, ...rest] = inputShape;
    const beyond = features.findIndex((feature) => feature >= width);
    if (beyond < 0) return [features.length, ...rest];
    const detail = `is ${features[beyond]}, and ${shapeText(inputShape)} has features 0..${width - 1}`;
    throw new LayerError(["features", beyond], detail);
  },
  forward: (x, { features }) => sliceFeatures(x, features) ?? gatherFeatures(x, features),
};

/** Returns features start, start + step, ... as one slice; null for any others. */
function sliceFeatures(x: Tensor, features: readonly number[]): Tensor | null {
  const [start = 0, second = start + 1] = features;
  const step = second - start;
  if (step < 1 || features.some((feature, at) => feature !== start + at * step)) return null;
  const stop = start + (features.length - 1) * step + 1;
  return slice(
    x,
    x.shape.map((size, axis) => (axis === 1 ? { start, stop, step } : { start: 0, stop: size, step: 1 })),
  );
}

/** Gathers rows of the transposed features, which the members of an ensemble share. As fast as slices that are concatenated. */
function gatherFeatures(x: Tensor, features: readonly number[]): Tensor {
  const swapped = [1, 0, ...x.shape.slice(2).map((_, axis) => axis + 2)];
  return permute(gather(permute(x, swapped), constant(features, [features.length], "int")), swapped);
}
