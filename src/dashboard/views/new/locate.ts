/** Finds the value of a JSON pointer in a JSON text: a parser that keeps only offsets. Pure. */

export interface TextRange {
  readonly start: number;
  readonly end: number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

interface Token {
  readonly text: string;
  readonly start: number;
}

/** Returns the range of the value at a pointer, or of the deepest one on the way to it. Null for an empty text. */
export function locate(text: string, pointer: string): TextRange | null {
  const tokens = [...text.matchAll(TOKEN)].map(({ 0: token, index }): Token => ({ text: token, start: index }));
  const wanted = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  let found: TextRange | null = null;
  let at = 0;
  /** Reads the value at the cursor; `rest` is the path from here, null off the path. Returns the value's end. */
  const read = (rest: readonly string[] | null): number => {
    const opening = tokens[at++];
    if (!opening) return text.length;
    const isObject = opening.text === "{";
    let end = opening.start + opening.text.length;
    if (isObject || opening.text === "[") {
      for (let index = 0; at < tokens.length && tokens[at]?.text !== (isObject ? "}" : "]"); index++) {
        const step = isObject ? keyOf(tokens[at]) : String(index);
        if (isObject) at += 2;
        read(rest && rest[0] === step ? rest.slice(1) : null);
        if (tokens[at]?.text === ",") at++;
      }
      const closing = tokens[at++];
      end = closing ? closing.start + 1 : text.length;
    }
    // Inner values end first: the deepest one on the path stays.
    if (rest) found ??= { start: opening.start, end };
    return end;
  };
  if (tokens.length === 0) return null;
  read(wanted);
  return found;
}

function keyOf(token: Token | undefined): string {
  try {
    return String(JSON.parse(token?.text ?? '""'));
  } catch {
    return "";
  }
}

/** Returns the line of an offset, counted from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
