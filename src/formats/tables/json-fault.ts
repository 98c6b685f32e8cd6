/** Finds where a text stops being JSON (RFC 8259), because JSON.parse does not always say. Used only after it has refused. */

/** A position in a text, counted from 0, and what was expected there. */
export interface JsonFault {
  readonly at: number;
  readonly expected: string;
}

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const FIRST_PRINTABLE = 0x20;

/** The first fault of a text that is not JSON. */
export function findJsonFault(text: string): JsonFault {
  try {
    const end = skipSpace(text, skipValue(text, 0));
    return { at: end, expected: "the end" };
  } catch (error) {
    if (error instanceof FaultFound) return error.fault;
    // Nested deeper than the stack: JSON.parse refuses that too.
    return { at: 0, expected: "a value that is not nested so deeply" };
  }
}

class FaultFound extends Error {
  readonly fault: JsonFault;

  constructor(at: number, expected: string) {
    super(expected);
    this.fault = { at, expected };
  }
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

/** The position after the value that starts at or after `at`. */
function skipValue(text: string, at: number): number {
  const start = skipSpace(text, at);
  if (text[start] === "{") return skipMembers(text, start, "}", skipMember);
  if (text[start] === "[") return skipMembers(text, start, "]", skipValue);
  if (text[start] === '"') return skipString(text, start);
  LITERAL.lastIndex = start;
  if (!LITERAL.test(text)) throw new FaultFound(start, "a value");
  return LITERAL.lastIndex;
}

function skipMembers(text: string, open: number, close: string, skip: (text: string, at: number) => number): number {
  let at = skipSpace(text, open + 1);
  if (text[at] === close) return at + 1;
  for (;;) {
    at = skipSpace(text, skip(text, at));
    if (text[at] === close) return at + 1;
    if (text[at] !== ",") throw new FaultFound(at, `a comma or ${close}`);
    at++;
  }
}

function skipMember(text: string, at: number): number {
  const key = skipSpace(text, at);
  if (text[key] !== '"') throw new FaultFound(key, "a name in double quotes");
  const colon = skipSpace(text, skipString(text, key));
  if (text[colon] !== ":") throw new FaultFound(colon, "a colon");
  return skipValue(text, colon + 1);
}

function skipString(text: string, open: number): number {
  for (let at = open + 1; ; ) {
    if (text[at] === '"') return at + 1;
    if (at >= text.length) throw new FaultFound(at, "the closing quote of a text");
    if (text.charCodeAt(at) < FIRST_PRINTABLE) throw new FaultFound(at, "a text without control characters");
    ESCAPE.lastIndex = at;
    if (text[at] !== "\\") at++;
    else if (ESCAPE.test(text)) at = ESCAPE.lastIndex;
    else throw new FaultFound(at, "an escape that JSON allows");
  }
}
