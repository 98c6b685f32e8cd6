/** Replaces a built folder by a new one. */
import { existsSync, renameSync, rmSync } from "node:fs";

const MAX_TRIES = 10;

/**
 * Moves the folder `made` to `place`. The existing one is moved away before it is removed, so that an interruption leaves no half of it.
 * Others may do so at the same time: the last one wins.
 */
export function putInPlace(made: string, place: string): void {
  const old = `${made}.old`;
  try {
    for (let tries = 1; ; tries++) {
      try {
        if (existsSync(place)) renameSync(place, old);
        renameSync(made, place);
        return;
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
        rmSync(old, { recursive: true, force: true });
      }
    }
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}
