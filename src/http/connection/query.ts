/**
 * Query parameters: an unknown name is an error, as an unknown field of a body is, and is reported with all other faults of the query.
 * Health, metrics, the page and foreign protocols accept any, because probes and other servers' clients add what they like.
 */
import { z } from "zod";
import { fieldErrors } from "../../domain/spec/spec-errors.ts";
import { unknownNames } from "../../domain/spec/zod-messages.ts";
import type { App } from "../context.ts";
import { FOREIGN_TAG } from "../openapi/tags.ts";

/** Whether a route refuses unknown query parameters: those of Trainyard's own API do. */
export const knowsItsQuery = (path: string, tags: readonly string[] = []): boolean =>
  path.startsWith("/v1/") && !tags.includes(FOREIGN_TAG);

/** Gives each API route without query parameters an empty schema. Call it before routes are added. */
export function refuseUnknownParameters(app: App): void {
  app.addHook("onRoute", (route) => {
    const { url, schema = {} } = route;
    if (schema.querystring === undefined && knowsItsQuery(url, schema.tags)) route.schema = { ...schema, querystring: NONE };
  });
}

const NONE = z.object({});

/**
 * Validates the query of a route. Returns Fastify's result: an error with one entry for each fault. Zod compiles a schema at its first use, which
 * is the first request of the route and not the start of the server.
 */
export function queryValidator(schema: z.ZodType): (query: unknown) => { value: unknown } | { error: Error } {
  let compiled: Compiled | null = null;
  return (query) => {
    compiled ??= compile(schema);
    const { strict, defaults } = compiled;
    if (defaults.success && Object.keys(query as object).length === 0) return { value: { ...(defaults.data as object) } };
    const parsed = strict.safeParse(query);
    if (parsed.success) return { value: parsed.data };
    const validation = fieldErrors(parsed.error).map(({ pointer, detail }) => ({ instancePath: pointer, message: detail }));
    return { error: Object.assign(new Error("the query is wrong"), { validation }) };
  };
}

interface Compiled {
  readonly strict: z.ZodType;
  /** What a query without parameters comes to. */
  readonly defaults: z.ZodSafeParseResult<unknown>;
}

function compile(schema: z.ZodType): Compiled {
  const strict = schema instanceof z.ZodObject ? z.strictObject(schema.shape, { error: nameUnknown }) : schema;
  return { strict, defaults: strict.safeParse({}) };
}

const nameUnknown = (issue: z.core.$ZodRawIssue) =>
  issue.code === "unrecognized_keys" ? unknownNames(issue, "parameter") : undefined;
