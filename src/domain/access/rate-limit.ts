/** Rate limits: the number of requests of each caller per time window. Knows callers as keys; knows nothing of requests. */
import { createLru } from "../memory/lru.ts";

/** The result of counting a request. */
export interface Grant {
  readonly allowed: boolean;
  /** Requests left in this window. */
  readonly remaining: number;
  /** Milliseconds until the next window. */
  readonly resetMs: number;
}

/** A rate limiter. Depending on the implementation, it counts per process or for all processes. */
export interface RateLimiter {
  /** Counts a request for `key`, which may make `limit` requests per window. */
  take(key: string, limit: number): Grant | Promise<Grant>;
}

/** A rate limiter of this process alone, which is synchronous. */
export interface LocalRateLimiter extends RateLimiter {
  /** Counts a request synchronously. */
  take(key: string, limit: number): Grant;
}

/** Stores counts that all processes on one database share. Times are epoch milliseconds. */
export interface CounterStore {
  /** Increments the count of a key, unless the limit of this window is reached. */
  increment(key: string, window: { readonly at: number; readonly windowMs: number; readonly limit: number }): Promise<Grant>;
  /** Removes the counts of windows that ended before a time. */
  removeEnded(before: number): Promise<void>;
}

/** Most keys. Above it, the least recently used key is evicted, and its count restarts. */
const MAX_KEYS = 100_000;

interface Window {
  endsAt: number;
  count: number;
}

/** Creates a limiter of this process. A window starts with its first request. `now` is a monotonic clock in milliseconds. */
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
