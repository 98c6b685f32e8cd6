/** Routes that speak another server's protocol: any content type is JSON, and errors are `{"error": "..."}`. */
import { z } from "zod";
import { acceptAnyBytes } from "../connection/body.ts";
import type { App } from "../context.ts";
import { answerError, type ErrorFormat } from "./error-handlers.ts";
import { STATUS_OF } from "./problem.ts";

const foreignError = z
  .object({ error: z.string() })
  .meta({ id: "DialectError", description: "An error in a foreign protocol." });

/** How these protocols write an error. They know no 422. */
const FOREIGN_ERROR: ErrorFormat = {
  contentType: "application/json",
  write: ({ code, status, detail }) => ({
    status: code === "invalid" ? STATUS_OF.malformed : status,
    body: { error: byRow(detail) },
  }),
};

/** Paths of these protocols: an error is theirs there too where no route answers. */
const FOREIGN_PATHS = [/^\/v2(\/|$)/, /^\/v1\/models\/[^/]+(\/versions\/[^/]+)?(:[a-z]+|\/metadata)$/];

/** Returns how an error at a path is written that no route answers; undefined where Trainyard's own way is right. */
export function foreignFormatOf(path: string): ErrorFormat | undefined {
  return FOREIGN_PATHS.some((pattern) => pattern.test(path)) ? FOREIGN_ERROR : undefined;
}

/** Registers routes in a scope of their own. */
export function openForeignProtocol(app: App, register: (scope: App) => void): void {
  app.register(async (scope: App) => {
    // Their clients send no content type, or that of a form, as curl does.
    acceptAnyBytes(scope);
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply, FOREIGN_ERROR));
    register(scope);
  });
}

/** Names a wrong value by its row, counted from 0, since the rows of a request may have come as columns. */
function byRow(detail: string): string {
  return detail.replace(/^\/instances\/(\d+)(?:\/([^:]*))?/, (_, row: string, column?: string) =>
    column === undefined ? `row ${row}` : `row ${row}, column ${column.replaceAll("~1", "/").replaceAll("~0", "~")}`,
  );
}

/** The `response` part of a route's schema. `statuses` are those of its errors, besides 500. */
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
  [STATUS_OF.internal]: "Internal error; see the server log.",
  [STATUS_OF.unavailable]: "The server is starting or draining.",
};
