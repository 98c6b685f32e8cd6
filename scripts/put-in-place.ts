/** Exchanges a built folder for a new one. */
import { renameSync, rmSync } from "node:fs";

const MAX_TRIES = 10;

/** Moves the folder `made` to `place`, in the stead of what is there. Others may do so at the same time: whoever is last has it. */
export function putInPlace(made: string, place: string): void {
  for (let tries = 1; ; tries++) {
    rmSync(place, { recursive: true, force: true });
    try {
      renameSync(made, place);
      return;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}
