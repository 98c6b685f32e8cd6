/**
 * Decides for each call whether the threads of a team run it together or the first one alone, by the duration of steps: beside other
 * programs that use the cores, waiting for one another can cost more than is saved. Knows only times.
 */

export interface Pace {
  /** How many of the available threads should run the next call. */
  choose(threads: number): number;
  /** Records the milliseconds of a step in the last call, and its number of threads. */
  took(threads: number, ms: number): void;
}

/** How long a choice stands before the other is tried for a call: this time, and this many steps. */
const TRY_MS = 2_000;
const TRY_STEPS = 20;
/** The first choice stands for this fraction of those limits, and each later one four times as long, because early calls may be unusual. */
const FIRST_TRY = 1 / 8;
/** Threads that take more than this part of one thread's time leave their cores to others. */
const WORTH = 0.97;

/** Creates the pace of one program. `now` is a clock in milliseconds. */
export function createPace(now: () => number = () => performance.now()): Pace {
  let alone = Number.NaN;
  let together = Number.NaN;
  /** Threads of `together`, and of the last call. */
  let size = 0;
  let last = 0;
  let triedAt = 0;
  let patience = FIRST_TRY;
  /** Whether threads have joined since the last call together: their code is not optimised yet, and its time says nothing. */
  let isCold = true;
  return {
    choose(threads) {
      if (threads === 1) return 1;
      if (threads !== size) {
        size = threads;
        together = Number.NaN;
        triedAt = now();
        patience = FIRST_TRY;
        isCold = true;
      }
      if (Number.isNaN(together)) return threads;
      if (Number.isNaN(alone)) return 1;
      const isWorth = together <= WORTH * alone;
      const isTrying = now() - triedAt >= patience * Math.max(TRY_MS, TRY_STEPS * Math.min(alone, together));
      if (isTrying) {
        triedAt = now();
        patience = Math.min(4 * patience, 1);
      }
      return isWorth === isTrying ? 1 : threads;
    },
    took(threads, ms) {
      if (threads > 1 && isCold) {
        isCold = false;
        return;
      }
      const before = threads === 1 ? alone : together;
      // An old time says nothing about what else the cores do now.
      const smoothed = threads === last && !Number.isNaN(before) ? (before + ms) / 2 : ms;
      if (threads === 1) alone = smoothed;
      else if (threads === size) together = smoothed;
      last = threads;
    },
  };
}
