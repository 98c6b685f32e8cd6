/** Dropout: in training, each element is 0 with probability p, and the others are scaled up to keep the mean. */
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
