/**
 * Adds examples to the OpenAPI document where a route gives none: of answers, composed of the examples of their parts, and of problems, one
 * for each status. Knows JSON Schema, and no route.
 */
import { STATUS_CODES } from "node:http";
import { PROBLEM_TYPE, STATUS_OF } from "../errors/problem.ts";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  examples?: readonly unknown[];
}

interface Media {
  readonly schema?: Schema;
  example?: unknown;
  examples?: unknown;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

interface Described {
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

const ID = "0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";

/** An example of the detail of each status. */
const DETAILS: Readonly<Record<number, string>> = {
  [STATUS_OF.malformed]: 'the body is not JSON: Unexpected token "}" at line 3, column 1',
  [STATUS_OF.unauthorized]: "no API key came with the request: send it as Authorization: Bearer ty_...",
  [STATUS_OF.forbidden]: "this requires a key with the scope submit; this key has read",
  [STATUS_OF.not_found]: `there is no job job_${ID}`,
  [STATUS_OF.conflict]: "the job is succeeded: there is nothing to cancel",
  [STATUS_OF.too_large]: "the body is larger than 67108864 bytes (TRAINYARD_MAX_BODY_BYTES)",
  [STATUS_OF.unsupported_media_type]: "this path takes no text/plain: send -H 'content-type: application/json'",
  [STATUS_OF.upgrade_required]: "this path accepts WebSocket connections only",
  [STATUS_OF.rate_limited]: "too many requests: the limit is in the RateLimit header",
  [STATUS_OF.internal]: "internal error; see the server log under the id of this request",
  [STATUS_OF.unavailable]: "the server is draining",
  [STATUS_OF.storage_full]: "the disk is full: nothing can be added until there is room",
};

/** Adds what is missing to a document, in place. */
export function addExamples(document: Document): void {
  const { schemas } = document.components as { schemas: Readonly<Record<string, Schema>> };
  dropForeign(schemas);
  for (const { requestBody, responses } of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    for (const media of jsonOf(requestBody?.content)) complete(media, schemas);
    for (const [status, { content }] of Object.entries(responses)) {
      for (const media of jsonOf(content)) complete(media, schemas);
      const problem = (content as Record<string, Media> | undefined)?.[PROBLEM_TYPE];
      if (problem && Number(status) in DETAILS) problem.example ??= problemExample(Number(status));
    }
  }
}

/** Removes the examples that an output has from its input: they leave out members with a default, which the output has. */
function dropForeign(schemas: Readonly<Record<string, Schema>>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    const input = schemas[`${name}Input`];
    if (input && JSON.stringify(input.examples) === JSON.stringify(schema.examples)) delete schema.examples;
  }
}

function jsonOf(content: object = {}): Media[] {
  const media = (content as Record<string, Media>)["application/json"];
  return media ? [media] : [];
}

function complete(media: Media, schemas: Readonly<Record<string, Schema>>): void {
  if (media.example !== undefined || media.examples !== undefined || !media.schema) return;
  const { $ref, examples } = media.schema;
  // A reader finds the example of a component there.
  if (examples || ($ref && schemas[nameOf($ref)]?.examples)) return;
  media.example = exampleOf(media.schema, schemas);
}

/** A value of a schema, made of the examples within it. */
function exampleOf(schema: Schema, schemas: Readonly<Record<string, Schema>>): unknown {
  if (schema.examples) return schema.examples[0];
  if (schema.$ref) return exampleOf(schemas[nameOf(schema.$ref)] ?? {}, schemas);
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if ("default" in schema) return schema.default;
  const [variant] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (variant) return exampleOf(variant, schemas);
  const type = [schema.type].flat()[0];
  return type === undefined ? null : (OF_TYPE[type]?.(schema, schemas) ?? null);
}

const OF_TYPE: Readonly<Record<string, (schema: Schema, schemas: Readonly<Record<string, Schema>>) => unknown>> = {
  object: ({ properties = {}, additionalProperties: rest }, schemas) => {
    const named = Object.entries(properties).map(([name, property]) => [name, exampleOf(property, schemas)] as const);
    const others = named.length === 0 && typeof rest === "object" ? [["name", exampleOf(rest, schemas)] as const] : [];
    return Object.fromEntries([...named, ...others]);
  },
  array: ({ items }, schemas) => (items ? [exampleOf(items, schemas)] : []),
  string: ({ format }) => (format === "date-time" ? "2026-01-02T03:04:05.678Z" : "text"),
  integer: ({ minimum = 1 }) => minimum,
  number: ({ minimum = 0.5 }) => minimum,
  boolean: () => true,
};

function problemExample(status: number): object {
  const code = Object.entries(STATUS_OF).find(([, of]) => of === status)?.[0];
  return {
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    code,
    detail: DETAILS[status],
    instance: `urn:uuid:${ID}`,
  };
}

function nameOf(reference: string): string {
  return reference.split("/").at(-1) as string;
}
