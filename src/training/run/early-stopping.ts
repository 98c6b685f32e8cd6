/** Early stopping: monitors one series and stops training when it no longer improves. */

import { isGreaterBetter } from "../../domain/metrics/direction.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";

export interface Verdict {
  /** Whether this epoch is the best so far. */
  readonly improved: boolean;
  /** Why training should stop now; null to continue. */
  readonly stop: string | null;
}

export interface EarlyStopping {
  /** The monitored series. */
  readonly monitor: Series;
  /** Evaluates the monitored value of the epoch that just ended. */
  observe(epoch: number, monitored: number): Verdict;
  /** Returns the state from which another run can resume. */
  state(): EarlyStoppingState;
}

/** The best value, negated if greater is better, and its epoch. */
export interface EarlyStoppingState {
  readonly best: number;
  readonly bestEpoch: number;
}

/**
 * Creates early stopping, new or from a saved state. It stops after `patience` consecutive epochs that do not improve on the
 * best value by more than `min_delta`.
 */
export function createEarlyStopping(
  options: NonNullable<ResolvedSpec["early_stopping"]>,
  start: EarlyStoppingState | null = null,
): EarlyStopping {
  const monitor = options.monitor as Series;
  const direction = isGreaterBetter(monitor) ? -1 : 1;
  let { best, bestEpoch } = start ?? { best: Number.POSITIVE_INFINITY, bestEpoch: 0 };
  return {
    monitor,
    state: () => ({ best, bestEpoch }),
    observe(epoch, monitored) {
      const value = direction * monitored;
      const improved = value < best - options.min_delta;
      if (improved) {
        best = value;
        bestEpoch = epoch;
      }
      const because = bestEpoch > 0 ? `was best at epoch ${bestEpoch}` : "was never a finite number";
      const stop = epoch - bestEpoch >= options.patience ? `stopped early at epoch ${epoch}: ${monitor} ${because}` : null;
      return { improved, stop };
    },
  };
}
