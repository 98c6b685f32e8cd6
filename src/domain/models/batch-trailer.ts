/**
 * The last line of a batch's answer: what a row that is wrong comes to in the middle of it, or, for a client that asks for a
 * trailer, that all rows are there. It tells a whole answer from one that broke off where HTTP's own way is lost: fetch throws
 * away what it holds when a connection breaks, that line with it.
 */

import type { Note } from "../notes.ts";

export type BatchFormat = "csv" | "ndjson";

/** Why an answer breaks off. */
export interface BatchFailure {
  readonly code: string;
  readonly detail: string;
}

const CSV_END = "# end";
const CSV_NOTES = `${CSV_END} `;
const CSV_ERROR = "# error: ";

/** The line, without its end; `failure` is null when every row was answered, with notes where their rows were odd. */
export function trailerOf(format: BatchFormat, failure: BatchFailure | null, notes: readonly Note[] = []): string {
  const hasNotes = notes.length > 0;
  if (format === "csv") {
    if (failure) return CSV_ERROR + failure.detail.replaceAll(/[\r\n]+/g, " ");
    return hasNotes ? CSV_NOTES + JSON.stringify(notes) : CSV_END;
  }
  return JSON.stringify(failure ? { error: failure } : { end: true, ...(hasNotes && { notes }) });
}

/** What the last line of an answer says: that it is whole, with notes on its rows, or why it broke off. */
export type Trailer =
  | { readonly end: true; readonly notes: readonly Note[] }
  | { readonly end: false; readonly detail: string };

/** What the last line of an answer with a trailer says; null when it is no trailer. */
export function readTrailer(format: BatchFormat, line: string): Trailer | null {
  try {
    return format === "csv" ? readCsvTrailer(line) : readNdjsonTrailer(line);
  } catch {
    return null;
  }
}

function readCsvTrailer(line: string): Trailer | null {
  if (line === CSV_END) return { end: true, notes: [] };
  if (line.startsWith(`${CSV_NOTES}[`)) return { end: true, notes: JSON.parse(line.slice(CSV_NOTES.length)) as Note[] };
  return line.startsWith(CSV_ERROR) ? { end: false, detail: line.slice(CSV_ERROR.length) } : null;
}

function readNdjsonTrailer(line: string): Trailer | null {
  const { end, error, notes = [] } = JSON.parse(line) as { end?: boolean; error?: BatchFailure; notes?: Note[] };
  if (end) return { end, notes };
  return error ? { end: false, detail: error.detail } : null;
}
