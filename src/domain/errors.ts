/**
 * The only error type: a code, which http/errors/problem.ts maps to a status, and a sentence for the caller. Any other error is
 * a bug: it is logged in full and never shown.
 */

import { ID_PREFIXES, type IdKind } from "./id.ts";
import { nearest } from "./spelling.ts";

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

export const CURE_CODES = [
  "list_jobs",
  "list_datasets",
  "list_models",
  "list_aliases",
  "list_versions",
  "list_checkpoints",
  "list_sweeps",
  "list_schedules",
  "list_schedule_runs",
  "list_forgets",
  "list_keys",
  "list_workers",
  "show_job",
] as const;

/** What helps the caller, as data: a surface that has commands or links instead of routes puts its own words for it. */
export interface Cure {
  readonly code: (typeof CURE_CODES)[number];
  /** The end of the error's sentence that names the routes. */
  readonly words: string;
  /** The resource that is meant, if it is a certain one. */
  readonly of?: string;
}

/** An error for the caller: a code, a sentence, the errors of individual fields, and what helps. */
export class TrainyardError extends Error {
  override readonly name = "TrainyardError";
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  readonly cure: Cure | null;

  constructor(code: ErrorCode, detail: string, errors: readonly FieldError[] = [], cure: Cure | null = null) {
    super(detail);
    this.code = code;
    this.errors = errors;
    this.cure = cure;
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

/** A kind of resource: its name in messages, the kind of its id if it has only an id, and where to list the existing ones. */
interface Named {
  readonly noun?: string;
  readonly kind?: IdKind;
  readonly list: string;
  readonly cure?: Cure["code"];
}

const RESOURCES = {
  job: { kind: "job", list: "GET /v1/jobs?name= finds one by its name", cure: "list_jobs" },
  "data set": { kind: "dataset", list: "GET /v1/datasets lists them", cure: "list_datasets" },
  model: { list: "GET /v1/models lists them", cure: "list_models" },
  alias: { list: "GET /v1/models/{ref} lists those of a model", cure: "list_aliases" },
  checkpoint: { kind: "checkpoint", list: "GET /v1/jobs/{id}/checkpoints lists those of a job", cure: "list_checkpoints" },
  sweep: { kind: "sweep", list: "GET /v1/sweeps lists them", cure: "list_sweeps" },
  schedule: { kind: "schedule", list: "GET /v1/schedules lists them", cure: "list_schedules" },
  "schedule run": {
    noun: "run",
    kind: "scheduleRun",
    list: "GET /v1/schedules/{id}/runs lists those of a schedule",
    cure: "list_schedule_runs",
  },
  "forget run": { noun: "run", kind: "forget", list: "GET /v1/forgets lists them", cure: "list_forgets" },
  import: { list: "the answer of POST /v1/datasets/import has its id" },
  key: { kind: "key", list: "GET /v1/keys lists them", cure: "list_keys" },
  worker: { kind: "worker", list: "GET /v1/workers lists them", cure: "list_workers" },
} as const satisfies Readonly<Record<string, Named>>;

/** What the kinds of ids are called where one is not of the kind that was asked for. */
const KINDS: Readonly<Record<IdKind, string>> = {
  job: "a job",
  model: "a model",
  dataset: "a data set",
  checkpoint: "a checkpoint",
  key: "an API key",
  delivery: "a delivery of a webhook",
  worker: "a worker",
  sweep: "a sweep",
  forget: "a run that forgets rows",
  audit: "an audit of labels",
  schedule: "a schedule",
  scheduleRun: "a run of a schedule",
  import: "an import",
  experiment: "an MLflow experiment",
  run: "an MLflow run",
  loggedModel: "an MLflow model",
};

/** A mistyped name, which may be a part of the id, and the existing names that may have been meant. */
interface Meant {
  readonly name?: string;
  readonly names?: readonly string[];
}

/** A kind of resource that a caller can name. */
export type Resource = keyof typeof RESOURCES;

/**
 * Creates the error of a resource that does not exist, or that the caller may not see, with a cure: the kind of resource that the id belongs
 * to, the one of `names` that was probably meant, what an id looks like, or where the existing ones are listed.
 */
export function notFound(resource: Resource, id: string, { name = id, names = [] }: Meant = {}): TrainyardError {
  const { noun = resource, kind, list, cure: code }: Named = RESOURCES[resource];
  const words = id === "" ? list : cureOf(kind, id, list, nearest(name, names));
  const cure = code && words.endsWith(list) ? { code, words: list } : null;
  const what = id === "" ? `the id of the ${noun} is missing` : `there is no ${noun} ${id}`;
  return new TrainyardError("not_found", `${what}: ${words}`, [], cure);
}

const idKinds = Object.keys(KINDS) as IdKind[];

function cureOf(kind: IdKind | undefined, id: string, list: string, meant: string | null): string {
  const other = idKinds.find((each) => each !== kind && id.startsWith(ID_PREFIXES[each]));
  if (kind && id.startsWith(ID_PREFIXES[kind])) return list;
  if (other && kind) return `that is the id of ${KINDS[other]}`;
  if (meant !== null) return `did you mean ${meant}?`;
  return kind ? `its id begins with ${ID_PREFIXES[kind]}; ${list}` : list;
}

/** Returns the JSON pointer (RFC 6901) of a path of keys and indices. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
