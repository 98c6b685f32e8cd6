/** Cuts a stream into blocks of whole lines, with bounded rows and memory. Understands quotes, but no other format. */
import { TrainyardError } from "../../domain/errors.ts";

const QUOTE = 0x22;
const LF = 0x0a;

export interface LineBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of its first line, from 1. */
  readonly firstLine: number;
}

export interface LineBlockOptions {
  /** Whether a line end between double quotes is part of the row. */
  readonly quotes: boolean;
  /** Maximum rows of a block. */
  readonly maxRows: number;
  /** Maximum bytes of a row; a longer one throws too_large. */
  readonly maxRowBytes: number;
}

/**
 * Yields the rows that end in a chunk as soon as the chunk arrives, so that a slow sender gets answers early. A chunk need only be valid until
 * the next one is asked for.
 */
export async function* lineBlocks(
  chunks: AsyncIterable<Uint8Array>,
  { quotes, maxRows, maxRowBytes }: LineBlockOptions,
): AsyncGenerator<LineBlock, void, void> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let quoted = false;
  let line = 1;
  let firstLine = 1;
  for await (const chunk of chunks) {
    let start = 0;
    let end = 0;
    let endLine = line;
    let rows = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === QUOTE && quotes) quoted = !quoted;
      if (byte !== LF) continue;
      line++;
      if (quoted) continue;
      end = at + 1;
      endLine = line;
      if (++rows < maxRows) continue;
      yield { bytes: join([...held, chunk.subarray(start, end)]), firstLine };
      [held, heldBytes, rows, start, firstLine] = [[], 0, 0, end, line];
    }
    if (rows > 0) {
      yield { bytes: join([...held, chunk.subarray(start, end)]), firstLine };
      [held, heldBytes, start, firstLine] = [[], 0, end, endLine];
    }
    if (start === chunk.length) continue;
    // A copy, because the chunk may be freed before the next one arrives. The `slice` of a Buffer would be a view.
    held.push(new Uint8Array(chunk.subarray(start)));
    heldBytes += chunk.length - start;
    if (heldBytes > maxRowBytes) throw tooLong(firstLine, maxRowBytes, quoted);
  }
  if (heldBytes > 0) yield { bytes: join(held), firstLine };
}

function tooLong(line: number, maxRowBytes: number, quoted: boolean): TrainyardError {
  const hint = quoted ? "; is a quote not closed?" : "";
  return new TrainyardError("too_large", `line ${line}: the row has more than ${maxRowBytes} bytes${hint}`);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
