/**
 * Tracing: samples spans, and hands those that have ended to the queue of exports. See opentelemetry.io/docs/specs/otlp and
 * .../specs/otel/trace/sdk.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomFillSync } from "node:crypto";
import { readTraceparent, type Span, type SpanEnd, type SpanOptions, type Tracing } from "../domain/operation/tracing.ts";
import { VERSION } from "../domain/version.ts";
import { createOtlpExporter } from "./otlp-exporter.ts";
import { encodeSpan, exportHead } from "./otlp-json.ts";
import { createOtlpQueue } from "./otlp-queue.ts";
import type { SamplerName, TracingSettings } from "./tracing-settings.ts";

export interface TracingOptions extends TracingSettings {
  /** Names this process among those of its service. */
  readonly instanceId: string;
  /** Called with why when exports begin to fail, and with null when they succeed again. */
  readonly onExport: (failure: string | null) => void;
}

/** Whether to record a span: by its trace, and by its parent's flag, which is null for the first span of a trace. */
type Sampler = (traceId: string, parent: boolean | null) => boolean;

/** By the last 64 bits of the trace, as the SDKs do: a trace that is recorded at a share is recorded at any larger one. */
const isWithin = (traceId: string, ratio: number) => Number.parseInt(traceId.slice(16), 16) < ratio * 2 ** 64;

interface Sampling {
  /** Whether it decides by the id of the trace. */
  readonly asksTrace: boolean;
  create(ratio: number): Sampler;
}

/** The samplers of the specification, by their names in OTEL_TRACES_SAMPLER. */
const SAMPLERS: Readonly<Record<SamplerName, Sampling>> = {
  always_on: { asksTrace: false, create: () => () => true },
  always_off: { asksTrace: false, create: () => () => false },
  traceidratio: { asksTrace: true, create: (ratio) => (traceId) => isWithin(traceId, ratio) },
  parentbased_always_on: { asksTrace: false, create: () => (_, parent) => parent ?? true },
  parentbased_always_off: { asksTrace: false, create: () => (_, parent) => parent ?? false },
  parentbased_traceidratio: {
    asksTrace: true,
    create: (ratio) => (traceId, parent) => parent ?? isWithin(traceId, ratio),
  },
};

/** Takes the text of a span that has ended. */
type Keep = (span: string) => void;

/** Draws a new id of so many hexadecimal digits. */
type NewId = (digits: number) => string;

class OtlpSpan implements Span {
  readonly isSampled: boolean;
  readonly #newId: NewId;
  readonly #parentSpanId: string | null;
  readonly #name: string;
  readonly #options: SpanOptions;
  readonly #startedMs: number;
  readonly #startedAt: number;
  #traceId: string | null;
  #spanId: string | null = null;
  #keep: Keep | null;

  constructor(traceId: string | null, parentSpanId: string | null, of: SpanOf, newId: NewId, keep: Keep | null) {
    this.#traceId = traceId;
    this.#parentSpanId = parentSpanId;
    this.#name = of.name;
    this.#options = of.options;
    this.#newId = newId;
    this.#keep = keep;
    this.isSampled = keep !== null;
    // What is not recorded is not timed.
    this.#startedMs = keep ? (of.options.startedAt ?? Date.now()) : 0;
    this.#startedAt = keep ? performance.now() : 0;
  }

  /** Ids of a span that is not recorded are drawn when somebody asks for them. */
  get traceId(): string {
    this.#traceId ??= this.#newId(32);
    return this.#traceId;
  }

  get spanId(): string {
    this.#spanId ??= this.#newId(16);
    return this.#spanId;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.isSampled ? "01" : "00"}`;
  }

  end({ attributes, shared, errorType = null, endedAt }: SpanEnd = {}): void {
    const keep = this.#keep;
    if (!keep) return;
    this.#keep = null;
    const { traceId, spanId } = this;
    const { kind = "internal", attributes: given, shared: sharedAtStart } = this.#options;
    keep(
      encodeSpan({
        traceId,
        spanId,
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
      }),
    );
  }
}

interface SpanOf {
  readonly name: string;
  readonly options: SpanOptions;
}

/** Starts tracing. */
export function createOtlpTracing({ sampler, ratio, ...options }: TracingOptions): Tracing {
  const queue = createOtlpQueue(createOtlpExporter(options), exportHead(resourceOf(options), VERSION), options.onExport);
  const sampling = SAMPLERS[sampler];
  const isSampled = sampling.create(ratio);
  const newId = createIds();
  const storage = new AsyncLocalStorage<Span | null>();
  const active = (): Span | null => storage.getStore() ?? null;
  return {
    isOn: true,
    active,
    start(name, given = {}) {
      const own = given.parent === undefined ? active() : null;
      const parent = own instanceof OtlpSpan ? own : readTraceparent(given.parent);
      // Of a trace that begins here and is not looked at, the id is drawn when somebody asks for it.
      const traceId = parent?.traceId ?? (sampling.asksTrace ? newId(32) : null);
      const keep = isSampled(traceId ?? "", parent?.isSampled ?? null) ? queue.add : null;
      return new OtlpSpan(traceId, parent?.spanId ?? null, { name, options: given }, newId, keep);
    },
    within: (span, work) => storage.run(span, work),
    close: queue.close,
  };
}

/** Random ids in hexadecimal digits, cut from one long text at a time. */
function createIds(): NewId {
  const bytes = Buffer.alloc(8192);
  let text = "";
  let at = 0;
  return (digits) => {
    if (at + digits > text.length) {
      text = randomFillSync(bytes).toString("hex");
      at = 0;
    }
    at += digits;
    return text.slice(at - digits, at);
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
