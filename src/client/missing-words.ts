/** Words for a missing value as people type them: `NA, -999` for all columns, `age=-1, weight=0` by column. */
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
