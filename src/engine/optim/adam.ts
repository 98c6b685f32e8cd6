/** Adam and AdamW: torch.optim.Adam and AdamW. They differ only in their weight decay. */
import { add, div, maximum, mul, sqrt, sub, type Tensor } from "../graph.ts";
import { averageConstants, averaged, averagedSquare, decayConstant, withDecay } from "./decay.ts";
import { type Constants, constant, named, type Optimizer, runningProduct } from "./optimizer.ts";

interface AdamOptions {
  readonly betas?: readonly [number, number] | undefined;
  readonly eps?: number | undefined;
  readonly weight_decay?: number | undefined;
  readonly amsgrad?: boolean | undefined;
}

export interface AdamSpec extends AdamOptions {
  readonly type: "adam";
}

export interface AdamWSpec extends AdamOptions {
  readonly type: "adamw";
}

/** Kingma and Ba, "Adam: a method for stochastic optimization", 2015; amsgrad: Reddi et al., 2018. */
export function adam({ weight_decay = 0, ...options }: AdamSpec): Optimizer {
  return adamLoop(options, {
    scalars: {},
    constants: decayConstant(weight_decay),
    parameter: (parameter) => parameter,
    gradient: withDecay,
  });
}

/** Loshchilov and Hutter, "Decoupled weight decay regularization", 2019: the decay scales the parameter itself. */
export function adamw({ weight_decay = 0.01, ...options }: AdamWSpec): Optimizer {
  return adamLoop(options, {
    scalars: weight_decay === 0 ? {} : { decay: (_, lr) => 1 - lr * weight_decay },
    constants: {},
    parameter: (parameter, scalars) => (weight_decay === 0 ? parameter : mul(parameter, named(scalars, "decay"))),
    gradient: (gradient) => gradient,
  });
}

interface Decay {
  readonly scalars: Optimizer["scalars"];
  parameter(parameter: Tensor, scalars: Readonly<Record<string, Tensor>>): Tensor;
  readonly constants: Optimizer["constants"];
  gradient(gradient: Tensor, parameter: Tensor, constants: Constants): Tensor;
}

function adamLoop({ betas = [0.9, 0.999], eps = 1e-8, amsgrad = false }: AdamOptions, decay: Decay): Optimizer {
  const [beta1, beta2] = betas;
  const own = { ...averageConstants("beta1", beta1), ...averageConstants("beta2", beta2), eps, ...decay.constants };
  const power1 = runningProduct(() => beta1);
  const power2 = runningProduct(() => beta2);
  return {
    slots: { exp_avg: 0, exp_avg_sq: 0, ...(amsgrad && { max_exp_avg_sq: 0 }) },
    scalars: {
      ...decay.scalars,
      step_size: (step, lr) => lr / (1 - power1(step)),
      bias_correction2_sqrt: (step) => Math.sqrt(1 - power2(step)),
    },
    constants: own,
    update({ parameter, gradient, slots, scalars, constants = own }) {
      const decayed = decay.gradient(gradient, parameter, constants);
      const mean = averaged(named(slots, "exp_avg"), decayed, constants, "beta1");
      const square = averagedSquare(named(slots, "exp_avg_sq"), decayed, constants, "beta2");
      const largest = amsgrad ? maximum(named(slots, "max_exp_avg_sq"), square) : square;
      const denominator = add(div(sqrt(largest), named(scalars, "bias_correction2_sqrt")), constant(constants, "eps"));
      const change = div(mul(mean, named(scalars, "step_size")), denominator);
      return {
        parameter: sub(decay.parameter(parameter, scalars), change),
        slots: { exp_avg: mean, exp_avg_sq: square, ...(amsgrad && { max_exp_avg_sq: largest }) },
      };
    },
  };
}
