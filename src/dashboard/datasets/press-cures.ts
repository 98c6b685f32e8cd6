/** The cures of notes on a table, in terms of the fields of the page instead of options of a request. Pure. */
import { formatMissingWords, parseMissingWords } from "../../client/table-text.ts";
import type { Note, NoteCode } from "../../domain/notes.ts";

/** The labels of the fields with which a table is read again. */
export const FIELDS = {
  sheet: "Sheet",
  lines: "Lines to skip",
  rows: "Lines that are rows",
  decimal: "Decimal sign",
  missing: "Missing words",
  type: "Read as",
} as const;

const EVERY_LINE = `choose "every line" under "${FIELDS.rows}" if that is wrong`;

const CURES: Partial<Record<NoteCode, (note: Note) => string | null>> = {
  title_lines: () => `write 0 in "${FIELDS.lines}" if that is wrong`,
  sheet_chosen: () => `choose another one under "${FIELDS.sheet}"`,
  name_lines: () => EVERY_LINE,
  lines_below: () => EVERY_LINE,
  totals_row: () => EVERY_LINE,
  missing_codes: codesCure,
  letters_behind_numbers: ({ cure }) => typeCure(cure, "if it is"),
  spellings_merged: ({ cure }) => typeCure(cure, "to keep"),
  large_integers: ({ cure }) => typeCure(cure, "to read"),
  cells_read_as_missing: ({ cure }) => typeCure(cure, "if it is"),
  column_in_doubt: ({ cure }) => typeCure(cure, "if it is"),
  ambiguous_numbers: ({ cure }) => decimalCure(cure),
};

/** Returns the note with a cure that names a field of the page, or the same note if only a request can do it. */
export function withPressCure(note: Note): Note {
  const cure = CURES[note.code]?.(note) ?? null;
  return cure === null ? note : { ...note, cure };
}

/** The words of a cure, which are JSON, as text for the field. Null if a name has a character that the field cannot express. */
function codesCure({ cure }: Note): string | null {
  const [, json] = /missing=(\{.*\})$/.exec(cure) ?? [];
  if (json === undefined) return null;
  const words = JSON.parse(json) as Record<string, string[]>;
  const text = formatMissingWords(words);
  const isRead = JSON.stringify(parseMissingWords(text)) === JSON.stringify(words);
  return isRead ? `if it means a missing value, write ${text} in "${FIELDS.missing}"` : null;
}

/** Takes the type out of `types={"a":"category"} if ...`, and the text that begins with `since`. */
function typeCure(cure: string, since: string): string | null {
  const [, type] = /types=\{".*":"(\w+)"\}/.exec(cure) ?? [];
  const from = cure.lastIndexOf(since);
  return type === undefined || from < 0 ? null : `choose "${type}" under "${FIELDS.type}" ${cure.slice(from)}`;
}

function decimalCure(cure: string): string | null {
  const [, sign] = /decimal=([.,])/.exec(cure) ?? [];
  return sign === undefined ? null : `choose a ${sign === "," ? "comma" : "point"} under "${FIELDS.decimal}" if that is wrong`;
}
