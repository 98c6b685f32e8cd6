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

/** The limits of a text. */
export interface JsonBounds {
  /** The maximum memory of its values in V8's heap. V8 cannot stop within JSON.parse, and ends the process at the heap's limit. */
  readonly heapBytes: number;
  /** Members of all objects together. */
  readonly members: number;
}

const MIN_HEAP_BYTES = 512 * 1024 ** 2;
const HEAP_BYTES_A_BODY_BYTE = 8;

/** The memory that the JSON of a body of at most `bodyBytes` may take: enough for millions of numbers, but not for as many objects. */
export function jsonHeapBytes(bodyBytes: number): number {
  return Math.max(MIN_HEAP_BYTES, bodyBytes * HEAP_BYTES_A_BODY_BYTE);
}

const DEFAULT_BOUNDS: JsonBounds = { heapBytes: MIN_HEAP_BYTES, members: Number.POSITIVE_INFINITY };

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Parses JSON in UTF-8. Texts that are nested too deeply or have too many values are refused before they are parsed. */
export function parseUntrusted(bytes: Uint8Array, bounds: JsonBounds = DEFAULT_BOUNDS): UntrustedJson {
  const measures = measureJson(bytes);
  if (measures.deepAt !== null) {
    const detail = `the body is nested deeper than the limit of ${MAX_JSON_DEPTH} levels of objects and arrays, at byte ${measures.deepAt}`;
    return { ok: false, code: "malformed", pointer: "", detail };
  }
  const excess = excessOf(measures, bytes.length, bounds);
  if (excess !== null) return { ok: false, code: "invalid", pointer: "", detail: excess };
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
const [COMMA, COLON, POINT, LOWER_E, UPPER_E] = [0x2c, 0x3a, 0x2e, 0x65, 0x45];

/** The counts of a text, JSON or not. */
interface JsonMeasures {
  /** The byte at which nesting exceeds the limit; null where it never does. */
  readonly deepAt: number | null;
  readonly objects: number;
  readonly arrays: number;
  readonly members: number;
  readonly commas: number;
  /** Lower bound of the numbers with a point or an exponent: "true" counts too. */
  readonly fractions: number;
}

/** What is counted at a time: in memory of a fixed length, since V8 reads that of buffers that can grow more slowly. */
const block = new Uint8Array(64 * 1024);

/** Counts the brackets and values outside strings, in one pass, even in invalid JSON. */
function measureJson(bytes: Uint8Array): JsonMeasures {
  let [objects, arrays, members, commas, fractions, depth] = [0, 0, 0, 0, 0, 0];
  let deepAt: number | null = null;
  let isInText = false;
  let end = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (at >= end) {
      end = at + block.length;
      block.set(bytes.subarray(at, end));
    }
    const byte = block[at + block.length - end];
    if (byte === QUOTE) isInText = !isInText;
    else if (isInText) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === COMMA) commas++;
    else if (byte === POINT || byte === LOWER_E || byte === UPPER_E) fractions++;
    else if (byte === COLON) members++;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (byte === OPEN_ARRAY) arrays++;
      else objects++;
      if (++depth > MAX_JSON_DEPTH) {
        deepAt = at;
        break;
      }
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
  }
  return { deepAt, objects, arrays, members, commas, fractions };
}

/**
 * Upper bound of the bytes in V8's heap: an object with its own dictionary, an array with its elements, a member with a unique name, a
 * boxed number. `text`: the text as a string of two bytes a character, and its strings once more.
 */
const HEAP_BYTES = { text: 3, object: 256, array: 64, member: 120, value: 8, fraction: 16 };

function excessOf(
  { objects, arrays, members, commas, fractions }: JsonMeasures,
  textBytes: number,
  bounds: JsonBounds,
): string | null {
  if (members > bounds.members) return `has ${members} fields in all its objects; at most ${bounds.members} are allowed`;
  const heapBytes =
    HEAP_BYTES.text * textBytes +
    HEAP_BYTES.object * objects +
    HEAP_BYTES.array * arrays +
    HEAP_BYTES.member * members +
    HEAP_BYTES.value * (commas + arrays) +
    HEAP_BYTES.fraction * fractions;
  if (heapBytes <= bounds.heapBytes) return null;
  return `its ${objects} objects, ${arrays} arrays and ${commas + 1} values take up to ${mebibytes(heapBytes)} MiB when they are parsed, more than the limit of ${mebibytes(bounds.heapBytes)} MiB: send fewer at a time`;
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);

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
