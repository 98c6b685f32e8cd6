/**
 * The last line of a batch's answer: what a row that is wrong comes to in the middle of it, or, for a client that asks for a
 * trailer, that all rows are there. It tells a whole answer from one that broke off where HTTP's own way is lost: fetch throws
 * away what it holds when a connection breaks, that line with it.
 */

export type BatchFormat = "csv" | "ndjson";

/** Why an answer breaks off. */
export interface BatchFailure {
  readonly code: string;
  readonly detail: string;
}

const CSV_END = "# end";
const CSV_ERROR = "# error: ";

/** The line, without its end; `failure` is null when every row was answered. */
export function trailerOf(format: BatchFormat, failure: BatchFailure | null): string {
  if (format === "csv") return failure ? CSV_ERROR + failure.detail.replaceAll(/[\r\n]+/g, " ") : CSV_END;
  return JSON.stringify(failure ? { error: failure } : { end: true });
}

/** What the last line of an answer with a trailer says: "whole", or why it broke off; null when it says neither. */
export function readTrailer(format: BatchFormat, line: string): "whole" | Pick<BatchFailure, "detail"> | null {
  if (format === "csv") {
    if (line === CSV_END) return "whole";
    return line.startsWith(CSV_ERROR) ? { detail: line.slice(CSV_ERROR.length) } : null;
  }
  try {
    const { end, error } = JSON.parse(line) as { end?: boolean; error?: Pick<BatchFailure, "detail"> };
    return end ? "whole" : (error ?? null);
  } catch {
    return null;
  }
}
