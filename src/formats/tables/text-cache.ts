/** Caches short texts that repeat in a table, such as labels: each is made of bytes once, and found by them afterwards. */

const PLACES = 4096;
/** Maximum bytes of a cached text. */
const LONGEST = 32;

/** Makes texts of ASCII bytes. */
export interface TextCache {
  /** The text between two positions. `hash` is a function of its bytes alone. */
  textAt(bytes: Buffer, start: number, end: number, hash: number): string;
}

/** A cache of bounded size: a text replaces another one in the same slot. */
export function createTextCache(): TextCache {
  const kept: string[] = [];
  const written = new Uint8Array(PLACES * LONGEST);
  return {
    textAt(bytes, start, end, hash) {
      const length = end - start;
      if (length > LONGEST) return bytes.toString("latin1", start, end);
      const place = (hash ^ (hash >>> 12)) & (PLACES - 1);
      const known = kept[place];
      const from = place * LONGEST;
      if (known !== undefined && known.length === length) {
        let index = 0;
        while (index < length && written[from + index] === bytes[start + index]) index++;
        if (index === length) return known;
      }
      const text = bytes.toString("latin1", start, end);
      kept[place] = text;
      for (let index = 0; index < length; index++) written[from + index] = bytes[start + index] as number;
      return text;
    },
  };
}
