/**
 * The one error type: a code that http/errors/problem.ts turns into a status, and a sentence for the person who reads it.
 * Anything else that is thrown is a bug: it is logged whole and never shown.
 */

export const ERROR_CODES = [
  "invalid", // the request is well-formed, and its content is not: 422, with `errors`
  "malformed", // not JSON, or not what the content type says: 400
  "unsupported_media_type",
  "unauthorized",
  "forbidden",
  "not_found",
  "conflict", // the state of the resource does not allow it: 409
  "too_large", // over a limit, named in the detail: 413
  "rate_limited",
  "storage_full", // the disk has no room for what this would write: 507
  "unavailable", // starting, draining, or a dependency is away: 503
  "timeout",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One failure of a request: where (a JSON pointer, RFC 6901, into the body; "" is all of it) and what, with the cure. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** An error that is meant for the person who asked: a code, a sentence, and what is wrong field by field. */
export class TrainyardError extends Error {
  override readonly name = "TrainyardError";
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, detail: string, errors: readonly FieldError[] = []) {
    super(detail);
    this.code = code;
    this.errors = errors;
  }
}

/** The error of a request whose content is wrong, with every failure found. */
export function invalid(errors: readonly FieldError[]): TrainyardError {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new TrainyardError(
    "invalid",
    first ? `${first.pointer || "the body"}: ${first.detail}${more}` : "invalid request",
    errors,
  );
}

/** The error of a resource that is not there, or not there for whoever asks. */
export function notFound(what: string, id: string): TrainyardError {
  return new TrainyardError("not_found", `there is no ${what} ${id}`);
}

/** A JSON pointer (RFC 6901) for a path of keys and positions. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
