/** A CSV file in parts of whole rows: a browser reads no answer before its request is sent, so a long file is sent in many requests. */
import { chunksOf } from "./stream-text.ts";

/** Approximate characters of a part. */
const PART_CHARACTERS = 400_000;

export interface CsvPart {
  /** Whole rows, each with its line end. */
  readonly text: string;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
  /** Bytes of the file that are read up to its end. */
  readonly bytesRead: number;
}

/** Iterates over a file in parts of about `size` characters, cut at line ends outside of quotes. */
export async function* csvParts(file: Blob, size = PART_CHARACTERS): AsyncGenerator<CsvPart, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  let bytesRead = 0;
  let firstLine = 1;
  const part = (text: string): CsvPart => {
    const made = { text, firstLine, bytesRead };
    firstLine += text.split("\n").length - 1;
    return made;
  };
  for await (const chunk of chunksOf(file.stream())) {
    bytesRead += chunk.byteLength;
    rest += decoder.decode(chunk, { stream: true });
    for (let end = cutOf(rest, size); end > 0; end = cutOf(rest, size)) {
      yield part(rest.slice(0, end));
      rest = rest.slice(end);
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield part(rest.endsWith("\n") ? rest : `${rest}\n`);
}

/**
 * Returns where to cut a text longer than `size`: after its first line end from there on that is outside of quotes, else after
 * its last one. 0: it cannot be cut yet.
 *
 * @internal Exported for a test of cells that are longer than a part.
 */
export function cutOf(text: string, size: number): number {
  if (text.length <= size) return 0;
  let isQuoted = false;
  let cut = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === 0x22) isQuoted = !isQuoted;
    else if (character === 0x0a && !isQuoted) {
      cut = index + 1;
      if (cut >= size) break;
    }
  }
  return cut;
}

/** Returns the first row of a text, with its line end. */
export function firstRow(text: string): string {
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (character === 0x22) isQuoted = !isQuoted;
    else if (character === 0x0a && !isQuoted) return text.slice(0, index + 1);
  }
  return text;
}
