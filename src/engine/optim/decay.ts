/** Weight decay and exponential moving averages, shared by several optimisers. */
import { add, mul, type Tensor } from "../graph.ts";
import { type Constants, constant } from "./optimizer.ts";

/** The constant of a weight decay; none for 0. */
export const decayConstant = (weightDecay: number): Readonly<Record<string, number>> =>
  weightDecay === 0 ? {} : { weight_decay: weightDecay };

/** The gradient of the loss plus weight_decay/2 · |parameter|², or without the constant just the gradient. Has the shape of both. */
export const withDecay = (gradient: Tensor, parameter: Tensor, { weight_decay }: Constants): Tensor =>
  weight_decay === undefined ? gradient : add(gradient, mul(parameter, weight_decay));

/** The constants of a moving average: its rate, by a name, and 1 - rate, which float32 could not compute from it. */
export const averageConstants = (name: string, rate: number): Readonly<Record<string, number>> => ({
  [name]: rate,
  [`1-${name}`]: 1 - rate,
});

/** rate · average + (1 - rate) · value; elementwise. `name` is that of the rate's constants. */
export const averaged = (average: Tensor, value: Tensor, constants: Constants, name: string): Tensor =>
  add(mul(average, constant(constants, name)), mul(value, constant(constants, `1-${name}`)));

/** rate · average + (1 - rate) · value², in PyTorch's order of operations; elementwise. */
export const averagedSquare = (average: Tensor, value: Tensor, constants: Constants, name: string): Tensor =>
  add(mul(average, constant(constants, name)), mul(mul(value, constant(constants, `1-${name}`)), value));
