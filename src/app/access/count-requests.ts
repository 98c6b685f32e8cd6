/** Counts the requests of a project, over all processes together. */
import type { RateLimiter } from "../../domain/access/rate-limit.ts";
import type { Services } from "../services.ts";

/** The window that http/auth/rate-limits.ts documents. */
const WINDOW_MS = 60_000;
/** The answer while the database does not answer: the rate limit refuses no request, because the request itself will fail. */
const UNCOUNTED = { allowed: true, remaining: 0 } as const;

/** Creates a limiter that counts in the store. A window begins with the first request in it. */
export function createSharedRateLimiter({ store, log }: Pick<Services, "store" | "log">, windowMs = WINDOW_MS): RateLimiter {
  return {
    async take(key, limit) {
      try {
        return await store.counters.increment(`requests ${key}`, { at: Date.now(), windowMs, limit });
      } catch (err) {
        log.warn({ err }, "cannot count a request");
        return { ...UNCOUNTED, resetMs: windowMs };
      }
    },
  };
}
