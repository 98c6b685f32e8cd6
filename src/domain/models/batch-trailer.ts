/**
 * The last line of a batch response: the error of an invalid row in the middle of the batch, or, for clients that request a
 * trailer, that all rows are there. It distinguishes a complete response from a truncated one where HTTP's own signal is lost:
 * when a connection breaks, fetch discards its buffer, including this line.
 */

export type BatchFormat = "csv" | "ndjson";

/** Why a response breaks off. */
export interface BatchFailure {
  readonly code: string;
  readonly detail: string;
}

const CSV_END = "# end";
const CSV_ERROR = "# error: ";

/** Returns the line without its line end; `failure` is null if every row was answered. */
export function trailerOf(format: BatchFormat, failure: BatchFailure | null): string {
  if (format === "csv") return failure ? CSV_ERROR + failure.detail.replaceAll(/[\r\n]+/g, " ") : CSV_END;
  return JSON.stringify(failure ? { error: failure } : { end: true });
}

/** Parses the last line of a response with a trailer: "whole", or why it broke off; null if the line is not a trailer. */
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
