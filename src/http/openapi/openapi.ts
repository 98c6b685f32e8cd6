/** The OpenAPI 3.1 document: its frame, the form in which routes describe their answers, and corrections of the generator's output. */
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { z } from "zod";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { VERSION } from "../../domain/version.ts";
import { accessOfOperation } from "../auth/access.ts";
import { knowsItsQuery } from "../connection/query.ts";
import { uploadContent } from "../connection/uploads.ts";
import { PROBLEM_TYPE, problem, RETRY_AFTER_S, STATUS_OF } from "../errors/problem.ts";
import { writeForGenerators } from "./generator-forms.ts";
import { addExamples } from "./openapi-examples.ts";
import { addShortTypes } from "./short-types.ts";
import { TAGS } from "./tags.ts";

/** The meaning of each error status here. */
const PROBLEMS: Readonly<Record<number, string>> = {
  [STATUS_OF.malformed]: "The body cannot be parsed as its content type.",
  [STATUS_OF.unauthorized]: "The request carries no valid API key. A server without keys requires none.",
  [STATUS_OF.forbidden]: "The key does not allow this, or the page of another site sent the request.",
  [STATUS_OF.not_found]: "Nothing has this id.",
  [STATUS_OF.conflict]: "The state of the resource does not allow it.",
  [STATUS_OF.too_large]: "The body is larger than the limit that the detail names.",
  [STATUS_OF.unsupported_media_type]: "This path does not accept the content type of the body.",
  [STATUS_OF.invalid]: "The content is invalid: `errors` lists every failure with its place.",
  [STATUS_OF.upgrade_required]: "This path accepts WebSocket connections only.",
  [STATUS_OF.rate_limited]: "The project is over the limit that the detail names; `Retry-After` says when to try again.",
  [STATUS_OF.internal]: "Internal error; see the server log under the id of the request.",
  [STATUS_OF.storage_full]: "The disk is full.",
  [STATUS_OF.unavailable]: "The server is starting or draining; `Retry-After` says when to try again.",
};

/** One documented success: media types by name, or the schema of a JSON answer. */
type Success = readonly [description: string, schema: z.ZodType | Readonly<Record<string, z.ZodType>>];

/**
 * The `response` part of a route's schema: its successes, and the error statuses it can answer with besides 500. It is
 * documentation, and tests check it; answers are not validated when they are sent, since serializers.ts types them.
 */
export function answers(successes: Readonly<Record<number, Success>>, problems: readonly number[] = []) {
  const documented: Record<number, object> = {};
  for (const [status, [description, schema]] of Object.entries(successes)) {
    documented[Number(status)] = { description, content: contentOf(schema) };
  }
  for (const status of [...problems, STATUS_OF.internal]) {
    documented[status] = { description: PROBLEMS[status], content: { [PROBLEM_TYPE]: { schema: problem } } };
  }
  return documented;
}

function contentOf(schema: Success[1]): Record<string, { schema: z.ZodType }> {
  if ("_zod" in schema) return { "application/json": { schema: schema as z.ZodType } };
  return Object.fromEntries(Object.entries(schema).map(([type, media]) => [type, { schema: media }]));
}

/** The servers of the document: the one that sends it, below a path or at the root, "". */
export function serversBelow(basePath: string) {
  return { servers: [{ url: `${basePath}/`, description: "The server that gave you this document." }] };
}

/** Options of @fastify/swagger. */
export const swaggerOptions: FastifyDynamicSwaggerOptions = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Trainyard",
      version: VERSION,
      description:
        "Training as a service: post a job, watch every epoch over a WebSocket, ask the model for predictions.\n\n" +
        "Errors are `application/problem+json` (RFC 9457). Times are ISO 8601. Lists are pages: pass `next_after` as `after`.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    ...serversBelow(""),
    tags: TAGS,
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: "An API key, `ty_...`. A server without keys requires none.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "trainyard_session",
          description: "The session of a browser, in exchange for a key.",
        },
      },
    },
  },
  transform: jsonSchemaTransform,
  transformObject: (document) => tidy(jsonSchemaTransformObject(document) as OpenApiObject) as never,
};

