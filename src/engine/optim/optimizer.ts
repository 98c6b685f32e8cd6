/** The contract of an optimiser: a graph from a parameter, its gradient and its slots to the next ones, and the scalars of a step. */
import type { Tensor } from "../graph.ts";

export interface OptimizerStep {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** By name, each with the shape of the parameter. */
  readonly slots: Readonly<Record<string, Tensor>>;
  /** By name, float scalars: inputs that the caller fills before each step. */
  readonly scalars: Readonly<Record<string, Tensor>>;
}

export interface OptimizerResult {
  readonly parameter: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

export interface Optimizer {
  /** What it remembers of each parameter, and the value that fills it before the first step. */
  readonly slots: Readonly<Record<string, number>>;
  /**
   * What the host computes in float64 before a step, from the number of the step (from 1) and the learning rate in force:
   * bias corrections would lose their digits in float32. A function of these two alone.
   */
  readonly scalars: Readonly<Record<string, (step: number, lr: number) => number>>;
  /** The formulas are those of torch.optim's single-tensor loops, in their order. */
  update(step: OptimizerStep): OptimizerResult;
}

/**
 * A tensor or scalar that the optimiser itself declared. A slot has the shape of its parameter; a scalar has []. Throws an
 * Error if the caller left it out.
 */
export function named(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`the optimiser's ${name} was not passed to its update`);
  return tensor;
}

/**
 * step -> factor(1) · factor(2) · ... · factor(step), always multiplied in that order, so that the bits do not depend on
 * where a run was resumed. Going on by one step costs one multiplication.
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
