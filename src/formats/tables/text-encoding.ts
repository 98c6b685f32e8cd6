/** Text in other encodings as UTF-8, which all readers of text take. */

import { isUtf8 } from "node:buffer";
import type { Encoding } from "../../domain/datasets/encodings.ts";
import { type ByteChunks, malformedTable } from "./table.ts";

/** The bytes of a text as UTF-8. Throws malformed if they are not in the given encoding. */
export function asUtf8(chunks: ByteChunks, encoding: Encoding): ByteChunks {
  if (encoding === "utf-8") return chunks;
  return async function* () {
    let decoder: TextDecoder | null = null;
    for await (const chunk of chunks()) {
      decoder ??= new TextDecoder(labelOf(encoding, chunk), { fatal: true });
      yield decode(decoder, chunk, encoding);
    }
    if (decoder) yield decode(decoder, new Uint8Array(), encoding, false);
  };
}

function decode(decoder: TextDecoder, chunk: Uint8Array, encoding: Encoding, stream = true): Uint8Array<ArrayBuffer> {
  try {
    return Buffer.from(decoder.decode(chunk, { stream }));
  } catch {
    throw malformedTable(`the text is not ${encoding}`);
  }
}

/** The name in the Encoding Standard, in which latin1 is Windows-1252. UTF-16 is big-endian if its byte order mark says so. */
function labelOf(encoding: Encoding, [first, second]: Uint8Array): string {
  if (encoding === "latin1") return "windows-1252";
  if (encoding !== "utf-16") return encoding;
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-16le";
}

const LF = 0x0a;
/** Of the letters beyond ASCII, the share that may be signs which are no text. */
const FEW_ODD = 0.2;
const KANA = /[\u3040-\u30ff]/;
/** What stands in no text of Western Europe, but where its bytes are something else. */
const NO_TEXT = /[\u0080-\u009f¤¦¨¬¯¸÷×ƒˆ˜†‡]/g;

/** The encoding that a text beyond UTF-8 is clearly in; null where it is UTF-8, or none is clear. */
export async function foundEncoding(chunks: ByteChunks): Promise<Exclude<Encoding, "utf-8"> | null> {
  let isFirst = true;
  for await (const chunk of chunks()) {
    if (chunk.length === 0) continue;
    if (isFirst && isUtf16(chunk)) return "utf-16";
    // A chunk may begin and end within a character: its whole lines do not.
    const lines = wholeLines(chunk, isFirst);
    if (!isUtf8(lines)) return singleByteOrJapanese(lines);
    isFirst = false;
  }
  return null;
}

/** Whether a text begins with a mark of UTF-16, or every second of its first bytes is zero, as it is in ASCII. */
function isUtf16(chunk: Uint8Array): boolean {
  const [first, second] = chunk;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  const start = chunk.subarray(0, 64);
  return start.length >= 4 && start.every((byte, index) => (byte === 0) === (index % 2 === 1));
}

function wholeLines(chunk: Uint8Array<ArrayBuffer>, isFirst: boolean): Uint8Array<ArrayBuffer> {
  const from = isFirst ? 0 : chunk.indexOf(LF) + 1;
  const to = chunk.lastIndexOf(LF) + 1;
  return to > from ? chunk.subarray(from, to) : chunk.subarray(from);
}

function singleByteOrJapanese(lines: Uint8Array<ArrayBuffer>): "latin1" | "shift_jis" | null {
  if (isJapanese(lines)) return "shift_jis";
  const isHigh = (at: number): boolean => (lines[at] ?? 0) >= 0x80;
  let [high, together] = [0, 0];
  for (let at = 0; at < lines.length; at++) {
    if (!isHigh(at)) continue;
    high++;
    if (isHigh(at - 1) || isHigh(at + 1)) together++;
  }
  const odd = new TextDecoder("windows-1252").decode(lines).match(NO_TEXT)?.length ?? 0;
  return together <= high / 2 && odd <= high * FEW_ODD ? "latin1" : null;
}

/** Whether a text is Shift JIS with kana in it, which bytes of other encodings do not come to. */
function isJapanese(lines: Uint8Array<ArrayBuffer>): boolean {
  try {
    return KANA.test(new TextDecoder("shift_jis", { fatal: true }).decode(lines, { stream: true }));
  } catch {
    return false;
  }
}
