/** The initial values that the tabular layers of Gorishniy et al. share with PyTorch's linear layer: uniform over ±1/√fan_in. */
import type { Shape } from "../../graph.ts";
import { type Initialise, initialiser } from "../initialisers.ts";

/** Returns the function that draws a tensor of `shape` uniformly over ±1/√fanIn. */
export function uniformRoot(shape: Shape, fanIn: number): Initialise {
  const bound = 1 / Math.sqrt(fanIn);
  return initialiser({ type: "uniform", a: -bound, b: bound }, shape, "zeros");
}
