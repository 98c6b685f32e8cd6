/** Early stopping: watches one series and says when it has stopped getting better. */
import type { Series } from "../../domain/metrics/metric.ts";
import { isGreaterBetter, type ResolvedSpec } from "../../domain/spec/spec.ts";

export interface Verdict {
  /** This epoch is the best so far. */
  readonly improved: boolean;
  /** Why training should end now; null to go on. */
  readonly stop: string | null;
}

export interface EarlyStopping {
  /** The series that is watched. */
  readonly monitor: Series;
  /** Takes the monitor's value in the epoch that just ended. */
  observe(epoch: number, monitored: number): Verdict;
  /** What another run needs to go on from here. */
  state(): EarlyStoppingState;
}

/** The best value, with its sign turned where greater is better, and its epoch. */
export interface EarlyStoppingState {
  readonly best: number;
  readonly bestEpoch: number;
}

/** Starts anew or from a state. Stops after `patience` epochs in a row without an improvement of more than `min_delta` over the best. */
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
