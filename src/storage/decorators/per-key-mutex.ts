/**
 * Wraps a store so that changes of one job, or of one name, run in the order of the calls, each after the previous one has
 * ended, retries included. A pool of connections would run them in any order.
 */
import type { Store } from "../../domain/store/store.ts";
import { type StoreMethod, wrapMethods, wrapStore } from "../../domain/store/wrap-store.ts";

interface PerKeyMutex {
  /** Runs the task when all earlier tasks of this key have resolved or rejected. */
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

/** Wraps the store, and those of its projects. Methods with `orderedBy` in the table of methods run in order. */
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
