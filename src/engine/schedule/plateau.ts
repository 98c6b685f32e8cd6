/** The schedule that monitors a metric: torch.optim.lr_scheduler.ReduceLROnPlateau. */
import type { Schedule } from "./schedule.ts";

export interface PlateauSpec {
  readonly type: "reduce_lr_on_plateau";
  readonly mode?: "min" | "max" | undefined;
  readonly factor?: number | undefined;
  /** Epochs without improvement that are tolerated. */
  readonly patience?: number | undefined;
  readonly threshold?: number | undefined;
  readonly threshold_mode?: "rel" | "abs" | undefined;
  /** Epochs after a reduction during which bad epochs are not counted. */
  readonly cooldown?: number | undefined;
  readonly min_lr?: number | undefined;
  /** Reductions of the rate by this or less are skipped. */
  readonly eps?: number | undefined;
}

/** Whether a metric is better than the best so far, by mode and threshold mode. */
const BETTER = {
  min: {
    rel: (metric: number, best: number, threshold: number) => metric < best * (1 - threshold),
    abs: (metric: number, best: number, threshold: number) => metric < best - threshold,
  },
  max: {
    rel: (metric: number, best: number, threshold: number) => metric > best * (1 + threshold),
    abs: (metric: number, best: number, threshold: number) => metric > best + threshold,
  },
} as const;

interface PlateauState {
  readonly lr: number;
  /** null before the first metric. */
  readonly best: number | null;
  readonly badEpochs: number;
  readonly cooldown: number;
}

/**
 * Multiplies the rate by `factor` when the metric has not improved for more than `patience` epochs. `step` throws a
 * RangeError without a metric.
 */
export function reduceLrOnPlateau(spec: PlateauSpec, baseLr: number): Schedule {
  let current: PlateauState = { lr: baseLr, best: null, badEpochs: 0, cooldown: 0 };
  return {
    get lr() {
      return current.lr;
    },
    needsMetric: true,
    step(metric) {
      if (metric === undefined) throw new RangeError("reduce_lr_on_plateau needs a metric at each step");
      current = reduceIfStuck(spec, observe(spec, current, metric));
    },
    state: () => ({ ...current }),
    restore({ lr, best, badEpochs, cooldown }) {
      current = { lr: lr ?? baseLr, best: best ?? null, badEpochs: badEpochs ?? 0, cooldown: cooldown ?? 0 };
    },
  };
}

function observe(spec: PlateauSpec, { lr, best, badEpochs, cooldown }: PlateauState, metric: number): PlateauState {
  const { mode = "min", threshold = 1e-4, threshold_mode = "rel" } = spec;
  const worst = mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const isBetter = BETTER[mode][threshold_mode](metric, best ?? worst, threshold);
  const bad = cooldown > 0 || isBetter ? 0 : badEpochs + 1;
  return { lr, best: isBetter ? metric : best, badEpochs: bad, cooldown: Math.max(0, cooldown - 1) };
}

function reduceIfStuck(spec: PlateauSpec, state: PlateauState): PlateauState {
  const { factor = 0.1, patience = 10, cooldown = 0, min_lr = 0, eps = 1e-8 } = spec;
  if (state.badEpochs <= patience) return state;
  const reduced = Math.max(state.lr * factor, min_lr);
  return { ...state, lr: state.lr - reduced > eps ? reduced : state.lr, badEpochs: 0, cooldown };
}
