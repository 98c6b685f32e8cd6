/**
 * The only error type: a code, which http/errors/problem.ts maps to a status, and a sentence for the caller. Any other error is
 * a bug: it is logged in full and never shown.
 */

export const ERROR_CODES = [
  "invalid", // the request is well-formed, but its content is invalid: 422, with `errors`
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

/** One failure of a request: where (a JSON pointer, RFC 6901, into the body; "" is the whole body), and what, with the cure. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** An error for the caller: a code, a sentence, and the errors of individual fields. */
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

/** Creates the error of a request with invalid content, with every failure found. */
export function invalid(errors: readonly FieldError[]): TrainyardError {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new TrainyardError(
    "invalid",
    first ? `${first.pointer || "the body"}: ${first.detail}${more}` : "invalid request",
    errors,
  );
}

/** Creates the error of a resource that does not exist, or that the caller may not see. */
export function notFound(what: string, id: string): TrainyardError {
  return new TrainyardError("not_found", `there is no ${what} ${id}`);
}

/** Returns the JSON pointer (RFC 6901) of a path of keys and indices. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
