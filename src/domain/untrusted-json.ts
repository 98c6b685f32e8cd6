/**
 * JSON from anybody. Members that would reach the prototype of whatever they are copied into are refused where they come in:
 * then nothing behind has to know of them.
 */
import { pointerOf } from "./errors.ts";

/** What was wrong with a text: not JSON, or JSON that is not taken. */
export type UntrustedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: "malformed" | "invalid"; readonly pointer: string; readonly detail: string };

/** Parses JSON in UTF-8. */
export function parseUntrusted(bytes: Uint8Array): UntrustedJson {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    return { ok: false, code: "malformed", pointer: "", detail: `the body is not JSON in UTF-8: ${(error as Error).message}` };
  }
  const pointer = pollutionIn(text, value);
  return pointer === null ? { ok: true, value } : { ok: false, code: "invalid", pointer, detail: POLLUTION };
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
