/** When checkpoints are due, by epochs and by seconds of training. Knows nothing of what is in one. */
import type { ResolvedSpec } from "../../domain/spec/spec.ts";

/**
 * The largest share of the time that storing checkpoints may take, because writing a large network takes seconds. With
 * `min_seconds` 0 there is no such limit: training waits for each checkpoint that is due by epochs.
 */
const MOST_COST = 1 / 10;

export interface CheckpointSchedule {
  /** The epoch at which the next call into the engine must end, so that one can be written there. */
  nextStop(epoch: number): number;
  /** One is due wherever training is, in the middle of an epoch too. */
  isDue(): boolean;
  /** One is due because this epoch, which just ended, is a multiple of `every_epochs`. */
  isDueAt(epoch: number): boolean;
  /** The least time between two has passed. */
  isAllowed(): boolean;
  /** One was handed on. */
  written(): void;
}

/** Starts counting now. `isStoring` says whether the last one is still on its way to the disk. */
export function createCheckpointSchedule(
  { every_epochs, every_seconds, min_seconds }: ResolvedSpec["checkpoint"],
  isStoring: () => boolean,
  now: () => number = () => performance.now(),
): CheckpointSchedule {
  const isStrict = every_epochs !== null && min_seconds === 0;
  let last = now();
  let storing = false;
  let leastMs = min_seconds * 1000;

  const isAllowed = (): boolean => {
    if (storing) {
      if (isStoring()) return false;
      storing = false;
      leastMs = Math.max(min_seconds * 1000, (now() - last) / MOST_COST);
    }
    return now() - last >= leastMs;
  };
  return {
    isAllowed,
    nextStop: (epoch) =>
      every_epochs !== null && (isStrict || isAllowed())
        ? (Math.floor(epoch / every_epochs) + 1) * every_epochs
        : Number.POSITIVE_INFINITY,
    isDue: () => now() - last >= every_seconds * 1000 && isAllowed(),
    isDueAt: (epoch) => every_epochs !== null && epoch % every_epochs === 0 && (isStrict || isAllowed()),
    written() {
      last = now();
      storing = isStoring();
      leastMs = min_seconds * 1000;
    },
  };
}
