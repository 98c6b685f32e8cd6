/** Holds an answer to the OpenAPI document: a documented status, and a body of that status's schema. */
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ApiDocument } from "./requests.ts";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** Statuses that any request may meet before its route is known, or that the protocol itself gives. */
const BEFORE_ROUTING = new Set([400, 404, 405, 408, 414, 431]);

export type Judge = (operationId: string, answer: Answer) => string | null;

/** Says what is wrong with an answer; null when nothing is. */
export function createJudge(document: ApiDocument): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
  ajv.addSchema(document, "api");
  const operations = new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [operation.operationId, { path, method, operation }] as const),
    ),
  );
  return (operationId, { status, type, body }) => {
    if (status >= 500) return `answers ${status}: ${body.subarray(0, 500)}`;
    const { path, method, operation } = operations.get(operationId) as NonNullable<ReturnType<typeof operations.get>>;
    // The router answers what it finds no route for in our words, in whatever protocol the path is.
    if (BEFORE_ROUTING.has(status) && type.startsWith("application/problem+json")) return problemFault(ajv, type, body);
    const documented = operation.responses[status];
    if (!documented)
      return BEFORE_ROUTING.has(status) ? problemFault(ajv, type, body) : `answers ${status}, which is not documented`;
    const media = type.split(";", 1)[0]?.trim() ?? "";
    const content = documented.content ?? {};
    if (Object.keys(content).length === 0)
      return body.length === 0 ? null : `answers ${status} with a body that is not documented`;
    if (!(media in content)) return `answers ${status} as ${media || "nothing"}, which is not documented`;
    if (!/[/+]json$/.test(media)) return null;
    const pointer = ["paths", path, method, "responses", String(status), "content", media, "schema"].map(escaped).join("/");
    return schemaFault(ajv, `api#/${pointer}`, body, `${status}`);
  };
}

function problemFault(ajv: Ajv2020, type: string, body: Buffer): string | null {
  if (!type.startsWith("application/problem+json") && !type.startsWith("application/json"))
    return `answers an error as ${type}`;
  if (type.startsWith("application/json")) return null;
  return schemaFault(ajv, "api#/components/schemas/Problem", body, "an error");
}

function schemaFault(ajv: Ajv2020, ref: string, body: Buffer, what: string): string | null {
  const validate = ajv.getSchema(ref);
  if (!validate) return `there is no schema at ${ref}`;
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return `answers ${what} with what is not JSON: ${body.subarray(0, 200)}`;
  }
  return validate(value)
    ? null
    : `answers ${what} outside its schema: ${ajv.errorsText(validate.errors)}: ${body.subarray(0, 400)}`;
}

function escaped(segment: string): string {
  return encodeURIComponent(segment.replaceAll("~", "~0").replaceAll("/", "~1"));
}
