/** A bounded cache: what was used longest ago goes first. */

export interface Lru<V> {
  /** Also marks the entry as just used. */
  get(key: string): V | undefined;
  /** Adds or replaces an entry, and drops old ones until the bounds hold. An entry beyond a bound by itself is not kept. */
  set(key: string, value: V): void;
  /** Drops an entry; nothing happens if it is not there. */
  delete(key: string): void;
  /** Drops all entries. */
  clear(): void;
}

export interface LruBounds<V> {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** What an entry counts as. */
  readonly bytesOf: (value: V) => number;
}

/** An empty cache. Dropped entries are left to the garbage collector. */
export function createLru<V>({ maxCount, maxBytes, bytesOf }: LruBounds<V>): Lru<V> {
  // A Map iterates in the order of insertion: the first entry is the one used longest ago.
  const entries = new Map<string, V>();
  let bytes = 0;
  /** The last one: looked up again and again, it need not be moved. */
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
