/**
 * Spans in the JSON encoding of OTLP (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"). Written as text, because a span of a
 * small request must cost a few microseconds. Knows nothing of when it is sent.
 */
import type { SpanAttributes, SpanOptions } from "../domain/operation/tracing.ts";

/** Length of a text attribute; what is longer is cut. */
const MAX_TEXT = 256;

/** `SpanKind` of the protocol. */
const KINDS: Readonly<Record<NonNullable<SpanOptions["kind"]>, number>> = { internal: 1, server: 2, client: 3 };
/** `STATUS_CODE_UNSET` and `STATUS_CODE_ERROR`. */
const STATUS = { unset: 0, error: 2 } as const;

/** A span that has ended. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: NonNullable<SpanOptions["kind"]>;
  /** Epoch milliseconds, with their fraction. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** The attributes of its start and of its end, without a name that two of them have. */
  readonly sharedAtStart: SpanAttributes | undefined;
  readonly given: SpanAttributes | undefined;
  readonly sharedAtEnd: SpanAttributes | undefined;
  readonly attributes: SpanAttributes | undefined;
  readonly errorType: string | null;
}

/** One span, as a JSON object. */
export function encodeSpan(span: EndedSpan): string {
  const { traceId, spanId, parentSpanId, name, kind, startedMs, endedMs, errorType } = span;
  let attributes = encodeShared(span.sharedAtStart);
  attributes = encodeAttributes(span.given, attributes);
  const atEnd = encodeShared(span.sharedAtEnd);
  if (atEnd !== "") attributes = attributes === "" ? atEnd : `${attributes},${atEnd}`;
  attributes = encodeAttributes(span.attributes, attributes);
  if (errorType !== null) attributes = encodeAttributes({ "error.type": errorType }, attributes);
  const parent = parentSpanId === null ? "" : `"parentSpanId":"${parentSpanId}",`;
  return `{"traceId":"${traceId}","spanId":"${spanId}",${parent}"name":${nameOf(name)},"kind":${KINDS[kind]},"startTimeUnixNano":"${nanosecondsOf(startedMs)}","endTimeUnixNano":"${nanosecondsOf(Math.max(startedMs, endedMs))}","attributes":[${attributes}],"status":{"code":${errorType === null ? STATUS.unset : STATUS.error}}}`;
}

/** What stands before the spans of an export: the resource and the scope. */
export function exportHead(resource: SpanAttributes, version: string): string {
  const scope = `{"name":"trainyard","version":${JSON.stringify(version)}}`;
  return `{"resourceSpans":[{"resource":{"attributes":[${encodeAttributes(resource, "")}]},"scopeSpans":[{"scope":${scope},"spans":[`;
}

/** What stands after them. */
export const exportTail = "]}]}]}";

/** The text of attributes that many spans have, by the object. */
const shared = new WeakMap<SpanAttributes, string>();

function encodeShared(attributes: SpanAttributes | undefined): string {
  if (!attributes) return "";
  let text = shared.get(attributes);
  if (text === undefined) {
    text = encodeAttributes(attributes, "");
    shared.set(attributes, text);
  }
  return text;
}

/** Names of spans and keys of attributes are few. */
const quoted = new Map<string, string>();
const MAX_QUOTED = 1000;

function nameOf(text: string): string {
  const known = quoted.get(text);
  if (known !== undefined) return known;
  const made = textOf(text);
  if (quoted.size < MAX_QUOTED) quoted.set(text, made);
  return made;
}

function encodeAttributes(attributes: SpanAttributes | undefined, before: string): string {
  let text = before;
  for (const key in attributes) {
    if (text !== "") text += ",";
    text += `{"key":${nameOf(key)},"value":${anyValueOf(attributes[key] as string | number | boolean)}}`;
  }
  return text;
}

function anyValueOf(value: string | number | boolean): string {
  if (typeof value === "string") return `{"stringValue":${textOf(value)}}`;
  if (typeof value === "boolean") return `{"boolValue":${value}}`;
  return Number.isSafeInteger(value)
    ? `{"intValue":${value}}`
    : `{"doubleValue":${Number.isFinite(value) ? value : `"${value}"`}}`;
}

const textOf = (text: string) => JSON.stringify(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text);

/** Epoch nanoseconds in digits: more than a number holds. Exact to the microsecond. */
function nanosecondsOf(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${whole}${micros < 10 ? "00" : micros < 100 ? "0" : ""}${micros}000`;
}
