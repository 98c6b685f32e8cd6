/** Dropout: in training, zeroes each element with probability p and scales the others by 1 / (1 - p) to preserve the mean. */
import { less, mul, where } from "../../graph.ts";
import type { LayerType } from "./layer.ts";

export interface DropoutSpec {
  readonly type: "dropout";
  /** Default 0.5. */
  readonly p?: number | undefined;
}

export const dropout: LayerType<DropoutSpec> = {
  outputShape: (_, inputShape) => inputShape,
  draws: ({ p = 0.5 }) => (p > 0 ? [""] : []),
  forward(x, { p = 0.5 }, { training, uniform }) {
    if (!training || p === 0) return x;
    const scale = p < 1 ? 1 / (1 - p) : 0;
    return where(less(uniform(x.shape), p), 0, mul(x, scale));
  },
};
