/**
 * Decides for each call whether the threads of a team run it together or the first one alone, by how long steps took: beside other
 * programs that use the cores, waiting for one another can cost more than is saved. Knows times only.
 */

export interface Pace {
  /** How many threads should run the next call, of those that there are. */
  choose(threads: number): number;
  /** Takes how many milliseconds a step of the last call took, by so many threads. */
  took(threads: number, ms: number): void;
}

/** How long a choice stands before the other is tried for a call: this, and so many steps. */
const TRY_MS = 2_000;
const TRY_STEPS = 20;
/** Threads that are no faster than this part of one alone leave their cores to others. */
const WORTH = 0.97;

/** Creates the pace of one program. `now` is a clock in milliseconds. */
export function createPace(now: () => number = () => performance.now()): Pace {
  let alone = Number.NaN;
  let together = Number.NaN;
  /** Threads of `together`, and of the last call. */
  let size = 0;
  let last = 0;
  let triedAt = 0;
  return {
    choose(threads) {
      if (threads === 1) return 1;
      if (threads !== size) {
        size = threads;
        together = Number.NaN;
        triedAt = now();
      }
      if (Number.isNaN(together)) return threads;
      if (Number.isNaN(alone)) return 1;
      const isWorth = together <= WORTH * alone;
      const isTrying = now() - triedAt >= Math.max(TRY_MS, TRY_STEPS * Math.min(alone, together));
      if (isTrying) triedAt = now();
      return isWorth === isTrying ? 1 : threads;
    },
    took(threads, ms) {
      const before = threads === 1 ? alone : together;
      // A time of long ago says nothing of what else the cores do now.
      const smoothed = threads === last && !Number.isNaN(before) ? (before + ms) / 2 : ms;
      if (threads === 1) alone = smoothed;
      else if (threads === size) together = smoothed;
      last = threads;
    },
  };
}
