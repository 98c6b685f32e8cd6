/**
 * Turns: what changes one job, or one name, is done in the order in which it was asked for, each change when the one before it
 * has come to its end, however often that had to be tried. A pool of connections would do it in any order.
 */
import type { ProjectStore, Store } from "../../domain/ports.ts";

/** What changes the thing that its first argument names. */
const CHANGES = [
  "appendMetrics",
  "insertCheckpoint",
  "finishJob",
  "transition",
  "tagModel",
  "setAlias",
  "deleteAlias",
] as const satisfies readonly (keyof Store)[];

interface Turns {
  /** Runs the task when all tasks of this key that were given before have ended, however they ended. */
  take<T>(key: string, task: () => Promise<T>): Promise<T>;
}

/** The store, and those of its projects, with turns. */
export function serialized(store: Store): Store {
  const turns = createTurns();
  return { ...turned(store, turns, ""), ofProject: (project) => turned(store.ofProject(project), turns, project) };
}

function turned<S extends ProjectStore>(store: S, { take }: Turns, project: string): S {
  const changes = CHANGES.filter((name) => name in store).map((name) => {
    const change = (store as unknown as Store)[name] as (subject: string, ...rest: unknown[]) => Promise<unknown>;
    // Ids are everybody's, names are each project's.
    const keyOf = (subject: string) => (name.endsWith("Alias") ? `${project} ${subject}` : subject);
    return [name, (subject: string, ...rest: unknown[]) => take(keyOf(subject), () => change(subject, ...rest))] as const;
  });
  return { ...store, ...Object.fromEntries(changes) };
}

function createTurns(): Turns {
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
