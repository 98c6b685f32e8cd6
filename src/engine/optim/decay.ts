/** Weight decay and exponential moving averages, shared by several optimisers. */
import { add, mul, type Tensor } from "../graph.ts";

/** The gradient of the loss plus weightDecay/2 · |parameter|². Has the shape of both. */
export const withDecay = (gradient: Tensor, parameter: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? gradient : add(gradient, mul(parameter, weightDecay));

/** rate · average + (1 - rate) · value; elementwise. */
export const averaged = (average: Tensor, value: Tensor, rate: number): Tensor => add(mul(average, rate), mul(value, 1 - rate));

/** rate · average + (1 - rate) · value², in PyTorch's order of operations; elementwise. */
export const averagedSquare = (average: Tensor, value: Tensor, rate: number): Tensor =>
  add(mul(average, rate), mul(mul(value, 1 - rate), value));
