/** What PostgreSQL's errors mean to those who use the store. The only table of them. */
import { invalid, TrainyardError } from "../../domain/errors.ts";

interface FailureNature {
  /** False when the change may have been made all the same: the connection was lost before the answer came. */
  readonly isUndone: boolean;
  /** The server does not answer; otherwise it is others who are in the way. */
  readonly isAway: boolean;
}

/** The database did not do what it was asked for, for a reason that passes. */
export class PassingFailure extends TrainyardError implements FailureNature {
  readonly isUndone: boolean;
  readonly isAway: boolean;

  constructor(detail: string, cause: unknown, { isUndone, isAway }: FailureNature) {
    super("unavailable", detail);
    this.cause = cause;
    this.isUndone = isUndone;
    this.isAway = isAway;
  }
}

/** When a statement fails: before it was sent, while nothing is committed yet, or when its effect may have been committed. */
export type Moment = "connecting" | "before commit" | "commit";

const AWAY = "the database does not answer; try again";
const CONTENDED = "others change the same things at this moment; try again";

/** SQLSTATEs (PostgreSQL, appendix A) by their beginning; the first that fits counts. */
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
  ["53", (cause) => away("the database has too much to do; try again", cause)],
  ["25006", (cause) => away("the database takes no writes at this moment; try again", cause)],
  ["25P03", lost],
  ["22021", () => invalid([{ pointer: "", detail: "text must not have the character NUL (U+0000) in it" }])],
];

/** The error that a request sees in place of PostgreSQL's, which stays its cause; a bug of ours is given back as it is. */
export function translateFailure(error: unknown, moment: Moment): unknown {
  if (error instanceof TrainyardError) return error;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") {
    const known = FAILURES.find(([beginning]) => code.startsWith(beginning));
    if (known) return known[1](error, moment);
    // Five characters are a SQLSTATE; what the operating system says of a socket is longer.
    if (code.length === 5) return error;
  }
  return isOfConnection(error) ? lost(error, moment) : error;
}

function lost(cause: unknown, moment: Moment): PassingFailure {
  return new PassingFailure(AWAY, cause, { isUndone: moment !== "commit", isAway: true });
}

function away(detail: string, cause: unknown): PassingFailure {
  return new PassingFailure(detail, cause, { isUndone: true, isAway: true });
}

function contended(cause: unknown): PassingFailure {
  return new PassingFailure(CONTENDED, cause, { isUndone: true, isAway: false });
}

/** Errors of sockets and of pg's own have no SQLSTATE. */
function isOfConnection(error: unknown): boolean {
  const { message = "", code = "" } = error as { message?: string; code?: string };
  return /^(E[A-Z]+)$/.test(code) || /connection|timeout exceeded when trying to connect|not queryable/i.test(message);
}

function withCause(code: "unavailable" | "storage_full", detail: string, cause: unknown): TrainyardError {
  return Object.assign(new TrainyardError(code, detail), { cause });
}
