/**
 * Which labels of a column are one label in several spellings, as people type them: Yes, yes and YES. Labels in which capital letters tell
 * more, as in genes (AA, Aa, aa) and chess pieces (K, k), stay apart. Knows labels and their counts, no columns.
 */

/** Labels that are looked at: of more, they are names rather than categories. */
const MAX_LABELS = 200;
/** Answers and sexes of one letter, in several languages: the only labels of one letter whose case says nothing. */
const LETTERS: readonly ReadonlySet<string>[] = ["yn", "jn", "on", "sn", "tf", "mf", "mw", "mfd", "mwd", "mfx"].map(
  (letters) => new Set(letters),
);

/** By what spellings of a label are one. */
export function spellingKey(label: string): string {
  return label.trim().toLowerCase();
}

/**
 * For each label the place of the one that stands for it: the spelling that is there most often, of equal ones the first. Null where
 * all labels differ in more than their spelling, or might mean different things.
 */
export function mergedSpellings(labels: readonly string[], counts: readonly number[]): Int32Array<ArrayBuffer> | null {
  const present = labels.flatMap((label, place) => ((counts[place] as number) > 0 ? [{ label, place }] : []));
  if (present.length > MAX_LABELS) return null;
  const groups = Map.groupBy(present, ({ label }) => spellingKey(label));
  if (groups.size < 2 || groups.size === present.length) return null;
  const letters = new Set([...groups.keys()].filter((key) => key.length === 1));
  const mayBeLetters = LETTERS.some((known) => [...letters].every((letter) => known.has(letter))) && letters.size > 1;
  const merged = Int32Array.from(labels, (_, place) => place);
  let isMerged = false;
  for (const [key, group] of groups) {
    if (group.length === 1 || !(key.length === 1 ? mayBeLetters : isWord(key) && group.every(isTyped))) continue;
    const [main] = group.toSorted((a, b) => (counts[b.place] as number) - (counts[a.place] as number));
    for (const { place } of group) merged[place] = (main as { place: number }).place;
    isMerged = true;
  }
  return isMerged ? merged : null;
}

/** Whether a key has more than one letter, so that its capitals are those of typing. */
const isWord = (key: string): boolean => new Set(key.match(/\p{L}/gu)).size > 1;

/** Whether capitals stand where people set them: nowhere, everywhere, or at the beginning of the label or of its words. */
function isTyped({ label }: { readonly label: string }): boolean {
  const text = label.trim();
  const lower = text.toLowerCase();
  const words = lower.replace(/(^|[^\p{L}'’])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
  const first = lower.replace(/\p{L}/u, (letter) => letter.toUpperCase());
  return [lower, text.toUpperCase(), words, first].includes(text);
}
