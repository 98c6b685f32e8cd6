/** Exchanges a built folder for a new one. */
import { existsSync, renameSync, rmSync } from "node:fs";

const MAX_TRIES = 10;

/**
 * Moves the folder `made` to `place`, in the stead of what is there, which is moved away before it is removed: whoever is interrupted leaves
 * no half of it. Others may do so at the same time: whoever is last has it.
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
