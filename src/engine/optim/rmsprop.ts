/** RMSprop: torch.optim.RMSprop. Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012; centred: Graves, 2013. */
import { add, div, maximum, mul, sqrt, sub } from "../graph.ts";
import { averageConstants, averaged, averagedSquare, decayConstant, withDecay } from "./decay.ts";
import { constant, named, type Optimizer } from "./optimizer.ts";

export interface RmspropSpec {
  readonly type: "rmsprop";
  readonly alpha?: number | undefined;
  readonly eps?: number | undefined;
  readonly weight_decay?: number | undefined;
  readonly momentum?: number | undefined;
  readonly centered?: boolean | undefined;
}

/** RMSprop with PyTorch's defaults. */
export function rmsprop({
  alpha = 0.99,
  eps = 1e-8,
  weight_decay = 0,
  momentum = 0,
  centered = false,
}: RmspropSpec): Optimizer {
  const own = { ...averageConstants("alpha", alpha), eps, ...decayConstant(weight_decay), ...(momentum > 0 && { momentum }) };
  return {
    slots: { square_avg: 0, ...(centered && { grad_avg: 0 }), ...(momentum > 0 && { momentum_buffer: 0 }) },
    scalars: { lr: (_, lr) => lr },
    constants: own,
    update({ parameter, gradient, slots, scalars, constants = own }) {
      const decayed = withDecay(gradient, parameter, constants);
      const square = averagedSquare(named(slots, "square_avg"), decayed, constants, "alpha");
      const mean = centered ? averaged(named(slots, "grad_avg"), decayed, constants, "alpha") : undefined;
      // The variance of a constant gradient can round below 0, and its square root would be NaN.
      const spread = mean ? maximum(sub(square, mul(mean, mean)), 0) : square;
      const denominator = add(sqrt(spread), constant(constants, "eps"));
      const kept = momentum > 0 ? mul(named(slots, "momentum_buffer"), constant(constants, "momentum")) : undefined;
      const buffer = kept && add(kept, div(decayed, denominator));
      const lr = named(scalars, "lr");
      return {
        parameter: sub(parameter, buffer ? mul(buffer, lr) : div(mul(decayed, lr), denominator)),
        slots: { square_avg: square, ...(mean && { grad_avg: mean }), ...(buffer && { momentum_buffer: buffer }) },
      };
    },
  };
}
