/** Watches principals: ends long connections when the key or session behind them is no longer valid. */
import type { Principal } from "../../domain/access/api-key.ts";
import { singleFlight } from "../single-flight.ts";

export interface WatchOptions {
  /** Whether the principal's key is still valid, and its session if it has one. */
  readonly isValid: (principal: Principal) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

export interface Watches {
  /** Calls `end` once when the principal is no longer valid. Returns an unsubscribe function. */
  add(principal: Principal, end: () => void): () => void;
  /** Checks all principals now, instead of at the next interval. */
  check(): Promise<void>;
  close(): void;
}

/** Interval between two checks. */
const CHECK_MS = 1000;

/** Creates an empty set of watches. There are no checks while nothing is watched. */
export function createWatches({ isValid, onError }: WatchOptions): Watches {
  const watched = new Set<{ readonly principal: Principal; readonly end: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  const check = singleFlight(async () => {
    // Many connections share a key: check each key once.
    const answers = new Map<string, Promise<boolean>>();
    for (const watch of [...watched]) {
      const { keyId, session, expiresAt } = watch.principal;
      const id = `${keyId} ${session}`;
      const answer = answers.get(id) ?? isValid(watch.principal);
      answers.set(id, answer);
      const hasExpired = expiresAt !== null && expiresAt <= Date.now();
      if ((hasExpired || !(await answer)) && watched.delete(watch)) watch.end();
    }
  });
  const checkSafely = (): Promise<void> => check().catch(onError);

  return {
    add(principal, end) {
      const watch = { principal, end };
      watched.add(watch);
      if (timer === undefined) {
        timer = setInterval(() => void checkSafely(), CHECK_MS);
        timer.unref();
      }
      return () => {
        watched.delete(watch);
        if (watched.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    check: checkSafely,
    close() {
      clearInterval(timer);
      watched.clear();
    },
  };
}
