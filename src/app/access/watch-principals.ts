/** Watch visitors: tells who holds a long connection that the key behind it is worth nothing any more. */
import type { Visitor } from "../../domain/access/api-key.ts";
import { coalesce } from "../single-flight.ts";

export interface WatchOptions {
  /** Whether the visitor's key, and session if it came by one, are still good. */
  readonly isSomebody: (visitor: Visitor) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

export interface Watches {
  /** Calls `end` once when the visitor is nobody any more. Returns what ends that. */
  add(visitor: Visitor, end: () => void): () => void;
  /** Looks now, and not only in a moment. */
  look(): Promise<void>;
  close(): void;
}

/** How often is looked. */
const LOOK_MS = 1000;

/** Nobody is watched yet. While nobody is, nothing is looked at. */
export function createWatches({ isSomebody, onError }: WatchOptions): Watches {
  const watched = new Set<{ readonly visitor: Visitor; readonly end: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  const look = coalesce(async () => {
    // Many connections share a key: it is asked for once.
    const answers = new Map<string, Promise<boolean>>();
    for (const watch of [...watched]) {
      const { keyId, session, expiresAt } = watch.visitor;
      const id = `${keyId} ${session}`;
      const answer = answers.get(id) ?? isSomebody(watch.visitor);
      answers.set(id, answer);
      const hasExpired = expiresAt !== null && expiresAt <= Date.now();
      if ((hasExpired || !(await answer)) && watched.delete(watch)) watch.end();
    }
  });
  const lookSafely = (): Promise<void> => look().catch(onError);

  return {
    add(visitor, end) {
      const watch = { visitor, end };
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
