/**
 * JSON from anybody. Members that would reach the prototype of whatever they are copied into are refused where they come in:
 * then nothing behind has to know of them.
 */
import { pointerOf } from "./errors.ts";

/** What was wrong with a text: not JSON, or JSON that is not taken. */
export type UntrustedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: "malformed" | "invalid"; readonly pointer: string; readonly detail: string };

/** Objects and arrays within one another: several times as many as any body of ours has. */
const MAX_JSON_DEPTH = 64;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses JSON in UTF-8. */
export function parseUntrusted(bytes: Uint8Array): UntrustedJson {
  const deepAt = tooDeepAt(bytes);
  if (deepAt !== null) {
    const detail = `the body has more than ${MAX_JSON_DEPTH} levels of objects and arrays, the most that is taken, at byte ${deepAt}`;
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

/** The byte at which nesting exceeds the limit; null where it never does. Looks at brackets outside of texts, JSON or not. */
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

/** Only a text with so many digits in a row can have a whole number that float64 does not hold exactly. */
const LONG_NUMBER = /\d{16}/;

/**
 * The value of a JSON text, in which a whole number beyond 2^53 that is written in digits alone is a bigint: float64 would make it
 * its neighbour. Throws a SyntaxError, as JSON.parse does.
 */
export function parseExactJson(text: string): unknown {
  return LONG_NUMBER.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
}

/** A reviver. The third argument is of ECMAScript's "JSON.parse source text access". */
function exactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const isInexact = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");
  return isInexact ? BigInt(context?.source as string) : value;
}

/** Why a member is refused. */
export const POLLUTION = "is a name that is not taken: it stands for the prototype of an object";

/** Names that are dangerous, or may be written so that a search does not find them. */
const SUSPICIOUS = /__proto__|prototype|\\u/;

/** Where a parsed text has a member that reaches a prototype; null where it has none, as almost every text. */
export function pollutionIn(text: string, value: unknown): string | null {
  return SUSPICIOUS.test(text) ? find(value) : null;
}

const MAX_POINTER_DEPTH = 100;

/** Walks without recursion: a value may be nested as deep as a body is long. */
function find(root: unknown): string | null {
  interface Place {
    readonly value: object;
    readonly key: string;
    readonly parent: Place | null;
  }
  const pathOf = (place: Place | null, key: string): string[] => {
    const path = [key];
    for (let at = place; at?.parent; at = at.parent) path.push(at.key);
    // A pointer as long as the body would help nobody.
    return path.length > MAX_POINTER_DEPTH ? [] : path.reverse();
  };
  const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isObject(root)) return null;
  const stack: Place[] = [{ value: root, key: "", parent: null }];
  for (let place = stack.pop(); place; place = stack.pop()) {
    for (const [key, value] of Object.entries(place.value)) {
      if (key === "__proto__") return pointerOf(pathOf(place, key));
      if (!isObject(value)) continue;
      if (key === "constructor" && Object.hasOwn(value, "prototype")) return pointerOf(pathOf(place, key));
      stack.push({ value, key, parent: place });
    }
  }
  return null;
}
