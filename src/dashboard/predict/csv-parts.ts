/** A CSV file in parts of whole rows: a browser reads no answer before its request is sent, so a long file goes in many. */

/** Characters of a part, about. */
const PART_CHARACTERS = 400_000;

export interface CsvPart {
  /** Whole rows, each with its line end. */
  readonly text: string;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
  /** Bytes of the file that are read by its end. */
  readonly bytesRead: number;
}

/** Cuts at line ends that stand in no quotes. */
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
  for await (const chunk of chunksOf(file)) {
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

/** Not every browser iterates over a stream. */
async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array, void, void> {
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * Where to cut a text longer than `size`: after the first line end from there on that is no part of a cell, or the last one
 * there is. 0: nowhere yet.
 *
 * @internal Exported for a test of cells that are longer than a part.
 */
export function cutOf(text: string, size: number): number {
  if (text.length <= size) return 0;
  let isQuoted = false;
  let cut = 0;
  for (let place = 0; place < text.length; place++) {
    const character = text.charCodeAt(place);
    if (character === 0x22) isQuoted = !isQuoted;
    else if (character === 0x0a && !isQuoted) {
      cut = place + 1;
      if (cut >= size) break;
    }
  }
  return cut;
}

/** The first row of a text, with its line end. */
export function firstRow(text: string): string {
  let isQuoted = false;
  for (let place = 0; place < text.length; place++) {
    const character = text.charCodeAt(place);
    if (character === 0x22) isQuoted = !isQuoted;
    else if (character === 0x0a && !isQuoted) return text.slice(0, place + 1);
  }
  return text;
}
