/** RMSprop: torch.optim.RMSprop. Tieleman and Hinton, "Lecture 6.5: rmsprop", 2012; centred: Graves, 2013. */
import { add, div, maximum, mul, sqrt, sub } from "../graph.ts";
import { averaged, averagedSquare, withDecay } from "./decay.ts";
import { named, type Optimizer } from "./optimizer.ts";

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
  return {
    slots: { square_avg: 0, ...(centered && { grad_avg: 0 }), ...(momentum > 0 && { momentum_buffer: 0 }) },
    scalars: { lr: (_, lr) => lr },
    update({ parameter, gradient, slots, scalars }) {
      const decayed = withDecay(gradient, parameter, weight_decay);
      const square = averagedSquare(named(slots, "square_avg"), decayed, alpha);
      const mean = centered ? averaged(named(slots, "grad_avg"), decayed, alpha) : undefined;
      // The variance of a constant gradient can round below 0, and its square root would be NaN.
      const spread = mean ? maximum(sub(square, mul(mean, mean)), 0) : square;
      const denominator = add(sqrt(spread), eps);
      const buffer = momentum > 0 ? add(mul(named(slots, "momentum_buffer"), momentum), div(decayed, denominator)) : undefined;
      const lr = named(scalars, "lr");
      return {
        parameter: sub(parameter, buffer ? mul(buffer, lr) : div(mul(decayed, lr), denominator)),
        slots: { square_avg: square, ...(mean && { grad_avg: mean }), ...(buffer && { momentum_buffer: buffer }) },
      };
    },
  };
}
