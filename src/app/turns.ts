/** Work that holds much memory, a few at a time: others wait for their turn, up to a bound. */
import { TrainyardError } from "../domain/errors.ts";

export interface Turns {
  /** Runs a task when it is its turn. Throws unavailable where too many wait already. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/** Lets `atATime` tasks run together, and at most `waiting` wait. `name` says what they are, as in "comparisons". */
export function createTurns(name: string, atATime: number, waiting: number): Turns {
  const queue: (() => void)[] = [];
  let running = 0;
  return {
    async run(task) {
      if (running < atATime) running++;
      else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve));
      else throw new TrainyardError("unavailable", `${waiting} ${name} wait already, as many as may: ask again`);
      try {
        return await task();
      } finally {
        // Whoever is next has the turn of this one.
        const next = queue.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
