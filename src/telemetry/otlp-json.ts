/**
 * Spans in the JSON encoding of OTLP (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"). Written as text, because the span of a
 * small request may cost only a few microseconds. Knows nothing of when spans are sent.
 */
import type { SpanAttributes, SpanOptions } from "../domain/operation/tracing.ts";

/** Maximum length of a text attribute; longer ones are cut. */
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
  /** Epoch milliseconds, with fractions. */
  readonly startedMs: number;
  readonly endedMs: number;
  /** The attributes of its start and of its end. No name is in two of them. */
  readonly sharedAtStart: SpanAttributes | undefined;
  readonly given: SpanAttributes | undefined;
  readonly sharedAtEnd: SpanAttributes | undefined;
  readonly attributes: SpanAttributes | undefined;
  readonly errorType: string | null;
}

/** One span, as a JSON object. */
export function encodeSpan(span: EndedSpan): string {
  const { traceId, spanId, parentSpanId, startedMs, endedMs } = span;
  const { text: begun, hasAttributes } = encodeBeginning(span);
  // What many spans have in common comes first, as one string: concatenating strings takes longer than copying them.
  let text = encodeAttributes(span.given, begun, !hasAttributes);
  text = encodeAttributes(span.attributes, text, !hasAttributes && isEmpty(span.given));
  const parent = parentSpanId === null ? "" : `"parentSpanId":"${parentSpanId}",`;
  return `${text}],"traceId":"${traceId}","spanId":"${spanId}",${parent}"startTimeUnixNano":"${nanosecondsOf(startedMs)}","endTimeUnixNano":"${nanosecondsOf(Math.max(startedMs, endedMs))}"}`;
}

/** The beginning of the text of all spans with the same name, kind, outcome and shared attributes. */
interface Beginning extends Pick<EndedSpan, "name" | "kind" | "errorType" | "sharedAtStart" | "sharedAtEnd"> {
  readonly text: string;
  readonly hasAttributes: boolean;
}

/** Beginnings by the shared attributes of the start: one or a few, for the different outcomes. */
const beginnings = new WeakMap<SpanAttributes, Beginning[]>();
const MAX_BEGINNINGS = 20;
const NOTHING_SHARED: SpanAttributes = {};

function encodeBeginning(span: EndedSpan): Beginning {
  const { name, kind, errorType, sharedAtStart = NOTHING_SHARED, sharedAtEnd } = span;
  let known = beginnings.get(sharedAtStart);
  if (!known) {
    known = [];
    beginnings.set(sharedAtStart, known);
  }
  for (const each of known)
    if (each.sharedAtEnd === sharedAtEnd && each.errorType === errorType && each.name === name && each.kind === kind)
      return each;
  let attributes = encodeAttributes(sharedAtStart, "", true);
  attributes = encodeAttributes(sharedAtEnd, attributes, attributes === "");
  if (errorType !== null) attributes = encodeAttributes({ "error.type": errorType }, attributes, attributes === "");
  const status = errorType === null ? STATUS.unset : STATUS.error;
  const text = `{"name":${textOf(name)},"kind":${KINDS[kind]},"status":{"code":${status}},"attributes":[${attributes}`;
  const made = { name, kind, errorType, sharedAtStart, sharedAtEnd, text: flat(text), hasAttributes: attributes !== "" };
  known.unshift(made);
  if (known.length > MAX_BEGINNINGS) known.pop();
  return made;
}

/** The same text as a flat string: V8 keeps a concatenated string as its parts, and would join them again for each span. */
const flat = (text: string) => Buffer.from(text).toString();

function isEmpty(attributes: SpanAttributes | undefined): boolean {
  for (const _ in attributes) return false;
  return true;
}

/** The text before the spans of an export: the resource and the scope. */
export function exportHead(resource: SpanAttributes, version: string): string {
  const scope = `{"name":"trainyard","version":${JSON.stringify(version)}}`;
  return `{"resourceSpans":[{"resource":{"attributes":[${encodeAttributes(resource, "", true)}]},"scopeSpans":[{"scope":${scope},"spans":[`;
}

/** The text after them. */
export const exportTail = "]}]}]}";

/** The encoded keys of attributes, of which there are few. */
const keys = new Map<string, string>();
const MAX_KEYS = 1000;

function keyOf(key: string): string {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const made = flat(`{"key":${textOf(key)},"value":`);
  if (keys.size < MAX_KEYS) keys.set(key, made);
  return made;
}

/** Appends attributes to a text. `isFirst`: the text has no attributes yet. */
function encodeAttributes(attributes: SpanAttributes | undefined, before: string, isFirst: boolean): string {
  let text = before;
  let needsComma = !isFirst;
  for (const key in attributes) {
    if (needsComma) text += ",";
    needsComma = true;
    text += `${keyOf(key)}${anyValueOf(attributes[key] as string | number | boolean)}}`;
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

/** Epoch nanoseconds in digits, because they exceed the whole numbers that float64 holds. Exact to the microsecond. */
function nanosecondsOf(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${whole}${micros < 10 ? "00" : micros < 100 ? "0" : ""}${micros}000`;
}
