/** How a text becomes a cell of a CSV answer (RFC 4180). Knows no table. */

/** What the writing of a cell depends on. */
export interface CellStyle {
  readonly delimiter: string;
  /** Whether spreadsheets shall take every text for a text. */
  readonly spreadsheet: boolean;
}

/**
 * What spreadsheets run as a formula instead of showing it: OWASP's list for CSV injection, with the full-width forms of its signs,
 * and behind blanks too, which some of them pass over.
 */
const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/;

/** A number as people write it, sign and all: no spreadsheet finds a call in it. */
const NUMBER = /^[+-]?[\d.,]+(?:e[+-]?\d+)?%?$/i;

/** Text that takes quotes, whatever the delimiter. */
const QUOTED = /["\r\n]/;

/**
 * Writes a text as a cell, within quotes where it needs them. With `spreadsheet`, a text that a spreadsheet would run as a formula gets a `'`
 * before it, which spreadsheets take for "what follows is text"; numbers stay as they are.
 */
export function csvCell(text: string, { delimiter, spreadsheet }: CellStyle): string {
  const safe = spreadsheet && FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return QUOTED.test(safe) || safe.includes(delimiter) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
