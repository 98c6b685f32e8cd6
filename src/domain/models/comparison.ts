/** The differences between two JSON values. */
import { pointerOf } from "../errors.ts";

/** A difference at one JSON pointer. A side without a value there is left out. */
export interface Difference {
  /** A JSON pointer (RFC 6901). */
  readonly pointer: string;
  readonly a?: unknown;
  readonly b?: unknown;
}

/** A number that both sides have. */
export interface NumberPair {
  readonly pointer: string;
  readonly a: number;
  readonly b: number;
  /** b - a. */
  readonly difference: number;
}

/** Returns all differences. Members and elements are compared one by one, other values as a whole. */
export function differencesOf(a: unknown, b: unknown, path: readonly PropertyKey[] = []): Difference[] {
  if (Object.is(a, b)) return [];
  const keys = sharedKeys(a, b);
  if (keys) return keys.flatMap((key) => differencesOf(memberOf(a, key), memberOf(b, key), [...path, key]));
  const sides = { ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) };
  return [{ pointer: pointerOf(path), ...sides }];
}

/** Returns the finite numbers that both values have at the same pointer, except those in lists. */
export function numberPairs(a: unknown, b: unknown, path: readonly PropertyKey[] = []): NumberPair[] {
  if (isFiniteNumber(a) && isFiniteNumber(b)) return [{ pointer: pointerOf(path), a, b, difference: b - a }];
  if (Array.isArray(a) || Array.isArray(b)) return [];
  return (sharedKeys(a, b) ?? []).flatMap((key) => numberPairs(memberOf(a, key), memberOf(b, key), [...path, key]));
}

/** Returns the union of the keys if both values are objects or both are arrays. */
function sharedKeys(a: unknown, b: unknown): PropertyKey[] | null {
  if (!isComposite(a) || !isComposite(b) || Array.isArray(a) !== Array.isArray(b)) return null;
  if (Array.isArray(a) && Array.isArray(b)) return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => index);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value);

const isComposite = (value: unknown): value is object => typeof value === "object" && value !== null;

const memberOf = (value: unknown, key: PropertyKey): unknown =>
  Object.hasOwn(value as object, key) ? (value as Record<PropertyKey, unknown>)[key] : undefined;
