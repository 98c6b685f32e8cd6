/** The contract of an optimiser: the update of a parameter and its slots as a graph, and the scalars of each step. */
import type { Tensor } from "../graph.ts";

export interface OptimizerStep {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** The optimiser's state by name, each with the shape of the parameter. */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** Float scalars by name: inputs that the caller sets before each step. */
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** Replaces the optimiser's own constants: numbers are compiled in, scalars are inputs. Left out: its own. */
  readonly constants?: Constants;
}

/** Numbers, or float scalars, by name. */
export type Constants = Readonly<Record<string, number | Tensor>>;

export interface OptimizerResult {
  readonly parameter: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

export interface Optimizer {
  /** The state that it keeps per parameter, by name, with the initial value of its elements. */
  readonly slots: Readonly<Record<string, number>>;
  /**
   * Functions that compute the scalars of a step in float64 from the number of the step (from 1) and the current learning
   * rate, and from nothing else. They run on the host because bias corrections would lose digits in float32.
   */
  readonly scalars: Readonly<Record<string, (step: number, lr: number) => number>>;
  /**
   * The numbers in its formulas that are the same for all steps, by name: two optimisers of a type whose slots, scalars and constants have
   * the same names compute the same graph. A decay of 0 has no constant.
   */
  readonly constants: Readonly<Record<string, number>>;
  /** Computes the next parameter and slots, with the formulas of torch.optim's single-tensor loops in the same order. */
  update(step: OptimizerStep): OptimizerResult;
}

/**
 * Returns a slot or scalar that the optimiser declared. A slot has the shape of its parameter; a scalar has []. Throws an
 * Error if the caller did not pass it.
 */
export function named(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`the optimiser's ${name} was not passed to its update`);
  return tensor;
}

/** Returns a constant that the optimiser declared: a number or a tensor of shape []. Throws an Error if the caller left it out. */
export function constant(constants: Constants, name: string): number | Tensor {
  const value = constants[name];
  if (value === undefined) throw new Error(`the optimiser's ${name} was not passed to its update`);
  return value;
}

/**
 * Returns the function step -> factor(1) · factor(2) · ... · factor(step). It always multiplies in that order, so the bits do
 * not depend on where a run was resumed. Each further step costs one multiplication.
 */
export function runningProduct(factor: (step: number) => number): (step: number) => number {
  let last = 0;
  let product = 1;
  return (step) => {
    if (step < last) {
      last = 0;
      product = 1;
    }
    while (last < step) {
      last += 1;
      product *= factor(last);
    }
    return product;
  };
}
