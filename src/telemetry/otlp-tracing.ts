/**
 * Tracing: samples spans, keeps those that have ended in a bounded queue, and exports them in batches as OTLP over HTTP. Nothing waits for
 * an export; one that fails loses its spans and nothing else. See opentelemetry.io/docs/specs/otlp and .../specs/otel/trace/sdk.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomFillSync } from "node:crypto";
import { readTraceparent, type Span, type SpanEnd, type SpanOptions, type Tracing } from "../domain/operation/tracing.ts";
import { VERSION } from "../domain/version.ts";
import { createOtlpExporter } from "./otlp-exporter.ts";
import { encodeSpan, exportHead, exportTail } from "./otlp-json.ts";
import type { SamplerName, TracingSettings } from "./tracing-settings.ts";

/** Spans that wait for their export; further ones are dropped. As in OpenTelemetry's SDKs. */
const MAX_WAITING = 2048;
/** Few enough that writing them as one text does not hold the event loop. */
const BATCH = 128;
/** How long a span waits for others. */
const DELAY_MS = 5000;
/** How long a stop waits for the last exports. */
const CLOSE_MS = 2000;

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

/** The samplers of the specification, by their names in OTEL_TRACES_SAMPLER. */
const SAMPLERS: Readonly<Record<SamplerName, (ratio: number) => Sampler>> = {
  always_on: () => () => true,
  always_off: () => () => false,
  traceidratio: (ratio) => (traceId) => isWithin(traceId, ratio),
  parentbased_always_on: () => (_, parent) => parent ?? true,
  parentbased_always_off: () => (_, parent) => parent ?? false,
  parentbased_traceidratio: (ratio) => (traceId, parent) => parent ?? isWithin(traceId, ratio),
};

/** Takes the text of a span that has ended. */
type Keep = (span: string) => void;

class OtlpSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly #parentSpanId: string | null;
  readonly #name: string;
  readonly #options: SpanOptions;
  readonly #startedMs: number;
  readonly #startedAt = performance.now();
  #keep: Keep | null;

  constructor(ids: Pick<OtlpSpan, "traceId" | "spanId" | "isSampled">, parent: string | null, of: SpanOf, keep: Keep) {
    this.traceId = ids.traceId;
    this.spanId = ids.spanId;
    this.isSampled = ids.isSampled;
    this.#parentSpanId = parent;
    this.#name = of.name;
    this.#options = of.options;
    this.#startedMs = of.options.startedAt ?? Date.now();
    this.#keep = ids.isSampled ? keep : null;
  }

  get traceparent(): string {
    return `00-${this.traceId}-${this.spanId}-${this.isSampled ? "01" : "00"}`;
  }

  end({ attributes, errorType = null, endedAt }: SpanEnd = {}): void {
    const keep = this.#keep;
    if (!keep) return;
    this.#keep = null;
    const { traceId, spanId } = this;
    const { kind = "internal", attributes: given } = this.#options;
    keep(
      encodeSpan({
        ...{ traceId, spanId, parentSpanId: this.#parentSpanId, name: this.#name, kind, errorType },
        startedMs: this.#startedMs,
        // The clock of the machine may be set meanwhile.
        endedMs: endedAt ?? this.#startedMs + performance.now() - this.#startedAt,
        given,
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
  const queue = createQueue(options);
  const isSampled = SAMPLERS[sampler](ratio);
  const newId = createIds();
  const storage = new AsyncLocalStorage<Span | null>();
  const active = (): Span | null => storage.getStore() ?? null;
  return {
    isOn: true,
    active,
    start(name, given = {}) {
      const own = given.parent === undefined ? active() : null;
      const parent = own instanceof OtlpSpan ? own : readTraceparent(given.parent);
      const traceId = parent?.traceId ?? newId(32);
      const ids = { traceId, spanId: newId(16), isSampled: isSampled(traceId, parent?.isSampled ?? null) };
      return new OtlpSpan(ids, parent?.spanId ?? null, { name, options: given }, queue.add);
    },
    within: (span, work) => storage.run(span, work),
    close: queue.close,
  };
}

/** Random ids in hexadecimal digits, cut from one long text at a time. */
function createIds(): (digits: number) => string {
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

interface Queue {
  add(span: string): void;
  close(): Promise<void>;
}

/** The spans that wait for their export, and one export at a time. */
function createQueue(options: Omit<TracingOptions, "sampler" | "ratio">): Queue {
  const { onExport } = options;
  const exporter = createOtlpExporter(options);
  const head = exportHead(resourceOf(options), VERSION);
  let waiting: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let exporting: Promise<void> | null = null;
  let isFailing = false;
  let isClosed = false;

  const send = async (spans: readonly string[]): Promise<void> => {
    const failure = await exporter.send(`${head}${spans.join(",")}${exportTail}`);
    if ((failure !== null) !== isFailing) onExport(failure);
    isFailing = failure !== null;
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (exporting || waiting.length === 0) return;
    const spans = waiting.slice(0, BATCH);
    waiting = waiting.slice(BATCH);
    exporting = send(spans).finally(() => {
      exporting = null;
      if (waiting.length >= BATCH || isClosed) flush();
      else schedule();
    });
  };
  const schedule = (): void => {
    if (timer || waiting.length === 0) return;
    timer = setTimeout(flush, DELAY_MS);
    timer.unref();
  };
  return {
    add(span) {
      if (waiting.length >= MAX_WAITING || isClosed) return;
      waiting.push(span);
      if (waiting.length >= BATCH) flush();
      else schedule();
    },
    async close() {
      isClosed = true;
      const { promise: over, resolve } = Promise.withResolvers<void>();
      const deadline = setTimeout(resolve, CLOSE_MS);
      let hasTime = true;
      void over.then(() => {
        hasTime = false;
      });
      flush();
      while (exporting && hasTime) await Promise.race([exporting, over]);
      waiting = [];
      exporter.close();
      clearTimeout(deadline);
    },
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
