/** A bounded cache that evicts the least recently used entries. */

export interface Lru<V> {
  /** Returns an entry and marks it as the most recently used. */
  get(key: string): V | undefined;
  /** Adds or replaces an entry, and evicts old ones until the bounds hold. An entry that exceeds a bound by itself is not kept. */
  set(key: string, value: V): void;
  /** Removes an entry, if it exists. */
  delete(key: string): void;
  /** Removes all entries. */
  clear(): void;
}

export interface LruBounds<V> {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** The size of an entry. */
  readonly bytesOf: (value: V) => number;
}

/** Creates an empty cache. Evicted entries are left to the garbage collector. */
export function createLru<V>({ maxCount, maxBytes, bytesOf }: LruBounds<V>): Lru<V> {
  // A Map iterates in insertion order: the first entry is the least recently used one.
  const entries = new Map<string, V>();
  let bytes = 0;
  /** The most recently used key: repeated reads of it need not move it. */
  let newest: string | null = null;
  const drop = (key: string): void => {
    const value = entries.get(key);
    if (value !== undefined && entries.delete(key)) bytes -= bytesOf(value);
    if (key === newest) newest = null;
  };
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined || key === newest) return value;
      entries.delete(key);
      entries.set(key, value);
      newest = key;
      return value;
    },
    set(key, value) {
      drop(key);
      if (bytesOf(value) > maxBytes) return;
      entries.set(key, value);
      newest = key;
      bytes += bytesOf(value);
      while (entries.size > maxCount || bytes > maxBytes) drop(entries.keys().next().value as string);
    },
    delete: drop,
    clear() {
      entries.clear();
      bytes = 0;
      newest = null;
    },
  };
}
