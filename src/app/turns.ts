/** Work that holds much memory, a few at a time: others wait for their turn, up to a bound. */
import { TrainyardError } from "../domain/errors.ts";

export interface Turns {
  /** Runs a task when it is its turn. Throws unavailable where too many wait already, and the signal's reason where that aborts before. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Lets `atATime` tasks run together, and at most `waiting` wait. `name` says what they are, as in "comparisons". */
export function createTurns(name: string, atATime: number, waiting: number): Turns {
  const queue: (() => void)[] = [];
  let running = 0;
  const turn = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(begin), 1);
        reject(signal?.reason);
      };
      queue.push(begin);
      signal?.addEventListener("abort", leave, { once: true });
    });
  return {
    async run(task, signal) {
      signal?.throwIfAborted();
      if (running < atATime) running++;
      else if (queue.length < waiting) await turn(signal);
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
