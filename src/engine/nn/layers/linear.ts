/** The linear layer: y = x Wᵀ + b over the last axis. */
import { GraphError, type Shape } from "../../graph.ts";
import { linear as apply } from "../functional.ts";
import { type AffineSpec, affineTensors } from "./affine.ts";
import type { LayerType } from "./layer.ts";

export interface LinearSpec extends AffineSpec {
  readonly type: "linear";
  /** Output width. */
  readonly units?: number | undefined;
}

export const linear: LayerType<LinearSpec> = {
  outputShape: ({ units }, inputShape) => [...inputShape.slice(0, -1), unitsOf(units, inputShape)],
  tensors: (spec, inputShape) => affineTensors(spec, [unitsOf(spec.units, inputShape), inputShape.at(-1) as number]),
  forward: (x, { bias = true }, { tensor }) => apply(x, tensor("weight"), bias ? tensor("bias") : undefined),
};

function unitsOf(units: number | undefined, inputShape: Shape): number {
  if (inputShape.length === 0) throw new GraphError("linear takes rows of numbers, not single numbers");
  if (units === undefined || !Number.isInteger(units) || units < 1)
    throw new GraphError("linear needs a positive number of units");
  return units;
}
