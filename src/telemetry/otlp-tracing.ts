/**
 * Tracing: samples spans, and hands those that have ended to the queue of exports. See opentelemetry.io/docs/specs/otlp and
 * .../specs/otel/trace/sdk.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  readTraceparent,
  type Span,
  type SpanEnd,
  type SpanOptions,
  type TraceContext,
  type Tracing,
} from "../domain/operation/tracing.ts";
import { VERSION } from "../domain/version.ts";
import { createOtlpExporter } from "./otlp-exporter.ts";
import { type EndedSpan, encodeSpan, exportHead } from "./otlp-json.ts";
import { createOtlpQueue } from "./otlp-queue.ts";
import type { TraceCounts } from "./trace-counts.ts";
import { createTraces, newId } from "./trace-ids.ts";
import { createTraceLimit } from "./trace-limit.ts";
import type { SamplerName, TracingSettings } from "./tracing-settings.ts";

export interface TracingOptions extends TracingSettings {
  /** Identifies this process among those of its service. */
  readonly instanceId: string;
  /** Called with the reason when exports begin to fail, and with null when they succeed again. */
  readonly onExport: (failure: string | null) => void;
  /** Counts what is not recorded or not exported. */
  readonly counts: TraceCounts;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

/** How a sampler decides. */
interface Sampling {
  /** Which traces are recorded that begin here, or whose parent is ignored: all, none, or a share by their ids. */
  readonly of: "all" | "none" | "share";
  /** Whether a span is recorded as its parent is. */
  readonly byParent: boolean;
}

/** The samplers of the specification, by their names in OTEL_TRACES_SAMPLER. */
const SAMPLERS: Readonly<Record<SamplerName, Sampling>> = {
  always_on: { of: "all", byParent: false },
  always_off: { of: "none", byParent: false },
  traceidratio: { of: "share", byParent: false },
  parentbased_always_on: { of: "all", byParent: true },
  parentbased_always_off: { of: "none", byParent: true },
  parentbased_traceidratio: { of: "share", byParent: true },
};

/** Without a sampler: the decision of the caller is followed, within the limits. */
const LIMITED: Sampling = { of: "all", byParent: true };

/** Takes a span that has ended. */
type Keep = (span: EndedSpan) => void;

class OtlpSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly leftOutUnder: string | null | undefined;
  readonly #parentSpanId: string | null;
  readonly #name: string;
  readonly #options: SpanOptions;
  readonly #startedMs: number;
  readonly #startedAt: number;
  #keep: Keep | null;

  constructor(
    context: TraceContext & Pick<Span, "leftOutUnder">,
    parentSpanId: string | null,
    name: string,
    options: SpanOptions,
    keep: Keep | null,
  ) {
    this.traceId = context.traceId;
    this.spanId = context.spanId;
    this.isSampled = context.isSampled;
    this.leftOutUnder = context.leftOutUnder;
    this.#parentSpanId = parentSpanId;
    this.#name = name;
    this.#options = options;
    this.#keep = keep;
    // Only recorded spans are timed.
    this.#startedMs = keep ? (options.startedAt ?? Date.now()) : 0;
    this.#startedAt = keep ? performance.now() : 0;
  }

  get traceparent(): string {
    return traceparentOf(this);
  }

  end({ attributes, shared, errorType = null, endedAt }: SpanEnd = {}): void {
    const keep = this.#keep;
    if (!keep) return;
    this.#keep = null;
    const { kind = "internal", attributes: given, shared: sharedAtStart } = this.#options;
    keep({
      traceId: this.traceId,
      spanId: this.spanId,
      parentSpanId: this.#parentSpanId,
      name: this.#name,
      kind,
      errorType,
      startedMs: this.#startedMs,
      // A duration by the monotonic clock, because the system clock may be set meanwhile.
      endedMs: endedAt ?? this.#startedMs + performance.now() - this.#startedAt,
      sharedAtStart,
      given,
      sharedAtEnd: shared,
      attributes,
    });
  }
}

const traceparentOf = ({ traceId, spanId, isSampled }: TraceContext) => `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;

/** Starts tracing. */
export function createOtlpTracing({ sampler, ratio, perSecond, counts, ...options }: TracingOptions): Tracing {
  const { onExport, now = () => performance.now() } = options;
  const queue = createOtlpQueue(createOtlpExporter(options), exportHead(resourceOf(options), VERSION), { onExport, counts });
  const keep: Keep = (span) => queue.add(encodeSpan(span));
  const { of, byParent } = sampler === null ? LIMITED : SAMPLERS[sampler];
  // A trace that a caller already records is worth more than a new one, so callers have a limit of their own.
  const limits = sampler === null ? { own: createTraceLimit(perSecond, now), callers: createTraceLimit(perSecond, now) } : null;
  const traces = createTraces(of === "share" ? ratio : of === "all" ? 1 : 0);
  const unrecorded: Span = {
    isSampled: false,
    leftOutUnder: limits ? null : undefined,
    get traceId() {
      return traces.leftOut();
    },
    get traceparent() {
      return traceparentOf({ traceId: traces.leftOut(), spanId: newId(16), isSampled: false });
    },
    end: () => undefined,
  };
  const storage = new AsyncLocalStorage<Span | null>();
  // All unrecorded requests share one context: entering it costs half of what creating one for each would.
  const withinUnrecorded = storage.run(unrecorded, () => AsyncLocalStorage.snapshot());
  const active = (): Span | null => storage.getStore() ?? null;
  const first = (traceId: string, name: string, given: SpanOptions): Span =>
    new OtlpSpan({ traceId, spanId: newId(16), isSampled: true }, null, name, given, keep);
  return {
    isOn: true,
    active,
    begin() {
      if (!limits || limits.own.hasRoom()) return traces.begin();
      counts.leftOut++;
      return null;
    },
    unrecorded,
    start(name, given = {}) {
      const isRequest = given.kind === "server";
      if (given.trace !== undefined) {
        if (isRequest) limits?.own.take();
        return first(given.trace, name, given);
      }
      const own = given.parent === undefined ? active() : null;
      if (own === unrecorded) return unrecorded;
      const parent = own instanceof OtlpSpan ? own : readTraceparent(given.parent);
      if (!parent) {
        if (isRequest && limits?.own.take() === false) {
          counts.leftOut++;
          return unrecorded;
        }
        const traceId = traces.begin();
        return traceId === null ? unrecorded : first(traceId, name, given);
      }
      const { traceId, spanId } = parent;
      const isWanted = byParent ? parent.isSampled : traces.has(traceId);
      const isSampled = isWanted && !(isRequest && limits?.callers.take() === false);
      if (isWanted && !isSampled) counts.leftOut++;
      const leftOutUnder = isWanted && !isSampled ? traceparentOf(parent) : own?.leftOutUnder;
      const context = { traceId, spanId: newId(16), isSampled, leftOutUnder };
      return new OtlpSpan(context, spanId, name, given, isSampled ? keep : null);
    },
    within: (span, work) => (span === unrecorded ? withinUnrecorded(work) : storage.run(span, work)),
    close: queue.close,
  };
}

function resourceOf({ serviceName, resource, instanceId }: Pick<TracingOptions, "serviceName" | "resource" | "instanceId">) {
  return {
    "service.version": VERSION,
    "service.instance.id": instanceId,
    ...resource,
    "service.name": serviceName ?? resource["service.name"] ?? "trainyard",
  };
}
