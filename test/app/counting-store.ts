/** A store that counts its calls, for tests of what is not read. */
import type { Store } from "../../src/domain/ports.ts";

/** Calls by the name of the method. */
export type Calls = Record<string, number>;

/** Wraps a store; `calls` grows by every call of a method. */
export function countCalls(calls: Calls): (store: Store) => Store {
  return (store) =>
    new Proxy(store, {
      get(target, name) {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== "function") return member;
        return (...given: unknown[]) => {
          calls[String(name)] = (calls[String(name)] ?? 0) + 1;
          return Reflect.apply(member, target, given);
        };
      },
    });
}
