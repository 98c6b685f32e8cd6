/** JSON pointers (RFC 6901) into JSON: reading, and setting without changing the original. */

/** The keys of a pointer, unescaped; null if it is invalid. "" points to the whole. */
export function keysOf(pointer: string): readonly string[] | null {
  if (pointer === "") return [];
  if (!pointer.startsWith("/") || /~(?![01])/.test(pointer)) return null;
  const keys = pointer
    .slice(1)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  // None of our JSON has it, and as a key it would reach the prototype.
  return keys.includes("__proto__") ? null : keys;
}

const INDEX = /^(0|[1-9]\d*)$/;

/** The value at a key of an object or array; undefined if there is none. */
function valueAt(json: unknown, key: string): unknown {
  if (Array.isArray(json)) return INDEX.test(key) ? json[Number(key)] : undefined;
  if (typeof json !== "object" || json === null || !Object.hasOwn(json, key)) return undefined;
  return (json as Record<string, unknown>)[key];
}

/** Returns the value at a path of keys; undefined if there is none. */
export function readAt(json: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(valueAt, json);
}

/** Whether a value can be set at a path: its parent is an object, or an array with this index. */
export function canSetAt(json: unknown, keys: readonly string[]): boolean {
  const parent = readAt(json, keys.slice(0, -1));
  if (Array.isArray(parent)) return valueAt(parent, keys.at(-1) as string) !== undefined;
  return typeof parent === "object" && parent !== null;
}

/** Returns JSON with another value at a path. Parts off the path are shared; the original is unchanged. The path must be settable. */
export function withValueAt(json: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const inner = withValueAt(valueAt(json, key), rest, value);
  if (Array.isArray(json)) return json.with(Number(key), inner);
  return { ...(json as object), [key]: inner };
}
