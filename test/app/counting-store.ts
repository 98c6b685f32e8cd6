/** A store that counts its calls, for tests of what is not read. */
import type { Store } from "../../src/domain/store/store.ts";

/** Calls by the name of the method, such as `jobs.get`. */
export type Calls = Record<string, number>;

/** Wraps a store; `calls` grows by every call of a method of an entity. */
export function countCalls(calls: Calls): (store: Store) => Store {
  const counted = (entity: string, methods: object) =>
    new Proxy(methods, {
      get(target, name) {
        const method = Reflect.get(target, name) as (...given: unknown[]) => unknown;
        return (...given: unknown[]) => {
          const path = `${entity}.${String(name)}`;
          calls[path] = (calls[path] ?? 0) + 1;
          return method(...given);
        };
      },
    });
  return (store) => {
    const entities = Object.entries(store).filter(([, member]) => typeof member === "object");
    return { ...store, ...Object.fromEntries(entities.map(([entity, methods]) => [entity, counted(entity, methods)])) };
  };
}
