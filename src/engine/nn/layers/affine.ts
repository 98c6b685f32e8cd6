/** The weight and bias of linear layers and convolutions. Knows nothing of how they are used. */
import { GraphError, type Shape, sizeOf } from "../../graph.ts";
import { type InitialiserSpec, initialiser } from "../initialisers.ts";
import type { LayerTensor } from "./layer.ts";

export interface AffineSpec {
  /** Default true. */
  readonly bias?: boolean | undefined;
  readonly init?: { readonly weight?: InitialiserSpec | undefined; readonly bias?: InitialiserSpec | undefined } | undefined;
}

/** PyTorch's default for these layers: kaiming_uniform with a = √5. It is uniform over ±1/√fan_in, as is the bias. */
const DEFAULT_WEIGHT: InitialiserSpec = { type: "kaiming_uniform", a: Math.sqrt(5) };

/** Returns the weight of `shape`, [out, in, ...], and the bias [out] if the layer has one. */
export function affineTensors({ bias = true, init = {} }: AffineSpec, shape: Shape): readonly LayerTensor[] {
  const weight = { name: "weight", shape, initialise: initialiser(init.weight, shape, DEFAULT_WEIGHT), trainable: true };
  if (!bias) return [weight];
  const out = [shape[0] as number];
  const bound = 1 / Math.sqrt(sizeOf(shape.slice(1)));
  const initialise = initialiser(init.bias, out, { type: "uniform", a: -bound, b: bound });
  return [weight, { name: "bias", shape: out, initialise, trainable: true }];
}

/** Returns the output width of a layer of this type. Throws a GraphError unless it is a positive integer. */
export function unitsOf(type: string, units: number | undefined): number {
  if (units === undefined || !Number.isInteger(units) || units < 1)
    throw new GraphError(`${type} needs a positive number of units`);
  return units;
}
