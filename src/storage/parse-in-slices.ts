/**
 * Parses stored JSON documents in slices, between which the event loop serves others, however long a document is. Knows nothing of their
 * content.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Characters that are parsed at once: less than a millisecond. */
const PIECE = 32 * 1024;
/** Characters that are scanned, or parsed, in one turn. */
const TURN = 8 * PIECE;

/** Returns what JSON.parse returns for a text that JSON.stringify wrote; a short one is parsed at once. */
export async function parseInSlices(text: string): Promise<unknown> {
  if (text.length <= PIECE) return JSON.parse(text);
  const reading = read(text, 0, text.length);
  let done = 0;
  for (;;) {
    const { value, done: isDone } = reading.next();
    if (isDone) return value;
    done += value as number;
    if (done < TURN) continue;
    done = 0;
    await nextTurn();
  }
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [BRACKET, BRACE] = [0x5b, 0x7b];
/** The closing bracket is the opening one's character code plus two. */
const isOpening = (code: number): boolean => code === BRACKET || code === BRACE;
const isClosing = (code: number): boolean => code === BRACKET + 2 || code === BRACE + 2;

/** Reads the value of the characters `from` to `to`; yields how many characters it has worked on. */
function* read(text: string, from: number, to: number): Generator<number, unknown> {
  const first = text.charCodeAt(from);
  if (to - from <= PIECE || !isOpening(first)) {
    yield to - from;
    return JSON.parse(text.slice(from, to));
  }
  const value: unknown[] | Record<string, unknown> = first === BRACKET ? [] : {};
  const end = to - 1;
  // Between `group` and `item` there are whole items that are not parsed yet.
  let group = from + 1;
  let item = group;
  let depth = 0;
  let looked = group;
  for (let at = group; at <= end; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if (isOpening(code)) depth++;
    else if (isClosing(code) && at < end) depth--;
    else if (depth === 0 && (code === COMMA || at === end)) {
      if (at - group > PIECE && item > group) {
        yield addItems(value, text.slice(group, item - 1));
        group = item;
      }
      if (at - group > PIECE) {
        yield* addLongItem(value, text, item, at);
        group = at + 1;
      }
      item = at + 1;
    }
    if (at - looked > PIECE) {
      yield at - looked;
      looked = at;
    }
  }
  if (group < end) yield addItems(value, text.slice(group, end));
  return value;
}

/** Parses adjacent items of an array, or members of an object. Returns their number of characters. */
function addItems(value: unknown[] | Record<string, unknown>, text: string): number {
  if (Array.isArray(value)) for (const item of JSON.parse(`[${text}]`) as unknown[]) value.push(item);
  else for (const [name, own] of Object.entries(JSON.parse(`{${text}}`) as object)) setOwn(value, name, own);
  return text.length;
}

function* addLongItem(
  value: unknown[] | Record<string, unknown>,
  text: string,
  from: number,
  to: number,
): Generator<number, void> {
  if (Array.isArray(value)) {
    value.push(yield* read(text, from, to));
    return;
  }
  const end = endOfText(text, from) + 1;
  setOwn(value, JSON.parse(text.slice(from, end)) as string, yield* read(text, end + 1, to));
}

/** The position of the quote that ends the text that begins at `at`. */
function endOfText(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
}

/** As in JSON.parse, a member named __proto__ is an ordinary member. */
function setOwn(members: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") members[name] = value;
  else Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
}
