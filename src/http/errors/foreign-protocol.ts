/** Routes that speak another server's protocol: any content type is JSON, and errors are written as that server writes them. */
import { z } from "zod";
import { acceptAnyBytes } from "../connection/body.ts";
import type { App } from "../context.ts";
import { answerError, type ErrorFormat } from "./error-handlers.ts";
import { type Problem, STATUS_OF } from "./problem.ts";

const foreignError = z
  .object({ error: z.string() })
  .meta({ id: "DialectError", description: "An error in a foreign protocol." });

/** The error format of these protocols. They have no 422. */
const FOREIGN_ERROR: ErrorFormat = {
  contentType: "application/json",
  write: ({ code, status, detail }) => ({
    status: code === "invalid" ? STATUS_OF.malformed : status,
    body: { error: byRow(detail) },
  }),
};

/** MLflow's error codes (databricks.proto), and the statuses that its server gives them if they differ from ours. */
const MLFLOW_CODES: Readonly<Record<Problem["code"], readonly [code: string, status?: number]>> = {
  malformed: ["INVALID_PARAMETER_VALUE"],
  invalid: ["INVALID_PARAMETER_VALUE", STATUS_OF.malformed],
  unsupported_media_type: ["BAD_REQUEST", STATUS_OF.malformed],
  upgrade_required: ["BAD_REQUEST"],
  headers_too_large: ["BAD_REQUEST"],
  unauthorized: ["UNAUTHENTICATED"],
  forbidden: ["PERMISSION_DENIED"],
  not_found: ["RESOURCE_DOES_NOT_EXIST"],
  method_not_allowed: ["ENDPOINT_NOT_FOUND"],
  conflict: ["RESOURCE_ALREADY_EXISTS", STATUS_OF.malformed],
  too_large: ["QUOTA_EXCEEDED"],
  rate_limited: ["REQUEST_LIMIT_EXCEEDED"],
  timeout: ["DEADLINE_EXCEEDED"],
  storage_full: ["QUOTA_EXCEEDED"],
  unavailable: ["TEMPORARILY_UNAVAILABLE"],
  internal: ["INTERNAL_ERROR"],
};

const mlflowFormat = (codes: typeof MLFLOW_CODES): ErrorFormat => ({
  contentType: "application/json",
  write: ({ code, status, detail }) => {
    const [name, theirs = status] = codes[code];
    return { status: theirs, body: { error_code: name, message: detail } };
  },
});

/** MLflow's error format. */
export const MLFLOW_ERROR = mlflowFormat(MLFLOW_CODES);

/** Paths of these protocols: errors there have their format even if no route answers. */
const FOREIGN_PATHS: readonly (readonly [pattern: RegExp, format: ErrorFormat])[] = [
  [/^\/v2(\/|$)/, FOREIGN_ERROR],
  [/^\/v1\/models\/[^/]+(\/versions\/[^/]+)?(:[a-z]+|\/metadata)$/, FOREIGN_ERROR],
  [/^\/(ajax-)?api\/\d\.0\/mlflow/, mlflowFormat({ ...MLFLOW_CODES, not_found: ["ENDPOINT_NOT_FOUND"] })],
];

/** Returns the error format for a path that no route answers; undefined for Trainyard's own format. */
export function foreignFormatOf(path: string): ErrorFormat | undefined {
  return FOREIGN_PATHS.find(([pattern]) => pattern.test(path))?.[1];
}

/** Registers routes in a scope of their own. */
export function openForeignProtocol(app: App, register: (scope: App) => void, format = FOREIGN_ERROR): void {
  app.register(async (scope: App) => {
    // Their clients send no content type, or that of a form, as curl does.
    acceptAnyBytes(scope);
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply, format));
    register(scope);
  });
}

/** Names a wrong value by its row, counted from 0, because the rows of a request may have come as columns. */
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
