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

/** How long a choice stands before the other is tried for a call. */
const TRY_MS = 2_000;
/** Threads that are no faster than this part of one alone leave their cores to others. */
const WORTH = 0.97;

/** Creates the pace of one program. `now` is a clock in milliseconds. */
export function createPace(now: () => number = () => performance.now()): Pace {
  let alone = Number.NaN;
  let together = Number.NaN;
  let size = 0;
  let triedAt = 0;
  /** NaN counts as unknown: the new time stands for itself. */
  const mix = (before: number, ms: number): number => (Number.isNaN(before) ? ms : (before + ms) / 2);
  return {
    choose(threads) {
      if (threads === 1) return 1;
      if (threads !== size) {
        size = threads;
        together = Number.NaN;
        triedAt = now();
      }
      if (Number.isNaN(together)) return threads;
      const isWorth = !(together > WORTH * alone);
      if (now() - triedAt < TRY_MS) return isWorth ? threads : 1;
      triedAt = now();
      return isWorth ? 1 : threads;
    },
    took(threads, ms) {
      if (threads === 1) alone = mix(alone, ms);
      else if (threads === size) together = mix(together, ms);
    },
  };
}
