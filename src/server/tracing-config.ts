/**
 * Parses the settings of traces: OpenTelemetry's, by the specification of its environment variables
 * (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables, .../protocol/exporter). A machine may have them for other
 * programs, so none is read unless there is an endpoint. The limit on requests is the server's own.
 */
import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import { SAMPLERS, type TracingSettings } from "../telemetry/tracing-settings.ts";

/** Maximum pairs of a list, and maximum characters. */
const MAX_PAIRS = 64;
const MAX_LIST = 16_384;

const endpoint = z.url({ protocol: /^https?$/, error: "must be an address like http://localhost:4318" }).optional();
/** `name=value` between commas, with percent-encoded values. */
const pairs = z
  .string()
  .max(MAX_LIST, `must have at most ${MAX_LIST} characters`)
  .default("")
  .transform((text, context) => {
    const list = text.split(",").filter((pair) => pair.trim() !== "");
    if (list.length <= MAX_PAIRS && list.every(isPair)) return Object.fromEntries(list.map(readPair));
    context.addIssue({
      code: "custom",
      message: `must be at most ${MAX_PAIRS} pairs like name=value between commas, with other characters percent-encoded`,
    });
    return z.NEVER;
  });

const headers = pairs.refine(
  (list) => Object.entries(list).every(isHeader),
  "must be names and values that HTTP has in headers",
);

/** Every setting of traces, and its default. */
const variables = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_HEADERS: headers,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol(),
  OTEL_TRACES_EXPORTER: z.enum(["otlp", "none"], { error: "must be otlp or none" }).default("otlp"),
  TRAINYARD_TRACES_PER_SECOND: z
    .string()
    .regex(/^\d+$/, "must be a whole number in digits")
    .transform(Number)
    .pipe(z.number().min(1).max(1_000_000))
    .default(100),
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS, { error: `must be one of ${SAMPLERS.join(", ")}` }).optional(),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, "must be a number from 0 to 1")
    .default("1")
    .transform(Number),
  OTEL_SERVICE_NAME: z.string().max(256, "must have at most 256 characters").optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_SDK_DISABLED: z.string().default("false"),
});

/** The schema of each setting, by its variable. */
export const tracingSchemas = variables.shape;

/** An error in a setting: the variable, and its accepted values. */
export type WrongSetting = readonly [variable: string, message: string];

/** The settings of tracing, or their errors; null if there is no endpoint, or traces are switched off. */
export function parseTracing(
  given: Readonly<Record<string, string | undefined>>,
): { readonly tracing: TracingSettings | null } | { readonly wrong: readonly WrongSetting[] } {
  const isDisabled = given.OTEL_SDK_DISABLED?.toLowerCase() === "true" || given.OTEL_TRACES_EXPORTER === "none";
  const hasEndpoint = given.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? given.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (isDisabled || !hasEndpoint) return { tracing: null };
  const parsed = variables.safeParse(given);
  if (!parsed.success) return { wrong: parsed.error.issues.map(({ path, message }) => [String(path[0]), message] as const) };
  const env = parsed.data;
  if (env.OTEL_TRACES_SAMPLER && given.TRAINYARD_TRACES_PER_SECOND)
    return { wrong: [["TRAINYARD_TRACES_PER_SECOND", "OTEL_TRACES_SAMPLER says what is recorded: leave one of the two out"]] };
  return {
    tracing: Object.freeze({
      url: env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? below(env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "", "v1/traces"),
      headers: Object.freeze({ ...env.OTEL_EXPORTER_OTLP_HEADERS, ...env.OTEL_EXPORTER_OTLP_TRACES_HEADERS }),
      sampler: env.OTEL_TRACES_SAMPLER ?? null,
      perSecond: env.TRAINYARD_TRACES_PER_SECOND,
      ratio: env.OTEL_TRACES_SAMPLER_ARG,
      serviceName: env.OTEL_SERVICE_NAME ?? null,
      resource: Object.freeze(env.OTEL_RESOURCE_ATTRIBUTES),
    }),
  };
}

function protocol() {
  const error = "must be http/json, which receivers of OTLP take on the port of HTTP (4318), or left out";
  return z.enum(["http/json"], { error }).optional();
}

/** A path below that of an address, whether or not the address ends with a slash. */
function below(address: string, path: string): string {
  const url = new URL(address);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${path}`;
  return url.href;
}

function isHeader([name, value]: readonly [string, string]): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function isPair(pair: string): boolean {
  try {
    const [name, value] = readPair(pair);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a header has none.
    return name !== "" && pair.includes("=") && !/[\u0000-\u001f\u007f]/.test(name + value);
  } catch {
    return false;
  }
}

/** Throws for a percent sign that encodes nothing. */
function readPair(pair: string): [name: string, value: string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
}
