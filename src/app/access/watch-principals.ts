/** Watch principals: tells who holds a long connection that the key behind it is worth nothing any more. */
import type { Principal } from "../../domain/access/api-key.ts";
import { singleFlight } from "../single-flight.ts";

export interface WatchOptions {
  /** Whether the principal's key, and session if it came by one, are still good. */
  readonly isValid: (principal: Principal) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

export interface Watches {
  /** Calls `end` once when the principal is nobody any more. Returns what ends that. */
  add(principal: Principal, end: () => void): () => void;
  /** Looks now, and not only in a moment. */
  look(): Promise<void>;
  close(): void;
}

/** How often is looked. */
const LOOK_MS = 1000;

/** Nobody is watched yet. While nobody is, nothing is looked at. */
export function createWatches({ isValid, onError }: WatchOptions): Watches {
  const watched = new Set<{ readonly principal: Principal; readonly end: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  const look = singleFlight(async () => {
    // Many connections share a key: it is asked for once.
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
  const lookSafely = (): Promise<void> => look().catch(onError);

  return {
    add(principal, end) {
      const watch = { principal, end };
      watched.add(watch);
      if (timer === undefined) {
        timer = setInterval(() => void lookSafely(), LOOK_MS);
        timer.unref();
      }
      return () => {
        watched.delete(watch);
        if (watched.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    look: lookSafely,
    close() {
      clearInterval(timer);
      watched.clear();
    },
  };
}
