/** The linear layer: y = x Wᵀ + b over the last axis. */
import { GraphError, type Shape } from "../../graph.ts";
import { linear as apply } from "../functional.ts";
import { type InitialiserSpec, initialiser } from "../initialisers.ts";
import type { LayerType } from "./layer.ts";

export interface LinearSpec {
  readonly type: "linear";
  /** Output width. */
  readonly units?: number | undefined;
  /** Default true. */
  readonly bias?: boolean | undefined;
  readonly init?: { readonly weight?: InitialiserSpec | undefined; readonly bias?: InitialiserSpec | undefined } | undefined;
}

/** PyTorch's own start for a linear layer: kaiming_uniform with a = √5, which is uniform over ±1/√fan_in, as is the bias. */
const DEFAULT_WEIGHT: InitialiserSpec = { type: "kaiming_uniform", a: Math.sqrt(5) };

export const linear: LayerType<LinearSpec> = {
  outputShape: ({ units }, inputShape) => [...inputShape.slice(0, -1), unitsOf(units, inputShape)],
  parameters({ units, bias = true, init = {} }, inputShape) {
    const width = inputShape.at(-1) as number;
    const out = unitsOf(units, inputShape);
    const weight = { name: "weight", shape: [out, width], initialise: initialiser(init.weight, [out, width], DEFAULT_WEIGHT) };
    if (!bias) return [weight];
    const bound = 1 / Math.sqrt(width);
    const initialise = initialiser(init.bias, [out], { type: "uniform", a: -bound, b: bound });
    return [weight, { name: "bias", shape: [out], initialise }];
  },
  forward: (x, { bias = true }, { parameter }) => apply(x, parameter("weight"), bias ? parameter("bias") : undefined),
};

function unitsOf(units: number | undefined, inputShape: Shape): number {
  if (inputShape.length === 0) throw new GraphError("linear takes rows of numbers, not single numbers");
  if (units === undefined || !Number.isInteger(units) || units < 1)
    throw new GraphError("linear needs a positive number of units");
  return units;
}
