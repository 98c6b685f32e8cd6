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
  const { traceId, spanId, parentSpanId, startedMs, endedMs } = span;
  const { text: begun, hasAttributes } = encodeBeginning(span);
  // What many spans have is first, in one piece: what takes time is to join pieces, not to copy them.
  let text = encodeAttributes(span.given, begun, !hasAttributes);
  text = encodeAttributes(span.attributes, text, !hasAttributes && isEmpty(span.given));
  const parent = parentSpanId === null ? "" : `"parentSpanId":"${parentSpanId}",`;
  return `${text}],"traceId":"${traceId}","spanId":"${spanId}",${parent}"startTimeUnixNano":"${nanosecondsOf(startedMs)}","endTimeUnixNano":"${nanosecondsOf(Math.max(startedMs, endedMs))}"}`;
}

/** How the texts of spans begin that have the same name, kind, end and shared attributes. */
interface Beginning extends Pick<EndedSpan, "name" | "kind" | "errorType" | "sharedAtStart" | "sharedAtEnd"> {
  readonly text: string;
  readonly hasAttributes: boolean;
}

/** By the shared attributes of the start: one, or a few, for each end. */
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

/** The same text as one piece: V8 keeps one that was joined as its pieces, and would join them for each span again. */
const flat = (text: string) => Buffer.from(text).toString();

function isEmpty(attributes: SpanAttributes | undefined): boolean {
  for (const _ in attributes) return false;
  return true;
}

/** What stands before the spans of an export: the resource and the scope. */
export function exportHead(resource: SpanAttributes, version: string): string {
  const scope = `{"name":"trainyard","version":${JSON.stringify(version)}}`;
  return `{"resourceSpans":[{"resource":{"attributes":[${encodeAttributes(resource, "", true)}]},"scopeSpans":[{"scope":${scope},"spans":[`;
}

/** What stands after them. */
export const exportTail = "]}]}]}";

/** Keys of attributes are few. */
const keys = new Map<string, string>();
const MAX_KEYS = 1000;

function keyOf(key: string): string {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const made = flat(`{"key":${textOf(key)},"value":`);
  if (keys.size < MAX_KEYS) keys.set(key, made);
  return made;
}

/** Adds attributes to those that stand before, if any do. */
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

/** Epoch nanoseconds in digits: more than a number holds. Exact to the microsecond. */
function nanosecondsOf(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return `${whole}${micros < 10 ? "00" : micros < 100 ? "0" : ""}${micros}000`;
}
