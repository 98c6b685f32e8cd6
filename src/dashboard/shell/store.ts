/** A value that can be watched, and the hook that draws it. Knows nothing of what it holds. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** A value with listeners; they are called after each change, with the new value. */
export interface Store<T> {
  get(): T;
  /** Nothing happens when the value is the same (Object.is). */
  set(next: T): void;
  /** Sets what comes of the present value. */
  update(change: (now: T) => T): void;
  /** Gives the function that ends it. */
  subscribe(listener: (value: T) => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<(value: T) => void>();
  const set = (next: T): void => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener(value);
  };
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The value of a store, or what `select` takes of it; draws again only when that has changed. */
export function useStore<T, S = T>(store: Store<T>, select: (value: T) => S = (value) => value as unknown as S): S {
  const latest = useRef(select);
  latest.current = select;
  const selected = select(store.get());
  const shown = useRef(selected);
  shown.current = selected;
  const [, redraw] = useState(0);
  useLayoutEffect(() => {
    const look = (value: T) => {
      if (!Object.is(latest.current(value), shown.current)) redraw((count) => count + 1);
    };
    // What changed between the drawing and now.
    look(store.get());
    return store.subscribe(look);
  }, [store]);
  return selected;
}
