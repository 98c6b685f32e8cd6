/**
 * The only error type: a code, which http/errors/problem.ts maps to a status, and a sentence for the caller. Any other error is
 * a bug: it is logged in full and never shown.
 */

import { ID_PREFIXES, type IdKind } from "./id.ts";

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

/** The kinds of ids by their name in messages, and where they are listed. */
const NAMED: Readonly<Partial<Record<string, { readonly kind: IdKind; readonly list: string }>>> = {
  job: { kind: "job", list: "GET /v1/jobs?name= finds one by its name" },
  "data set": { kind: "dataset", list: "GET /v1/datasets lists them" },
  checkpoint: { kind: "checkpoint", list: "GET /v1/jobs/{id}/checkpoints lists those of a job" },
  key: { kind: "key", list: "GET /v1/keys lists them" },
  sweep: { kind: "sweep", list: "GET /v1/sweeps lists them" },
  worker: { kind: "worker", list: "GET /v1/workers lists them" },
};

/** Creates the error of a resource that does not exist, or that the caller may not see. Says so if the id is of another kind. */
export function notFound(what: string, id: string): TrainyardError {
  const detail = `there is no ${what} ${id}`;
  const named = NAMED[what];
  if (named && id === "") return new TrainyardError("not_found", `the id of the ${what} is missing: ${named.list}`);
  if (!named || id.startsWith(ID_PREFIXES[named.kind])) return new TrainyardError("not_found", detail);
  const other = Object.entries(ID_PREFIXES).find(([, prefix]) => id.startsWith(prefix))?.[0];
  const cure = other
    ? `that is the id of a ${other === "dataset" ? "data set" : other}`
    : `its id begins with ${ID_PREFIXES[named.kind]}; ${named.list}`;
  return new TrainyardError("not_found", `${detail}: ${cure}`);
}

/** Returns the JSON pointer (RFC 6901) of a path of keys and indices. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
