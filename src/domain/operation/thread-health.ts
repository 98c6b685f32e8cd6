/** Which pools of threads have had none for some time: what they are asked waits until one starts. */

/** How long a pool may be without a thread, in milliseconds: one that died is replaced in a second or two. */
const REPLACED_MS = 10_000;

export interface ThreadHealth {
  /** Returns what a pool calls when it is told that it has threads, or that it has none. */
  of(pool: string): (hasThreads: boolean) => void;
  /** The pools that have had none for too long. */
  missing(): readonly string[];
}

/** Every pool counts as having threads until it says otherwise. `now` is a clock in milliseconds. */
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
