/** The linear layer: y = x Wᵀ + b over the last axis. */
import { GraphError } from "../../graph.ts";
import { linear as apply } from "../functional.ts";
import { type AffineSpec, affineTensors, unitsOf } from "./affine.ts";
import type { LayerType } from "./layer.ts";

export interface LinearSpec extends AffineSpec {
  readonly type: "linear";
  /** Output width. */
  readonly units?: number | undefined;
}

export const linear: LayerType<LinearSpec> = {
  outputShape({ units }, inputShape) {
    if (inputShape.length === 0) throw new GraphError("linear takes rows of numbers, not single numbers");
    return [...inputShape.slice(0, -1), unitsOf("linear", units)];
  },
  tensors: (spec, inputShape) => affineTensors(spec, [unitsOf("linear", spec.units), inputShape.at(-1) as number]),
  forward: (x, { bias = true }, { tensor }) => apply(x, tensor("weight"), bias ? tensor("bias") : undefined),
};
