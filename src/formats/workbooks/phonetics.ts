/**
 * Readings above Japanese words (furigana, ECMA-376 part 1, 18.4.6) in the cells of a sheet, which hucre takes for more of the text. It
 * leaves them out of texts that cells share, where Excel keeps them.
 */
import { partsOf, replacePart, unpack } from "./archive.ts";

/** Bytes of a sheet that is looked at, which is unpacked whole for it. */
const MAX_SHEET_BYTES = 32 * 1024 * 1024;
/** The tag before a reading, and the end of the one after it. */
const OPENING = /<(?:\w{1,20}:)?rPh\b[^>/]{0,200}>/g;
const CLOSING = "rPh>";

/** An archive without the readings in a sheet, the part at `path`; a sheet that is larger keeps them. */
export function withoutPhonetics(archive: Buffer, path: string): Buffer {
  const part = partsOf(archive).find(({ name }) => name === path);
  if (!part || part.bytes > MAX_SHEET_BYTES) return archive;
  const content = unpack(archive, part);
  if (!content.includes("rPh")) return archive;
  const text = content.toString("utf8");
  const plain = withoutReadings(text);
  return plain === text ? archive : replacePart(archive, part, Buffer.from(plain));
}

/** One pass over the text: a reading that never ends is no reason to look for its end again. */
function withoutReadings(text: string): string {
  const kept: string[] = [];
  let at = 0;
  for (const opening of text.matchAll(OPENING)) {
    if (opening.index < at) continue;
    const end = text.indexOf(CLOSING, opening.index + opening[0].length);
    if (end < 0) break;
    kept.push(text.slice(at, opening.index));
    at = end + CLOSING.length;
  }
  return kept.join("") + text.slice(at);
}
