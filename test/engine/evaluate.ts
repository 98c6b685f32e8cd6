/** Small graphs by the oracle, for tests: values and gradients of functions of one vector. */
import { graph as g, grad, interpret, type Tensor } from "../../src/engine/index.ts";

/** The values of a tensor that depends on no input or state. */
export function valuesOf(tensor: Tensor): number[] {
  const value = interpret({ main: { outputs: { value: tensor } } }).step("main").value;
  return typeof value === "number" ? [value] : [...(value ?? [])];
}

/** f at a vector. */
export const valuesAt = (f: (x: Tensor) => Tensor, x: readonly number[]): number[] => valuesOf(f(g.constant(x)));

/** The gradient at a vector of the sum of f's elements. */
export function gradientAt(f: (x: Tensor) => Tensor, x: readonly number[]): number[] {
  const point = g.constant(x);
  return valuesOf(grad(g.sum(f(point)), [point])[0] as Tensor);
}
