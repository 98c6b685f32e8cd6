/** Writes a text as a cell of a CSV answer (RFC 4180). Knows no table. */

/** Options for writing a cell. */
export interface CellStyle {
  readonly delimiter: string;
  /** Whether to keep spreadsheets from running a text as a formula. */
  readonly spreadsheet: boolean;
}

/**
 * Texts that spreadsheets run as a formula instead of showing them: OWASP's list for CSV injection, with the full-width forms of its signs,
 * and behind blanks, which some spreadsheets skip.
 */
const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/;

/** A number as people write it, with its sign: spreadsheets find no call in it. */
const NUMBER = /^[+-]?[\d.,]+(?:e[+-]?\d+)?%?$/i;

/** Text that needs quotes, whatever the delimiter. */
const QUOTED = /["\r\n]/;

/**
 * Writes a text as a cell, in quotes if it needs them. With `spreadsheet`, a text that a spreadsheet would run as a formula gets a `'`
 * before it, which spreadsheets read as "what follows is text". Numbers stay as they are.
 */
export function csvCell(text: string, { delimiter, spreadsheet }: CellStyle): string {
  const safe = spreadsheet && FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return QUOTED.test(safe) || safe.includes(delimiter) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
