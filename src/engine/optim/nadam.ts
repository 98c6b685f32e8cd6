/**
 * Adam with Nesterov momentum: torch.optim.NAdam as of PyTorch 1.13, which generated the reference cases. That version
 * multiplies the momentum of the step twice into the bias correction of the mean; PyTorch 2 multiplies it once. T. Dozat,
 * "Incorporating Nesterov momentum into Adam", 2016.
 */

import { pow } from "../deterministic-math.ts";
import { add, div, mul, sqrt, sub } from "../graph.ts";
import { averageConstants, averaged, averagedSquare, decayConstant, withDecay } from "./decay.ts";
import { constant, named, type Optimizer, runningProduct } from "./optimizer.ts";

export interface NAdamSpec {
  readonly type: "nadam";
  readonly betas?: readonly [number, number] | undefined;
  readonly eps?: number | undefined;
  readonly weight_decay?: number | undefined;
  readonly momentum_decay?: number | undefined;
}

/** NAdam with PyTorch's defaults. */
export function nadam({ betas = [0.9, 0.999], eps = 1e-8, weight_decay = 0, momentum_decay = 4e-3 }: NAdamSpec): Optimizer {
  const [beta1, beta2] = betas;
  const own = {
    ...averageConstants("beta1", beta1),
    ...averageConstants("beta2", beta2),
    ...{ eps, ...decayConstant(weight_decay) },
  };
  const mu = (step: number) => beta1 * (1 - 0.5 * pow(0.96, step * momentum_decay));
  const muProduct = runningProduct(mu);
  const power2 = runningProduct(() => beta2);
  return {
    slots: { exp_avg: 0, exp_avg_sq: 0 },
    scalars: {
      gradient_step: (step, lr) => (lr * (1 - mu(step))) / (1 - muProduct(step)),
      mean_step: (step, lr) => (lr * mu(step + 1)) / (1 - muProduct(step) * mu(step) * mu(step + 1)),
      bias_correction2: (step) => 1 - power2(step),
    },
    constants: own,
    update({ parameter, gradient, slots, scalars, constants = own }) {
      const decayed = withDecay(gradient, parameter, constants);
      const mean = averaged(named(slots, "exp_avg"), decayed, constants, "beta1");
      const square = averagedSquare(named(slots, "exp_avg_sq"), decayed, constants, "beta2");
      const denominator = add(sqrt(div(square, named(scalars, "bias_correction2"))), constant(constants, "eps"));
      const ahead = sub(parameter, div(mul(decayed, named(scalars, "gradient_step")), denominator));
      return {
        parameter: sub(ahead, div(mul(mean, named(scalars, "mean_step")), denominator)),
        slots: { exp_avg: mean, exp_avg_sq: square },
      };
    },
  };
}
