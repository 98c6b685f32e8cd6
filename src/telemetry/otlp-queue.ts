/**
 * The bounded queue of spans that have ended, and their export in batches. A span is written as bytes at once, into the body of the request that
 * will send it: spans kept as strings would have to be joined and copied later, and would be garbage until then. Nothing waits for an export; a
 * failed export loses its own spans only.
 */
import type { OtlpExporter } from "./otlp-exporter.ts";
import { exportTail } from "./otlp-json.ts";
import type { TraceCounts } from "./trace-counts.ts";

/** Maximum spans that wait for their export, as in OpenTelemetry's SDKs; further ones are dropped. */
const MAX_WAITING = 2048;
/** Spans of one export, as in those SDKs. The request of an export takes as much time as some 40 spans. */
const BATCH = 512;
/** Size of the body of an export, at some 700 bytes a span. A full body is sent with fewer spans. */
const BATCH_BYTES = 384 * 1024;
/** Maximum bytes of UTF-8 for one UTF-16 unit. */
const MAX_UTF8 = 3;
/** How long a span waits for others before it is exported. */
const DELAY_MS = 5000;
/** How long a stop waits for the last exports. */
const CLOSE_MS = 2000;

export interface OtlpQueue {
  /** Adds a span as JSON. */
  add(span: string): void;
  /** Exports the waiting spans, for at most two seconds, and stops. */
  close(): Promise<void>;
}

/** The body of an export under construction. */
interface Batch {
  readonly bytes: Buffer;
  /** Bytes written so far. */
  size: number;
  spans: number;
}

/** Creates an empty queue. `head` is the text before the spans of each export. */
export function createOtlpQueue(
  exporter: OtlpExporter,
  head: string,
  { onExport, counts }: { readonly onExport: (failure: string | null) => void; readonly counts: TraceCounts },
): OtlpQueue {
  const tail = Buffer.from(exportTail);
  /** Spans are added to the last batch; those before it are full. */
  let batches: Batch[] = [];
  /** The buffer of a batch that was sent, for reuse: the kernel would have to map and clear a new one. */
  let spare: Buffer | null = null;
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let exporting: Promise<void> | null = null;
  let isFailing = false;
  let isClosed = false;

  const send = async ({ bytes, size, spans }: Batch): Promise<void> => {
    const failure = await exporter.send(bytes.subarray(0, size + tail.copy(bytes, size)));
    if ((failure !== null) !== isFailing) onExport(failure);
    isFailing = failure !== null;
    if (isFailing) counts.lost += spans;
    // After a failure the request may still be reading the buffer.
    if (failure === null && bytes.length === BATCH_BYTES) spare = bytes;
  };
  const hasFull = (): boolean => batches.length > 1 || (batches[0]?.spans ?? 0) >= BATCH;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (exporting) return;
    const batch = batches.shift();
    if (!batch) return;
    waiting -= batch.spans;
    exporting = send(batch).finally(() => {
      exporting = null;
      if (hasFull() || isClosed) flush();
      else schedule();
    });
  };
  const schedule = (): void => {
    if (timer || waiting === 0) return;
    timer = setTimeout(flush, DELAY_MS);
    timer.unref();
  };
  /** Returns a batch with room for so many bytes. */
  const batchFor = (room: number): Batch => {
    const last = batches.at(-1);
    if (last && last.spans < BATCH && last.size + room + tail.length < last.bytes.length) return last;
    const needed = Math.max(BATCH_BYTES, head.length * MAX_UTF8 + room + tail.length + 1);
    const bytes = spare?.length === needed ? spare : Buffer.allocUnsafeSlow(needed);
    if (bytes === spare) spare = null;
    const batch = { bytes, size: bytes.write(head), spans: 0 };
    batches.push(batch);
    return batch;
  };
  return {
    add(span) {
      if (waiting >= MAX_WAITING || isClosed) return void counts.lost++;
      const batch = batchFor(span.length * MAX_UTF8 + 1);
      if (batch.spans > 0) batch.bytes[batch.size++] = COMMA;
      batch.size += batch.bytes.write(span, batch.size);
      batch.spans++;
      waiting++;
      if (hasFull()) flush();
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
      clearTimeout(deadline);
      for (const { spans } of batches) counts.lost += spans;
      batches = [];
      exporter.close();
      // Counts its spans, if it was aborted.
      await exporting;
    },
  };
}

const COMMA = 0x2c;
