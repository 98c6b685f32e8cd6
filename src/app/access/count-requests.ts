/** Count requests: how often a project has asked, on all processes together. */
import type { RateLimiter } from "../../domain/access/rate-limit.ts";
import type { Services } from "../services.ts";

/** As http/auth/rate-limits.ts tells it. */
const WINDOW_MS = 60_000;
/** Where the database does not answer nobody is refused for having asked too often: what they ask for will be. */
const UNCOUNTED = { allowed: true, remaining: 0 } as const;

/** A limiter that counts in the store. A window begins with the first request in it. */
export function createSharedRateLimiter({ store, log }: Pick<Services, "store" | "log">, windowMs = WINDOW_MS): RateLimiter {
  return {
    async take(key, limit) {
      try {
        return await store.counters.increment(`requests ${key}`, { at: Date.now(), windowMs, limit });
      } catch (err) {
        log.warn({ err }, "a request was not counted");
        return { ...UNCOUNTED, resetMs: windowMs };
      }
    },
  };
}
