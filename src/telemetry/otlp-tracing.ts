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
import { createTraces, newId } from "./trace-ids.ts";
import type { SamplerName, TracingSettings } from "./tracing-settings.ts";

export interface TracingOptions extends TracingSettings {
  /** Names this process among those of its service. */
  readonly instanceId: string;
  /** Called with why when exports begin to fail, and with null when they succeed again. */
  readonly onExport: (failure: string | null) => void;
}

/** How a sampler decides. */
interface Sampling {
  /** Traces that begin here, and others where it does not go by the parent: all, none, or a share by their ids. */
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

/** Takes a span that has ended. */
type Keep = (span: EndedSpan) => void;

class OtlpSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly #parentSpanId: string | null;
  readonly #name: string;
  readonly #options: SpanOptions;
  readonly #startedMs: number;
  readonly #startedAt: number;
  #keep: Keep | null;

  constructor(context: TraceContext, parentSpanId: string | null, name: string, options: SpanOptions, keep: Keep | null) {
    this.traceId = context.traceId;
    this.spanId = context.spanId;
    this.isSampled = context.isSampled;
    this.#parentSpanId = parentSpanId;
    this.#name = name;
    this.#options = options;
    this.#keep = keep;
    // What is not recorded is not timed.
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
      // The clock of the machine may be set meanwhile.
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
export function createOtlpTracing({ sampler, ratio, ...options }: TracingOptions): Tracing {
  const queue = createOtlpQueue(createOtlpExporter(options), exportHead(resourceOf(options), VERSION), options.onExport);
  const keep: Keep = (span) => queue.add(encodeSpan(span));
  const { of, byParent } = SAMPLERS[sampler];
  const traces = createTraces(of === "share" ? ratio : of === "all" ? 1 : 0);
  const unrecorded: Span = {
    isSampled: false,
    get traceId() {
      return traces.leftOut();
    },
    get traceparent() {
      return traceparentOf({ traceId: traces.leftOut(), spanId: newId(16), isSampled: false });
    },
    end: () => undefined,
  };
  const storage = new AsyncLocalStorage<Span | null>();
  // All of its requests are within the same: to enter one context that is there costs half of making two.
  const withinUnrecorded = storage.run(unrecorded, () => AsyncLocalStorage.snapshot());
  const active = (): Span | null => storage.getStore() ?? null;
  const first = (traceId: string, name: string, given: SpanOptions): Span =>
    new OtlpSpan({ traceId, spanId: newId(16), isSampled: true }, null, name, given, keep);
  return {
    isOn: true,
    active,
    begin: traces.begin,
    unrecorded,
    start(name, given = {}) {
      if (given.trace !== undefined) return first(given.trace, name, given);
      const own = given.parent === undefined ? active() : null;
      if (own === unrecorded) return unrecorded;
      const parent = own instanceof OtlpSpan ? own : readTraceparent(given.parent);
      if (!parent) {
        const traceId = traces.begin();
        return traceId === null ? unrecorded : first(traceId, name, given);
      }
      const { traceId, spanId } = parent;
      const isSampled = byParent ? parent.isSampled : traces.has(traceId);
      return new OtlpSpan({ traceId, spanId: newId(16), isSampled }, spanId, name, given, isSampled ? keep : null);
    },
    within: (span, work) => (span === unrecorded ? withinUnrecorded(work) : storage.run(span, work)),
    close: queue.close,
  };
}

function resourceOf({ serviceName, resource, instanceId }: Omit<TracingOptions, "sampler" | "ratio">) {
  return {
    "service.version": VERSION,
    "service.instance.id": instanceId,
    ...resource,
    "service.name": serviceName ?? resource["service.name"] ?? "trainyard",
  };
}
