/** Suggestions for mistyped names, such as of columns. */

/** Returns the name closest to a mistyped one, if at most a third of its letters are wrong, or one of fewer than six, but not all. Null if there is none. */
export function nearest(key: string, names: readonly string[]): string | null {
  if (key.length > 40) return null;
  const mayDiffer = (field: string) => Math.max(1, Math.floor(field.length / 3));
  const [best] = names
    .filter((field) => Math.abs(field.length - key.length) <= mayDiffer(field))
    .map((field) => ({ field, edits: editsBetween(key.toLowerCase(), field.toLowerCase()) }))
    .filter(({ field, edits }) => edits <= mayDiffer(field) && edits < Math.max(key.length, field.length))
    .sort((a, b) => a.edits - b.edits);
  return best?.field ?? null;
}

/** Names that an error lists. */
const MAX_LISTED_NAMES = 40;

/** What is wrong with a name that no column of a data set has: the one that was probably meant, and those that there are. */
export function unknownColumn(name: string, columns: readonly { readonly name: string }[]): string {
  const names = columns.map((column) => column.name);
  const begins = names.filter((each) => each.toLowerCase().startsWith(name.trim().toLowerCase()));
  const meant = nearest(name, names) ?? (begins.length === 1 ? begins[0] : undefined);
  const more = names.length > MAX_LISTED_NAMES ? ` and ${names.length - MAX_LISTED_NAMES} more` : "";
  const listed = `the data set has ${names.slice(0, MAX_LISTED_NAMES).join(", ")}${more}`;
  return `there is no column ${name}: ${meant === undefined ? "" : `did you mean ${meant}? `}${listed}`;
}

/** The number of letters to insert, delete, replace or swap with the next one (optimal string alignment distance). */
function editsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const above = rows[i - 1] as number[];
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let edits = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) edits = Math.min(edits, ((rows[i - 2] as number[])[j - 2] as number) + 1);
      row.push(edits);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
