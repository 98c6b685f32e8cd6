/** Passes refusals between threads, where an error loses its code. */
import { type ErrorCode, type FieldError, TrainyardError } from "../domain/errors.ts";

/** The result of a task, or why it was refused. */
export type Refusable<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly errors: readonly FieldError[] };

/** Runs the work of a task. Returns a refusal, and throws any other error. */
export function refusable<Result>(work: () => Result): Refusable<Result> {
  try {
    return { ok: true, result: work() };
  } catch (error) {
    if (!(error instanceof TrainyardError)) throw error;
    return { ok: false, code: error.code, detail: error.message, errors: error.errors };
  }
}

/** Returns the result of a task. Throws the error of a refusal. */
export function resultOf<Result>(reply: Refusable<Result>): Result {
  if (!reply.ok) throw new TrainyardError(reply.code, reply.detail, reply.errors);
  return reply.result;
}
