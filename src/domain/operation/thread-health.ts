/** Which pools have had no thread for some time: their tasks wait until one starts. */

/** How long a pool may be without a thread, in milliseconds: a dead thread is replaced in a second or two. */
const REPLACED_MS = 10_000;

export interface ThreadHealth {
  /** Returns the function that a pool calls when it gets threads, or has none left. */
  of(pool: string): (hasThreads: boolean) => void;
  /** The pools that have had no thread for too long. */
  missing(): readonly string[];
}

/** Every pool counts as having threads until it reports otherwise. `now` is a clock in milliseconds. */
export function createThreadHealth(now: () => number = Date.now): ThreadHealth {
  const since = new Map<string, number>();
  return {
    of: (pool) => (hasThreads) => {
      if (hasThreads) since.delete(pool);
      else if (!since.has(pool)) since.set(pool, now());
    },
    missing: () => [...since].filter(([, at]) => now() - at >= REPLACED_MS).map(([pool]) => pool),
  };
}
