/** Routes that speak another server's protocol: any content type is JSON, and errors are `{"error": "..."}`. */
import { z } from "zod";
import { acceptAnyBytes } from "../connection/body.ts";
import { Replay, sendReplay } from "../connection/idempotency.ts";
import type { App } from "../context.ts";
import { RETRY_AFTER_S, STATUS_OF, toProblem } from "./problem.ts";

const foreignError = z
  .object({ error: z.string() })
  .meta({ id: "DialectError", description: "An error in a foreign protocol." });

/** Registers routes in a scope of their own. */
export function openForeignProtocol(app: App, register: (scope: App) => void): void {
  app.register(async (scope: App) => {
    // Their clients send no content type, or that of a form, as curl does.
    acceptAnyBytes(scope);
    scope.setErrorHandler((error, request, reply) => {
      if (error instanceof Replay) return sendReplay(reply, error.answer);
      const problem = toProblem(error, { requestId: request.id, bodyLimit: request.routeOptions.bodyLimit ?? 0 });
      if (problem.status === STATUS_OF.internal) request.log.error({ err: error }, "request failed");
      const retryAfter = RETRY_AFTER_S[problem.status];
      if (retryAfter !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfter);
      // These protocols know no 422.
      const status = problem.code === "invalid" ? STATUS_OF.malformed : problem.status;
      reply
        .code(status)
        .type("application/json")
        .send({ error: byRow(problem.detail) });
    });
    register(scope);
  });
}

/** The rows of a request may have come as columns: a wrong value is named by its row, counted from 0. */
function byRow(detail: string): string {
  return detail.replace(/^\/instances\/(\d+)(?:\/([^:]*))?/, (_, row: string, column?: string) =>
    column === undefined ? `row ${row}` : `row ${row}, column ${column.replaceAll("~1", "/").replaceAll("~0", "~")}`,
  );
}

/** The `response` part of a route's schema. */
export function foreignResponses(description: string, schema: z.ZodType, statuses: readonly number[] = []) {
  const failures = [...statuses, STATUS_OF.internal].map((status) => [
    status,
    { description: FAILURES[status], content: { "application/json": { schema: foreignError } } },
  ]);
  return { 200: { description, content: { "application/json": { schema } } }, ...Object.fromEntries(failures) };
}

const FAILURES: Readonly<Record<number, string>> = {
  [STATUS_OF.malformed]: "The request is wrong.",
  [STATUS_OF.not_found]: "There is no such model.",
  [STATUS_OF.too_large]: "The body or the number of rows is over a limit.",
  [STATUS_OF.internal]: "A defect of ours; the log has it.",
  [STATUS_OF.unavailable]: "The server is starting or going down.",
};
