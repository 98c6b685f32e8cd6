/** A value with listeners, and the hook that renders it. Knows nothing of what it holds. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** A value with listeners; they are called after each change, with the new value. */
export interface Store<T> {
  get(): T;
  /** Does nothing when the value is the same (Object.is). */
  set(next: T): void;
  /** Sets what `change` makes of the present value. */
  update(change: (now: T) => T): void;
  /** Returns an unsubscribe function. */
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

/** Returns the value of a store, or what `select` makes of it; renders again only when that has changed. */
export function useStore<T, S = T>(store: Store<T>, select: (value: T) => S = (value) => value as unknown as S): S {
  const latest = useRef(select);
  latest.current = select;
  const selected = select(store.get());
  const shown = useRef(selected);
  shown.current = selected;
  const [, redraw] = useState(0);
  useLayoutEffect(() => {
    const redrawIfChanged = (value: T) => {
      if (!Object.is(latest.current(value), shown.current)) redraw((count) => count + 1);
    };
    // The value may have changed between the rendering and now.
    redrawIfChanged(store.get());
    return store.subscribe(redrawIfChanged);
  }, [store]);
  return selected;
}
