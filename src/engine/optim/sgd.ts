/** Stochastic gradient descent with momentum: torch.optim.SGD. */
import { add, mul, sub } from "../graph.ts";
import { decayConstant, withDecay } from "./decay.ts";
import { constant, named, type Optimizer } from "./optimizer.ts";

export interface SgdSpec {
  readonly type: "sgd";
  readonly momentum?: number | undefined;
  readonly dampening?: number | undefined;
  readonly nesterov?: boolean | undefined;
  readonly weight_decay?: number | undefined;
}

/** SGD with PyTorch's defaults. Without momentum it has no slots. */
export function sgd({ momentum = 0, dampening = 0, nesterov = false, weight_decay = 0 }: SgdSpec): Optimizer {
  const own = { ...decayConstant(weight_decay), ...(momentum !== 0 && { momentum }) };
  if (momentum === 0) {
    return {
      slots: {},
      scalars: { lr: (_, lr) => lr },
      constants: own,
      update({ parameter, gradient, scalars, constants = own }) {
        const decayed = withDecay(gradient, parameter, constants);
        return { parameter: sub(parameter, mul(decayed, named(scalars, "lr"))), slots: {} };
      },
    };
  }
  // The first gradient is not dampened: PyTorch initialises the buffer with a copy of it.
  const entering = { entering: (step: number) => (step === 1 ? 1 : 1 - dampening) };
  return {
    slots: { momentum_buffer: 0 },
    scalars: { lr: (_, lr) => lr, ...(dampening !== 0 && entering) },
    constants: own,
    update({ parameter, gradient, slots, scalars, constants = own }) {
      const decayed = withDecay(gradient, parameter, constants);
      const rate = constant(constants, "momentum");
      const kept = mul(named(slots, "momentum_buffer"), rate);
      const buffer = add(kept, dampening === 0 ? decayed : mul(decayed, named(scalars, "entering")));
      const direction = nesterov ? add(decayed, mul(buffer, rate)) : buffer;
      return { parameter: sub(parameter, mul(direction, named(scalars, "lr"))), slots: { momentum_buffer: buffer } };
    },
  };
}
