/**
 * The interface of tracing to the code that is traced: spans, and the W3C trace context that joins those of many processes. Knows no
 * exporter. See https://www.w3.org/TR/trace-context/.
 */
import { TrainyardError } from "../errors.ts";
import type { Transition } from "../jobs/job.ts";

/** Attributes of a span: short values of a bounded kind, never from rows, bodies or headers. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** `server`: answers a request; `client`: sends one. Default: `internal`. */
  readonly kind?: "server" | "client" | "internal";
  /** The `traceparent` of another span; null for the first span of a trace. Default: the active span. */
  readonly parent?: string | null;
  /** The id of a trace that `begin` gave: this is its first span. */
  readonly trace?: string | undefined;
  readonly attributes?: SpanAttributes;
  /** More attributes, in an object that is the same for many spans and never changes, so that it is encoded once. */
  readonly shared?: SpanAttributes;
  /** Epoch milliseconds; now when left out. */
  readonly startedAt?: number;
}

export interface SpanEnd {
  readonly attributes?: SpanAttributes;
  /** As at the start. */
  readonly shared?: SpanAttributes;
  /** The kind of error that ended the work, as `error.type`: a code or a class, never a message. */
  readonly errorType?: string | null;
  /** Epoch milliseconds; now when left out. */
  readonly endedAt?: number;
}

export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Whether it is recorded. */
  readonly isSampled: boolean;
  /** Names the span to another process, whether or not it is sampled. */
  readonly traceparent: string;
  /**
   * Set if a request is left out only because there were too many: the `traceparent` of its caller, or null if it has none. What outlives the
   * request, such as a job, is recorded under it.
   */
  readonly leftOutUnder?: string | null | undefined;
  /** Ends the span. It is exported later, if it is sampled; a span that does not end is not exported. */
  end(how?: SpanEnd): void;
}

export interface Tracing {
  /** False if nothing is traced: then spans cost nothing and have no ids. */
  readonly isOn: boolean;
  /**
   * Begins a trace and returns its id; null where it is not recorded. Whoever asks first spares what is only said of spans that somebody sees:
   * for all spans of a trace that is not recorded there is `unrecorded`.
   */
  begin(): string | null;
  /**
   * Stands for the spans of all traces that began here and are not recorded, and keeps what comes below it from being so. It has no end, and
   * a new name each time it is asked for one, so that no two of those traces become one elsewhere.
   */
  readonly unrecorded: Span;
  /** Starts a span. It must be ended. */
  start(name: string, options?: SpanOptions): Span;
  /** Runs work, and everything that the work awaits, with this span active; null for none. */
  within<Result>(span: Span | null, work: () => Result): Result;
  /** The active span; null if there is none. */
  active(): Span | null;
  /** Exports the ended spans, within two seconds, and stops. */
  close(): Promise<void>;
}

const NO_SPAN: Span = { traceId: "", isSampled: false, traceparent: "", end: () => undefined };

/** Traces nothing. */
export const NO_TRACING: Tracing = {
  isOn: false,
  begin: () => null,
  unrecorded: NO_SPAN,
  start: () => NO_SPAN,
  within: (_, work) => work(),
  active: () => null,
  close: () => Promise.resolve(),
};

/** Runs work in a span of its own, which ends with it. Throws what the work throws. */
export async function traced<Result>(
  tracing: Tracing,
  name: string,
  options: SpanOptions,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!tracing.isOn) return work();
  const span = tracing.start(name, options);
  try {
    const result = await tracing.within(span, work);
    span.end();
    return result;
  } catch (error) {
    span.end({ errorType: errorTypeOf(error) });
    throw error;
  }
}

/** The kind of an error, without its message. */
export function errorTypeOf(error: unknown): string {
  if (error instanceof TrainyardError) return error.code;
  return error instanceof Error ? error.name : "error";
}

/** version 00, with what a later one may add; see "A vendor that receives a higher version" there. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const MAX_TRACEPARENT = 256;

/** The members of a `traceparent`. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  /** Whether the caller records its spans. */
  readonly isSampled: boolean;
}

/** Reads a `traceparent`. Null for one that is not valid, which is to be ignored. */
export function readTraceparent(text: unknown): TraceContext | null {
  if (typeof text !== "string" || text.length > MAX_TRACEPARENT) return null;
  const [, version, traceId = "", spanId = "", flags = "", more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The `traceparent` of the last traced change of a job or a sweep; null if there is none. */
export function causeOf(moved: { readonly transitions: readonly Pick<Transition, "traceparent">[] }): string | null {
  return moved.transitions.findLast(({ traceparent }) => traceparent !== undefined)?.traceparent ?? null;
}
