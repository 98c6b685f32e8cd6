/**
 * Parzen estimator: the joint density of some parameters, from the values of some trials. A mixture with one kernel for each trial, which
 * is the product of its kernels in each parameter (S. Falkner, A. Klein, F. Hutter, "BOHB", ICML 2018), as Optuna's multivariate estimator
 * with its defaults.
 */
import type { ParameterValue, TrialParameters } from "../../domain/sweeps/parameter.ts";
import type { Dimension } from "../../domain/sweeps/parameter-space.ts";
import { deterministicMath } from "../../engine/index.ts";
import { createOptionKernels, createRangeKernels, type Kernels } from "./kernels.ts";

const { exp, log } = deterministicMath;

/** A density of some parameters. */
export interface Density {
  /** Draws a value of each parameter: one uniform number in [0, 1) chooses the kernel, and one more is used for each value. */
  draw(uniform: () => number): ParameterValue[];
  /** The logarithm of the density at values, one for each parameter. */
  logAt(values: readonly ParameterValue[]): number;
}

/** Maximum trials with kernels, which bounds the cost of a candidate. With more, as many are taken at equal distances in their order. */
const MAX_KERNELS = 256;

/** A term this much smaller than the largest kernel does not change the sum. */
const NEGLIGIBLE = -40;

/** Creates the density of parameters from trials that have them all, the oldest first. */
export function createDensity(
  dimensions: readonly Dimension[],
  given: readonly TrialParameters[],
  priorWeight: number,
): Density {
  const trials = given.length > MAX_KERNELS ? spread(given, MAX_KERNELS) : given;
  const weights = mixtureWeights(trials.length, priorWeight);
  const logWeights = weights.map(log);
  const kernels = dimensions.map((dimension): Kernels => {
    const values = trials.map((trial) => trial[dimension.pointer] as ParameterValue);
    if (dimension.kind === "range") return createRangeKernels(dimension, values as number[]);
    return createOptionKernels(dimension, values, priorWeight);
  });
  const logs = new Float64Array(weights.length);
  return {
    draw(uniform) {
      const kernel = pick(weights, uniform());
      return kernels.map((each) => each.draw(kernel, uniform()));
    },
    logAt(values) {
      logs.set(logWeights);
      for (const [index, each] of kernels.entries()) each.addLogs(logs, values[index] as ParameterValue);
      let most = Number.NEGATIVE_INFINITY;
      for (let kernel = 0; kernel < logs.length; kernel++) most = Math.max(most, logs[kernel] as number);
      if (most === Number.NEGATIVE_INFINITY) return most;
      let sum = 0;
      for (let kernel = 0; kernel < logs.length; kernel++) {
        const below = (logs[kernel] as number) - most;
        if (below > NEGLIGIBLE) sum += exp(below);
      }
      return most + log(sum);
    },
  };
}

const spread = (given: readonly TrialParameters[], count: number) =>
  Array.from({ length: count }, (_, index) => given[Math.floor((index * given.length) / count)] as TrialParameters);

/** This many of the newest trials have full weight; before them it falls linearly. */
const NEWEST = 25;

/** Weights of trials from the oldest to the newest, and of the prior, which is last. Their sum is 1. */
function mixtureWeights(trials: number, priorWeight: number): Float64Array {
  if (trials === 0) return Float64Array.of(1);
  const older = Math.max(0, trials - NEWEST);
  const weights = Float64Array.from({ length: trials + 1 }, (_, place) => {
    if (place >= older) return place === trials ? priorWeight : 1;
    return 1 / trials + (older === 1 ? 0 : (place / (older - 1)) * (1 - 1 / trials));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The index at which the sums of weights pass a uniform number. */
function pick(weights: Float64Array, uniform: number): number {
  let sum = 0;
  for (let place = 0; place < weights.length; place++) {
    sum += weights[place] as number;
    if (uniform < sum) return place;
  }
  // Rounding may leave the sum of all below 1.
  return weights.findLastIndex((weight) => weight > 0);
}
