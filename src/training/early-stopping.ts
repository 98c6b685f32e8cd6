/** Early stopping: watches one series and says when it has stopped getting better. */
import type { Series } from "../domain/metric.ts";
import { isGreaterBetter, type ResolvedSpec } from "../domain/spec.ts";
import type { EpochValues } from "./recorder.ts";

export interface Verdict {
  /** This epoch is the best so far. */
  readonly improved: boolean;
  /** Why training should end now; null to go on. */
  readonly stop: string | null;
}

export interface EarlyStopping {
  observe(epoch: number, values: EpochValues): Verdict;
}

/** Stops after `patience` epochs in a row without an improvement of more than `min_delta` over the best. */
export function createEarlyStopping(options: NonNullable<ResolvedSpec["early_stopping"]>): EarlyStopping {
  const monitor = options.monitor as Series;
  const direction = isGreaterBetter(monitor) ? -1 : 1;
  let best = Number.POSITIVE_INFINITY;
  let bestEpoch = 0;
  return {
    observe(epoch, values) {
      const value = direction * (values[monitor] as number);
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
