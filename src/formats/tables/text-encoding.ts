/** Converts text in other encodings to UTF-8, which all readers of text take. */
import type { Encoding } from "../../domain/datasets/reading-options.ts";
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
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-16le";
}
