/** Turns: what concerns one thing is done in the order in which it was asked for, while other things go on. */

export interface Turns {
  /** Runs the task when all tasks of this key that were given before have ended, however they ended. */
  take<T>(key: string, task: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    take(key, task) {
      const before = last.get(key);
      const run = before ? before.then(task, task) : task();
      last.set(key, run);
      const forget = () => {
        if (last.get(key) === run) last.delete(key);
      };
      run.then(forget, forget);
      return run;
    },
  };
}
