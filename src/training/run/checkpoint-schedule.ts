/** When checkpoints are due, by epochs and by seconds of training. Knows nothing of their contents. */
import { MAX_MARKS } from "../../domain/jobs/checkpoint.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";

/**
 * Largest fraction of the time to spend on storing checkpoints, because writing a large network takes seconds. `min_seconds` 0
 * removes this limit: training then waits for each checkpoint that is due by epochs.
 */
const MAX_COST = 1 / 10;

export interface CheckpointSchedule {
  /** Returns the epoch at which the next call into the engine must end, so that a checkpoint can be written there. */
  nextStop(epoch: number): number;
  /** Whether a checkpoint is due now, even in the middle of an epoch. */
  isDue(): boolean;
  /** Whether a checkpoint is due after this epoch, because it is a multiple of `every_epochs`. */
  isDueAt(epoch: number): boolean;
  /** Whether the minimum time between two checkpoints has passed. */
  isAllowed(): boolean;
  /** Call it after a checkpoint was passed on to be stored. */
  written(): void;
}

/** Creates a schedule that starts now. `isStoring` returns whether the last checkpoint is still being stored. */
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
      leastMs = Math.max(min_seconds * 1000, (now() - last) / MAX_COST);
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

/** Time between the first marks: about the time of a replay between two of them. */
const MARK_MS = 150;

/** When marks for replays are due: by time, and half as often each time that the store has thinned them out. */
export interface MarkSchedule {
  /** Whether a mark is due now. */
  isDue(): boolean;
  /** Call it after a mark was passed on to be stored. */
  written(): void;
  /** Stops marks: none is due any more. */
  end(): void;
}

/** Creates a schedule that starts now. */
export function createMarkSchedule(now: () => number = () => performance.now()): MarkSchedule {
  let everyMs = MARK_MS;
  let last = now();
  let count = 0;
  return {
    isDue: () => now() - last >= everyMs,
    written() {
      last = now();
      count++;
      if (count <= MAX_MARKS) return;
      count = Math.ceil(count / 2);
      everyMs *= 2;
    },
    end() {
      everyMs = Number.POSITIVE_INFINITY;
    },
  };
}
