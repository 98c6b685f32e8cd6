/** Translates PostgreSQL's errors into those of the store. The only table of them. */
import { invalid, TrainyardError } from "../../domain/errors.ts";

interface FailureNature {
  /** False when the change may have been committed although it failed: the connection was lost before the answer came. */
  readonly isUndone: boolean;
  /** True when the server is unavailable; false when other transactions conflict. */
  readonly isAway: boolean;
}

/** A transient failure of the database, which may succeed when it is retried. */
export class TransientFailure extends TrainyardError implements FailureNature {
  readonly isUndone: boolean;
  readonly isAway: boolean;

  constructor(detail: string, cause: unknown, { isUndone, isAway }: FailureNature) {
    super("unavailable", detail);
    this.cause = cause;
    this.isUndone = isUndone;
    this.isAway = isAway;
  }
}

/** When a statement failed: before it was sent, before anything was committed, or when its effect may have been committed. */
export type Moment = "connecting" | "before commit" | "commit";

const AWAY = "the database does not answer; try again";
const CONTENDED = "other requests are changing the same records; try again";

/** Translations by the beginning of the SQLSTATE (PostgreSQL, appendix A). The first match wins. */
const FAILURES: readonly (readonly [beginning: string, translate: (cause: unknown, moment: Moment) => TrainyardError])[] = [
  ["40", contended],
  ["55P03", contended],
  ["57014", (cause) => withCause("unavailable", "the database took too long; try again", cause)],
  ["57", lost],
  ["08", lost],
  [
    "53100",
    (cause) => withCause("storage_full", "the disk of the database is full: nothing can be added until there is room", cause),
  ],
  ["53", (cause) => away("the database is overloaded; try again", cause)],
  ["25006", (cause) => away("the database is read-only at this moment; try again", cause)],
  ["25P03", lost],
  ["22021", () => invalid([{ pointer: "", detail: "text must not contain the character NUL (U+0000)" }])],
];

/** Returns the error that a request sees, with PostgreSQL's as its cause. Returns any other error, which is a bug, unchanged. */
export function translateFailure(error: unknown, moment: Moment): unknown {
  if (error instanceof TrainyardError) return error;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    const known = FAILURES.find(([beginning]) => code.startsWith(beginning));
    if (known) return known[1](error, moment);
    // A SQLSTATE has five characters; the operating system's codes for sockets are longer.
    if (code.length === 5) return error;
  }
  return isOfConnection(error) ? lost(error, moment) : error;
}

function lost(cause: unknown, moment: Moment): TransientFailure {
  return new TransientFailure(AWAY, cause, { isUndone: moment !== "commit", isAway: true });
}

function away(detail: string, cause: unknown): TransientFailure {
  return new TransientFailure(detail, cause, { isUndone: true, isAway: true });
}

function contended(cause: unknown): TransientFailure {
  return new TransientFailure(CONTENDED, cause, { isUndone: true, isAway: false });
}

/** Whether an error is about the connection. Errors of sockets and of pg itself have no SQLSTATE. */
function isOfConnection(error: unknown): boolean {
  const { message = "", code = "" } = error as { message?: string; code?: string };
  return /^(E[A-Z]+)$/.test(code) || /connection|timeout exceeded when trying to connect|not queryable/i.test(message);
}

function withCause(code: "unavailable" | "storage_full", detail: string, cause: unknown): TrainyardError {
  return Object.assign(new TrainyardError(code, detail), { cause });
}