interface OpenApiObject {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

interface Operation {
  readonly operationId?: string;
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: Record<string, object> };
  description?: string;
  security?: object[];
  readonly responses: Record<string, { description: string; headers?: object; content?: object }>;
}

/**
 * The generator registers every schema twice, as input and as output. Here each keeps one component: components without a
 * reference are removed, and an input whose output is not used takes the plain name. Headers and answers without a body are
 * corrected too.
 */
function tidy(document: OpenApiObject): OpenApiObject {
  for (const [path, operation] of Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => [path, operation] as const),
  )) {
    completeBody(operation);
    if (knowsItsQuery(path, operation.tags)) operation.responses[STATUS_OF.invalid] ??= problemOf(operation, STATUS_OF.invalid);
    completeAccess(operation);
    completeResponses(operation);
  }
  addShortTypes(document.components.schemas);
  writeForGenerators(document);
  const used = reachable(document);
  const schemas = Object.entries(document.components.schemas).filter(([name]) => used.has(name));
  const renamed = new Map(
    schemas
      .map(([name]) => [name, name.replace(/Input$/, "")] as const)
      .filter(([name, plain]) => name !== plain && !used.has(plain)),
  );
  const rename = (name: string) => renamed.get(name) ?? name;
  const kept = Object.fromEntries(schemas.map(([name, schema]) => [rename(name), schema] as const).sort(byName));
  const text = JSON.stringify({ ...document, components: { ...document.components, schemas: kept } }, withoutSafeBounds);
  const tidied = JSON.parse(
    text.replaceAll(/"#\/components\/schemas\/([^"]+)"/g, (_, name: string) => `"#/components/schemas/${rename(name)}"`),
  ) as OpenApiObject;
  addExamples(tidied);
  return tidied;
}

/** Removes the bounds that zod gives every integer (what a double holds exactly): they tell a reader nothing. */
function withoutSafeBounds(key: string, value: unknown): unknown {
  return (key === "minimum" || key === "maximum") && Math.abs(value as number) === Number.MAX_SAFE_INTEGER ? undefined : value;
}

/** Adds bodies whose schema depends on their media type, which the schema of a route cannot express. */
function completeBody({ operationId, requestBody }: Operation): void {
  if (operationId === "uploadDataset" && requestBody) Object.assign(requestBody.content, uploadContent());
}

/** Adds to an operation the scope that it requires, and the answers to requests without it. */
function completeAccess(operation: Operation): void {
  const access = accessOfOperation(operation.operationId ?? "");
  // The last one: a server without keys requires none.
  operation.security = access?.scope ? [{ key: [] }, { session: [] }, {}] : [];
  if (!access?.scope) return;
  const asks = access.superuser ? `${access.scope}\`, of the project \`${DEFAULT_PROJECT}` : access.scope;
  operation.description = `${operation.description}\n\nScope: \`${asks}\`.`;
  for (const status of [STATUS_OF.unauthorized, STATUS_OF.forbidden, STATUS_OF.rate_limited])
    operation.responses[status] ??= problemOf(operation, status);
}

/** The answer of a status, in the form in which an operation answers any error. */
function problemOf({ responses }: Operation, status: number): Operation["responses"][string] {
  const { content } = responses[STATUS_OF.internal] as { content: object };
  return { description: PROBLEMS[status] as string, content: structuredClone(content) };
}

function completeResponses({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if (Number(status) === STATUS_OF.unauthorized) {
      response.headers = { "WWW-Authenticate": { description: "RFC 6750.", schema: { type: "string" } } };
    }
    if (Number(status) in RETRY_AFTER_S) {
      response.headers = { "Retry-After": { description: "Seconds.", schema: { type: "integer" } } };
    }
    if (status === "201" || status === "202") {
      response.headers = { Location: { description: "The address of the new resource.", schema: { type: "string" } } };
    }
    if (status === "101" || status === "204") delete response.content;
  }
}

/** Components that the paths refer to, directly or through another component. */
function reachable({ paths, components }: OpenApiObject): Set<string> {
  const found = new Set<string>();
  const visit = (part: unknown) => {
    for (const [, name = ""] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(components.schemas[name] ?? null);
    }
  };
  visit(paths);
  return found;
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
