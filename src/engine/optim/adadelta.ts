/** Adadelta: torch.optim.Adadelta. Zeiler, "ADADELTA: an adaptive learning rate method", 2012. */
import { add, div, mul, sqrt, sub } from "../graph.ts";
import { averageConstants, averagedSquare, decayConstant, withDecay } from "./decay.ts";
import { constant, named, type Optimizer } from "./optimizer.ts";

export interface AdadeltaSpec {
  readonly type: "adadelta";
  readonly rho?: number | undefined;
  readonly eps?: number | undefined;
  readonly weight_decay?: number | undefined;
}

/** Adadelta with PyTorch's defaults. As in PyTorch, the step of the method is multiplied by a learning rate. */
export function adadelta({ rho = 0.9, eps = 1e-6, weight_decay = 0 }: AdadeltaSpec): Optimizer {
  const own = { ...averageConstants("rho", rho), eps, ...decayConstant(weight_decay) };
  return {
    slots: { square_avg: 0, acc_delta: 0 },
    scalars: { lr: (_, lr) => lr },
    constants: own,
    update({ parameter, gradient, slots, scalars, constants = own }) {
      const decayed = withDecay(gradient, parameter, constants);
      const epsilon = constant(constants, "eps");
      const square = averagedSquare(named(slots, "square_avg"), decayed, constants, "rho");
      const accumulated = named(slots, "acc_delta");
      const delta = mul(div(sqrt(add(accumulated, epsilon)), sqrt(add(square, epsilon))), decayed);
      return {
        parameter: sub(parameter, mul(delta, named(scalars, "lr"))),
        slots: { square_avg: square, acc_delta: averagedSquare(accumulated, delta, constants, "rho") },
      };
    },
  };
}
