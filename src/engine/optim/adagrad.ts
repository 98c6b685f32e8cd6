/** Adagrad: torch.optim.Adagrad. Duchi et al., "Adaptive subgradient methods", 2011. */
import { add, div, mul, sqrt, sub } from "../graph.ts";
import { decayConstant, withDecay } from "./decay.ts";
import { constant, named, type Optimizer } from "./optimizer.ts";

export interface AdagradSpec {
  readonly type: "adagrad";
  readonly lr_decay?: number | undefined;
  readonly weight_decay?: number | undefined;
  readonly initial_accumulator_value?: number | undefined;
  readonly eps?: number | undefined;
}

/** Adagrad with PyTorch's defaults. */
export function adagrad({
  lr_decay = 0,
  weight_decay = 0,
  initial_accumulator_value = 0,
  eps = 1e-10,
}: AdagradSpec): Optimizer {
  const own = { eps, ...decayConstant(weight_decay) };
  return {
    slots: { sum: initial_accumulator_value },
    scalars: { lr: (step, lr) => lr / (1 + (step - 1) * lr_decay) },
    constants: own,
    update({ parameter, gradient, slots, scalars, constants = own }) {
      const decayed = withDecay(gradient, parameter, constants);
      const sum = add(named(slots, "sum"), mul(decayed, decayed));
      const change = div(mul(decayed, named(scalars, "lr")), add(sqrt(sum), constant(constants, "eps")));
      return { parameter: sub(parameter, change), slots: { sum } };
    },
  };
}
