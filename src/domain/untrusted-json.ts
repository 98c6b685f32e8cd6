/**
 * Untrusted JSON. Members that could change the prototype of an object that they are copied into are rejected here, so that no
 * other code has to handle them.
 */
import { pointerOf } from "./errors.ts";

/** The parsed value, or why the text was rejected: not JSON, or JSON that is not accepted. */
export type UntrustedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: "malformed" | "invalid"; readonly pointer: string; readonly detail: string };

/** Most nested objects and arrays: several times as many as any valid request body has. */
const MAX_JSON_DEPTH = 64;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses JSON in UTF-8. */
export function parseUntrusted(bytes: Uint8Array): UntrustedJson {
  const deepAt = tooDeepAt(bytes);
  if (deepAt !== null) {
    const detail = `the body is nested deeper than the limit of ${MAX_JSON_DEPTH} levels of objects and arrays, at byte ${deepAt}`;
    return { ok: false, code: "malformed", pointer: "", detail };
  }
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, code: "malformed", pointer: "", detail: `the body is not JSON in UTF-8: ${(error as Error).message}` };
  }
  const pointer = pollutionIn(text, value);
  return pointer === null ? { ok: true, value } : { ok: false, code: "invalid", pointer, detail: POLLUTION };
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Returns the byte at which nesting exceeds the limit; null if it never does. Counts brackets outside strings, even in invalid JSON. */
function tooDeepAt(bytes: Uint8Array): number | null {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) isInText = !isInText;
    else if (isInText) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > MAX_JSON_DEPTH) return at;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
  }
  return null;
}

/** Only a text with this many consecutive digits can have a whole number that is not exact in float64. */
const LONG_NUMBER = /\d{16}/;

/**
 * Parses JSON, with whole numbers beyond 2^53 that are written in digits only as bigints, because float64 would round them.
 * Throws a SyntaxError, as JSON.parse does.
 */
export function parseExactJson(text: string): unknown {
  return LONG_NUMBER.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
}

/** The reviver. Its third argument is from ECMAScript's "JSON.parse source text access". */
function exactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isInexact = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");
  return isInexact ? BigInt(context?.source as string) : value;
}

/** Why a member is rejected. */
export const POLLUTION = "is not allowed as a name: it refers to the prototype of an object";

/** Dangerous names, and escapes that could hide one from a search. */
const SUSPICIOUS = /__proto__|prototype|\\u/;

/** Returns the pointer of a member that refers to a prototype; null if there is none, as in almost every text. */
export function pollutionIn(text: string, value: unknown): string | null {
  return SUSPICIOUS.test(text) ? find(value) : null;
}

const MAX_POINTER_DEPTH = 100;

/** Searches without recursion, because a value can be nested as deep as a body is long. */
function find(root: unknown): string | null {
  interface Node {
    readonly value: object;
    readonly key: string;
    readonly parent: Node | null;
  }
  const pathOf = (node: Node | null, key: string): string[] => {
    const path = [key];
    for (let at = node; at?.parent; at = at.parent) path.push(at.key);
    // A pointer as long as the body would be useless.
    return path.length > MAX_POINTER_DEPTH ? [] : path.reverse();
  };
  const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isObject(root)) return null;
  const stack: Node[] = [{ value: root, key: "", parent: null }];
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const [key, value] of Object.entries(node.value)) {
      if (key === "__proto__") return pointerOf(pathOf(node, key));
      if (!isObject(value)) continue;
      if (key === "constructor" && Object.hasOwn(value, "prototype")) return pointerOf(pathOf(node, key));
      stack.push({ value, key, parent: node });
    }
  }
  return null;
}
