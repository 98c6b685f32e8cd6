/**
 * The last line of a batch response: the error of an invalid row in the middle of the batch, or, for clients that request a
 * trailer, that all rows are there. It distinguishes a complete response from a truncated one where HTTP's own signal is lost:
 * when a connection breaks, fetch discards its buffer, including this line.
 */

import type { Note } from "../notes.ts";

export type BatchFormat = "csv" | "ndjson";

/** Why a response breaks off. */
export interface BatchFailure {
  readonly code: string;
  readonly detail: string;
}

const CSV_END = "# end";
const CSV_NOTES = `${CSV_END} `;
const CSV_ERROR = "# error: ";

/** Returns the line without its line end; `failure` is null if every row was answered. `notes` are those on odd rows. */
export function trailerOf(format: BatchFormat, failure: BatchFailure | null, notes: readonly Note[] = []): string {
  const hasNotes = notes.length > 0;
  if (format === "csv") {
    if (failure) return CSV_ERROR + failure.detail.replaceAll(/[\r\n]+/g, " ");
    return hasNotes ? CSV_NOTES + JSON.stringify(notes) : CSV_END;
  }
  return JSON.stringify(failure ? { error: failure } : { end: true, ...(hasNotes && { notes }) });
}

/** The content of a trailer: that the response is complete, with notes on its rows, or why it broke off. */
export type Trailer =
  | { readonly end: true; readonly notes: readonly Note[] }
  | { readonly end: false; readonly detail: string };

/** Parses the last line of a response with a trailer; null if the line is not a trailer. */
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
