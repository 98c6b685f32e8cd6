/** Cells that hold several choices, as surveys export them: `Email;Phone`. Knows labels, no columns. */

/** What stands between choices; a comma with a space is tried before a comma alone. */
const SEPARATORS = [";", "|", ", ", ",", "/"] as const;

/** Fewest labels: of fewer, each combination is learned well as a label of its own. */
const MIN_LABELS = 12;
/** The share of the labels that must hold several choices. */
const SHARE_OF_LISTS = 0.2;
/** Choices are at most this share of the labels, because labels combine them. Names and addresses have more parts. */
const SHARE_OF_LABELS = 0.5;
const MIN_CHOICES = 3;
const MAX_CHOICES = 100;
/** Longest choice, in UTF-16 units. */
const LONGEST = 60;

/**
 * Returns the first label that holds several choices if the labels combine a few of them. Null if their parts are too many, repeat within a label, are long,
 * or mostly occur in one label only, as parts of names, addresses and paths do.
 */
export function findChoices(labels: readonly string[]): string | null {
  if (labels.length < MIN_LABELS) return null;
  for (const separator of SEPARATORS) {
    const lists = labels.filter((label) => label.includes(separator));
    if (lists.length >= SHARE_OF_LISTS * labels.length && areChoices(labels, separator)) return lists[0] as string;
  }
  return null;
}

function areChoices(labels: readonly string[], separator: string): boolean {
  const most = Math.min(MAX_CHOICES, SHARE_OF_LABELS * labels.length);
  /** In how many labels each choice is. */
  const found = new Map<string, number>();
  for (const label of labels) {
    const parts = label
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== "");
    if (new Set(parts).size < parts.length || parts.some(({ length }) => length > LONGEST)) return false;
    for (const part of parts) found.set(part, (found.get(part) ?? 0) + 1);
    if (found.size > most) return false;
  }
  const shared = [...found.values()].filter((count) => count > 1).length;
  return found.size >= MIN_CHOICES && shared * 2 > found.size;
}
