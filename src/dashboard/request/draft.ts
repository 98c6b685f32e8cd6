/** A job spec while it is being written: plain JSON, read and changed by JSON pointers (RFC 6901), as in the server's errors. Pure. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The server's errors by JSON pointer. */
export type Faults = ReadonlyMap<string, string>;

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const stepsOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/** Returns the value at a pointer; undefined where there is none. */
export function valueAt(value: Json, pointer: string): Json | undefined {
  let found: Json | undefined = value;
  for (const step of stepsOf(pointer)) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as JsonObject)[step];
  }
  return found;
}

/** Returns a copy with another value at a pointer; undefined removes the member. Missing objects on the way are created. */
export function withValue<T extends Json>(value: T, pointer: string, next: Json | undefined): T {
  return changed(value, stepsOf(pointer), next) as T;
}

function changed(value: Json | undefined, steps: readonly string[], next: Json | undefined): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return next;
  if (Array.isArray(value)) {
    const copy = [...(value as Json[])];
    const inner = changed(copy[Number(step)], rest, next);
    if (inner === undefined) copy.splice(Number(step), 1);
    else copy[Number(step)] = inner;
    return copy;
  }
  const { [step]: old, ...others } = isObject(value) ? value : {};
  const inner = changed(old, rest, next);
  if (inner === undefined) return others;
  // A member keeps its position, so that the text does not jump.
  return isObject(value) && step in value ? { ...value, [step]: inner } : { ...others, [step]: inner };
}

/** Returns the error at a pointer or within it, or null. */
export function faultAt(faults: Faults, pointer: string): string | null {
  const own = faults.get(pointer);
  if (own !== undefined) return own;
  for (const [at, detail] of faults) if (at.startsWith(`${pointer}/`)) return detail;
  return null;
}

/** Writes a key: as in JSON, or, in a program, without quotes if it needs none. */
type KeyText = (key: string) => string;
const quoted: KeyText = (key) => JSON.stringify(key);
const bare: KeyText = (key) => (/^[a-z_$][\w$]*$/i.test(key) ? key : JSON.stringify(key));

/** Returns a spec as JSON text for display and sending: what fits on a line is on one. */
export function textOf(spec: Json): string {
  return write(spec, "", quoted);
}

/** Returns a spec as an object of a TypeScript program. */
export function programOf(spec: Json): string {
  return write(spec, "", bare);
}

const LINE = 96;

function write(value: Json, indent: string, keyText: KeyText): string {
  const flat = flatText(value, keyText);
  if (typeof value !== "object" || value === null || flat.length + indent.length <= LINE) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => inner + write(item, inner, keyText));
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, item]) => `${inner}${keyText(key)}: ${write(item, inner, keyText)}`);
  return `{\n${members.join(",\n")}\n${indent}}`;
}

function flatText(value: Json, keyText: KeyText): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map((item) => flatText(item, keyText)).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${keyText(key)}: ${flatText(item, keyText)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
