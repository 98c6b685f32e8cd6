/** Which columns of a table an upload keeps, if it names them. Knows no format. */
import { invalid, pointerOf } from "../../domain/errors.ts";
import { nearest } from "../../domain/spelling.ts";

/**
 * Indexes of the kept columns, in the table's order; all of them if none are named. Throws invalid for an unknown name, with the one that
 * was probably meant.
 */
export function selectColumns(names: readonly string[], wanted: readonly string[] | undefined): number[] {
  const places = names.map((_, place) => place);
  if (!wanted) return places;
  const known = new Set(names);
  const errors = wanted.flatMap((name, index) => {
    if (known.has(name)) return [];
    const meant = nearest(name, names);
    const cure = meant === null ? `there are ${shortList(names)}` : `did you mean ${meant}?`;
    return [
      { pointer: pointerOf(["columns", index]), detail: `${JSON.stringify(name)} is not a column of the table: ${cure}` },
    ];
  });
  if (errors.length > 0) throw invalid(errors);
  const kept = new Set(wanted);
  return places.filter((place) => kept.has(names[place] as string));
}

const LISTED = 20;

/** Names for a message: the first of very many. */
function shortList(names: readonly string[]): string {
  const more = names.length - LISTED;
  return names.slice(0, LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** The value of the option that keeps these columns, as a sender writes it; null if it would be too long to read. */
export function selectionOf(names: readonly string[]): string | null {
  if (names.length === 0 || names.length > LISTED) return null;
  const isPlain = names.every((name) => !/[,[\]"]/.test(name));
  return isPlain ? names.join(",") : JSON.stringify(names);
}
