/**
 * The values of a text column as they are stored and sent between threads: UTF-8, a line for each row. A missing text is empty, and a line
 * break within a text becomes a space, so that a text keeps its words.
 */

/** The texts of a column, packed. */
export type TextValues = Uint8Array<ArrayBuffer>;

/** Maximum UTF-16 units of texts stored for a table, all columns together. Columns beyond it are stored for the preview only. */
export const MAX_KEPT_CHARACTERS = 64 * 1024 * 1024;

/** Lines encoded at once, so that a long column does not hold two copies as strings. */
const BLOCK_LINES = 4096;

/** Packs texts as they come. */
export interface TextWriter {
  /** Adds the text of a row after all rows added so far. */
  add(row: number, text: string): void;
  /** Returns the packed texts of `rows` rows. */
  finish(rows: number): TextValues;
}

/** Creates an empty writer. */
export function createTextWriter(): TextWriter {
  const encoder = new TextEncoder();
  const blocks: Uint8Array[] = [];
  let lines: string[] = [];
  let written = 0;
  const push = (text: string) => {
    lines.push(text);
    written++;
    if (lines.length < BLOCK_LINES) return;
    blocks.push(encoder.encode(`${lines.join("\n")}\n`));
    lines = [];
  };
  return {
    add(row, text) {
      while (written < row) push("");
      push(text.replaceAll(/[\n\r]/g, " "));
    },
    finish(rows) {
      while (written < rows) push("");
      // Every line ends with a break, so that blocks can be concatenated.
      if (lines.length > 0) blocks.push(encoder.encode(`${lines.join("\n")}\n`));
      const packed = new Uint8Array(blocks.reduce((total, { length }) => total + length, 0));
      blocks.reduce((at, block) => {
        packed.set(block, at);
        return at + block.length;
      }, 0);
      return packed;
    },
  };
}

/** Packs the texts of all rows; null means missing. */
export function packTexts(texts: readonly (string | null)[]): TextValues {
  const writer = createTextWriter();
  texts.forEach((text, row) => {
    writer.add(row, text ?? "");
  });
  return writer.finish(texts.length);
}

const unpacked = new WeakMap<TextValues, readonly string[]>();

/** The texts of a column by row, cached as long as the packed ones exist, because rows are encoded in stretches. */
export function textsOf(values: TextValues): readonly string[] {
  const known = unpacked.get(values);
  if (known) return known;
  const lines = new TextDecoder().decode(values).split("\n");
  lines.pop();
  unpacked.set(values, lines);
  return lines;
}
