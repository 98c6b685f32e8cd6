/**
 * A store that makes changes of one job, or of one name, in the order in which they were asked for, each when the one before it
 * has ended, however often that had to be tried. A pool of connections would make them in any order.
 */
import type { Store } from "../../domain/store/store.ts";
import { type StoreMethod, wrapMethods, wrapStore } from "../../domain/store/wrap-store.ts";

interface PerKeyMutex {
  /** Runs the task when all earlier tasks of this key have ended, however they ended. */
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

/** The store, and those of its projects, with the methods in order that the table of methods wants in order. */
export function serialized(store: Store): Store {
  const mutex = createPerKeyMutex();
  return wrapStore(store, (part, project) =>
    wrapMethods(part, (method, { orderedBy }): StoreMethod => {
      if (!orderedBy) return method;
      const keyOf = (subject: unknown) => (orderedBy === "name" ? `${project} ${subject}` : String(subject));
      return (...args) => mutex.run(keyOf(args[0]), () => method(...args));
    }),
  );
}

function createPerKeyMutex(): PerKeyMutex {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, task) {
      const before = last.get(key);
      const running = before ? before.then(task, task) : task();
      last.set(key, running);
      const forget = () => {
        if (last.get(key) === running) last.delete(key);
      };
      running.then(forget, forget);
      return running;
    },
  };
}
