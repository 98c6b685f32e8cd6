/** Rate limits: how often each caller may ask within a window of time. Knows callers as keys; knows nothing of requests. */
import { createLru } from "../lru.ts";

/** What asking once more came to. */
export interface Grant {
  readonly allowed: boolean;
  /** How often one may still ask in this window. */
  readonly remaining: number;
  /** Until the next window. */
  readonly resetMs: number;
}

/** Counts. One of several processes counts on its own, unless what stands behind this counts for all. */
export interface RateLimiter {
  /** Asks once more for `key`, which may ask `limit` times in a window. */
  take(key: string, limit: number): Grant | Promise<Grant>;
}

/** Counts of this process, at hand. */
export interface LocalRateLimiter extends RateLimiter {
  /** Asks once more, and answers at once. */
  take(key: string, limit: number): Grant;
}

/** Counts that all processes on one database share. Times are epoch milliseconds. */
export interface CounterStore {
  /** Counts once more under a key, unless the limit is reached in this window of time. */
  increment(key: string, window: { readonly at: number; readonly windowMs: number; readonly limit: number }): Promise<Grant>;
  /** Removes counts of windows that ended before a time. */
  removeEnded(before: number): Promise<void>;
}

/** Beyond so many, the key that was not used for longest is dropped; its count starts anew. */
const MAX_KEYS = 100_000;

interface Window {
  endsAt: number;
  count: number;
}

/** A limiter of this process. A window begins with the first request in it. `now`: milliseconds of a clock that never goes back. */
export function createRateLimiter(windowMs: number, now: () => number = () => performance.now()): LocalRateLimiter {
  const windows = createLru<Window>({ maxCount: MAX_KEYS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  return {
    take(key, limit) {
      const at = now();
      let window = windows.get(key);
      if (!window || window.endsAt <= at) {
        window = { endsAt: at + windowMs, count: 0 };
        windows.set(key, window);
      }
      const allowed = window.count < limit;
      if (allowed) window.count++;
      return { allowed, remaining: limit - window.count, resetMs: window.endsAt - at };
    },
  };
}
