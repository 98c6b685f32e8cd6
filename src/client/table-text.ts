/** What people read and type of a table: numbers of its cells, and words for a missing value (`NA, -999` for all columns, `age=-1` by column). */
import type { UploadOptions } from "./datasets.ts";

type MissingWords = NonNullable<UploadOptions["missing"]>;

/** Reads the words; null where some are by column and some are not. Nothing but commas is no word. */
export function parseMissingWords(text: string): MissingWords | null {
  const words = text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  const pairs = words.filter((word) => word.lastIndexOf("=") > 0);
  if (pairs.length === 0) return words;
  if (pairs.length < words.length) return null;
  const byColumn: Record<string, string[]> = {};
  for (const pair of pairs) {
    const at = pair.lastIndexOf("=");
    const column = pair.slice(0, at).trim();
    byColumn[column] = [...(byColumn[column] ?? []), pair.slice(at + 1).trim()];
  }
  return byColumn;
}

/** Writes the words as `parseMissingWords` reads them. */
export function formatMissingWords(words: MissingWords): string {
  if (Array.isArray(words)) return words.join(", ");
  return Object.entries(words as Readonly<Record<string, readonly string[]>>)
    .flatMap(([column, own]) => own.map((word) => `${column}=${word}`))
    .join(", ");
}

/** A number of a table as people write it: 41, 40.8. One that was rounded to float32 is kept to its seven digits. */
export function cellText(value: number): string {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-4 && size < 1e15) ? String(Number(value.toPrecision(size < 1e7 ? 7 : 15))) : String(value);
}
