/**
 * The one error type: a code that http/errors/problem.ts turns into a status, and a sentence for the person who reads it.
 * Anything else that is thrown is a bug: it is logged whole and never shown.
 */

import { ID_PREFIXES, type IdKind } from "./id.ts";

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

/** What each kind of id is called, and where a list of them is. */
const NAMED: Readonly<Partial<Record<string, { readonly kind: IdKind; readonly list: string }>>> = {
  job: { kind: "job", list: "GET /v1/jobs?name= finds one by its name" },
  "data set": { kind: "dataset", list: "GET /v1/datasets lists them" },
  checkpoint: { kind: "checkpoint", list: "GET /v1/jobs/{id}/checkpoints lists those of a job" },
  key: { kind: "key", list: "GET /v1/keys lists them" },
  worker: { kind: "worker", list: "GET /v1/workers lists them" },
};

/** The error of a resource that is not there, or not there for whoever asks; an id of another kind is told so. */
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

/** A JSON pointer (RFC 6901) for a path of keys and positions. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
