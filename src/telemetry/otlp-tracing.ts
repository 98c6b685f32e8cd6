/**
 * Tracing with OpenTelemetry's SDK: spans are sampled, batched, and exported as OTLP over HTTP. The only file that knows its packages,
 * which are installed where traces are wanted: import it only then. Registers nothing globally.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { readTraceparent, type Span, type SpanEnd, type SpanOptions, type Tracing } from "../domain/operation/tracing.ts";
import { VERSION } from "../domain/version.ts";
import type { SamplerName, TracingSettings } from "./tracing-settings.ts";

/** Spans that wait for their export; further ones are dropped. */
const MAX_WAITING = 2048;
/** Length of a text attribute; what is longer is cut. */
const MAX_TEXT = 256;
/** How long a stop waits for the last export. */
const CLOSE_MS = 2000;

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

/** The samplers of the specification, by their names in OTEL_TRACES_SAMPLER. */
const SAMPLERS: Readonly<Record<SamplerName, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

export interface TracingOptions extends TracingSettings {
  /** Names this process among those of its service. */
  readonly instanceId: string;
  /** Called when exports begin to fail, with why, and with null when they succeed again. */
  readonly onExport: (error: unknown) => void;
}

class OtlpSpan implements Span {
  readonly inner: SdkSpan;
  #context: Context | null = null;

  constructor(inner: SdkSpan) {
    this.inner = inner;
  }

  get traceId(): string {
    return this.inner.spanContext().traceId;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.inner.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags & TraceFlags.SAMPLED ? "01" : "00"}`;
  }

  /** The context of its children. */
  get context(): Context {
    this.#context ??= trace.setSpan(ROOT_CONTEXT, this.inner);
    return this.#context;
  }

  end({ attributes, errorType = null, endedAt }: SpanEnd = {}): void {
    const { inner } = this;
    if (attributes) inner.setAttributes(attributes);
    if (errorType !== null) {
      inner.setAttribute("error.type", errorType);
      inner.setStatus({ code: SpanStatusCode.ERROR });
    }
    inner.end(endedAt);
  }
}

/** Starts tracing. Nothing waits for an export: one that fails loses its spans. */
export function createOtlpTracing(options: TracingOptions): Tracing {
  const { url, headers, sampler, ratio, serviceName, resource, instanceId, onExport } = options;
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers } });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      "service.version": VERSION,
      "service.instance.id": instanceId,
      ...resource,
      "service.name": serviceName ?? resource["service.name"] ?? "trainyard",
    }),
    sampler: SAMPLERS[sampler](ratio),
    spanLimits: { attributeValueLengthLimit: MAX_TEXT },
    spanProcessors: [new BatchSpanProcessor({ exporter: reporting(exporter, onExport), maxQueueSize: MAX_WAITING })],
  });
  const tracer = provider.getTracer("trainyard", VERSION);
  const storage = new AsyncLocalStorage<Span | null>();
  const active = (): Span | null => storage.getStore() ?? null;

  return {
    isOn: true,
    active,
    start(name, { kind = "internal", parent, attributes, startedAt }: SpanOptions = {}) {
      const context = parent === undefined ? contextOf(active()) : contextOfRemote(parent);
      const options = {
        kind: KINDS[kind],
        ...(attributes && { attributes: { ...attributes } }),
        ...(startedAt !== undefined && { startTime: startedAt }),
      };
      return new OtlpSpan(tracer.startSpan(name, options, context));
    },
    within: (span, work) => storage.run(span, work),
    async close() {
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, CLOSE_MS);
      await Promise.race([provider.shutdown().catch(() => undefined), over]);
      clearTimeout(timer);
    },
  };
}

function contextOf(span: Span | null): Context {
  return span instanceof OtlpSpan ? span.context : ROOT_CONTEXT;
}

function contextOfRemote(traceparent: string | null): Context {
  const remote = readTraceparent(traceparent);
  if (!remote) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = remote;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const context: SpanContext = { traceId, spanId, traceFlags, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, context);
}

/** The exporter, with a word when it begins to fail and when it succeeds again. */
function reporting(exporter: SpanExporter, onExport: (error: unknown) => void): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const hasFailed = result.code !== 0;
        if (hasFailed !== isFailing) onExport(hasFailed ? (result.error ?? new Error("the export failed")) : null);
        isFailing = hasFailed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
