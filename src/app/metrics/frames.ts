/**
 * Encodes events as frames, once each, and caches them for all readers. A thousand readers of one job cost one encoding per
 * frame and at most one read of the store; a chunk that this process has just stored costs none. Knows nothing about the readers.
 */
import { notFound } from "../../domain/errors.ts";
import { isTerminal, type Job, type JobEvent } from "../../domain/jobs/job.ts";
import { createLru } from "../../domain/memory/lru.ts";
import { encodeChunk, type MetricChunk } from "../../domain/metrics/metric.ts";
import type { ComputePool } from "../../domain/ports.ts";
import type { Store } from "../../domain/store/store.ts";

/** One message of a stream. */
export interface Frame {
  readonly type: "state" | "metrics" | "progress" | "end";
  /** Sequence number. Pass the last one seen as `after` to continue from there. */
  readonly seq: number;
  /** The whole frame as UTF-8 JSON. */
  readonly json: Uint8Array;
}

/** The frame of a stored event. */
export interface EventFrame extends Frame {
  /** True when no event follows this one: the job is in a terminal state. */
  readonly isLast: boolean;
}

export interface Frames {
  /**
   * Returns the next frames after a sequence number, in order and without a gap, bounded in number and bytes. Empty only when
   * nothing was committed after it at the time of the call. Throws not_found when the job was deleted.
   */
  read(jobId: string, after: number): Promise<readonly EventFrame[]>;
  /**
   * Adds a chunk that was just stored as the event `seq`. The chunk is encoded when it is first read; until then it uses only
   * memory, within bounds. Its columns must not change afterwards.
   */
  add(jobId: string, seq: number, chunk: MetricChunk): void;
}

const CACHE_BYTES = 64 * 1024 * 1024;
/** Limits the number too: most frames are short, and the overhead of an entry would exceed its bytes. */
const CACHE_FRAMES = 8192;
/** Limits of the chunks that were just stored, for all jobs together: a few seconds of output of every worker. */
const FRESH_BYTES = 16 * 1024 * 1024;
const FRESH_CHUNKS = 1024;
const BATCH_FRAMES = 64;
const BATCH_BYTES = 1024 * 1024;

/** Creates an empty cache of frames over a store. */
export function createFrames({ store, computePool }: { readonly store: Store; readonly computePool: ComputePool }): Frames {
  const cache = createLru<EventFrame>({
    maxCount: CACHE_FRAMES,
    maxBytes: CACHE_BYTES,
    bytesOf: ({ json }) => json.byteLength,
  });
  const fresh = createLru<MetricChunk>({ maxCount: FRESH_CHUNKS, maxBytes: FRESH_BYTES, bytesOf: columnBytes });
  const reads = new Map<string, Promise<readonly EventFrame[]>>();
  const keyOf = (jobId: string, seq: number) => `${jobId} ${seq}`;

  /** Returns events after a sequence number that this process stored a moment ago, as the store would return them. */
  function freshEvents(jobId: string, after: number): JobEvent[] {
    const events: JobEvent[] = [];
    for (let bytes = 0; bytes < BATCH_BYTES && events.length < BATCH_FRAMES; ) {
      const seq = after + events.length + 1;
      const chunk = fresh.get(keyOf(jobId, seq));
      if (!chunk) break;
      const { from, to } = chunk;
      events.push({ seq, type: "metrics", from, to, columns: encodeChunk(chunk) });
      bytes += columnBytes(chunk);
    }
    return events;
  }

  async function loadEvents(jobId: string, after: number): Promise<readonly JobEvent[]> {
    const known = freshEvents(jobId, after);
    if (known.length > 0) return known;
    const events = await store.events.read(jobId, after, BATCH_FRAMES, BATCH_BYTES);
    if (events.length === 0 && !(await store.jobs.get(jobId))) throw notFound("job", jobId);
    return events;
  }

  function cached(jobId: string, after: number): EventFrame[] {
    const frames: EventFrame[] = [];
    for (let bytes = 0; bytes < BATCH_BYTES && frames.length < BATCH_FRAMES; ) {
      const frame = cache.get(keyOf(jobId, after + frames.length + 1));
      if (!frame) break;
      frames.push(frame);
      bytes += frame.json.byteLength;
    }
    return frames;
  }

  async function load(jobId: string, after: number): Promise<readonly EventFrame[]> {
    const events = await loadEvents(jobId, after);
    const frames = await Promise.all(events.map((event) => encodeEvent(computePool, jobId, event)));
    for (const frame of frames) {
      cache.set(keyOf(jobId, frame.seq), frame);
      fresh.delete(keyOf(jobId, frame.seq));
    }
    return frames;
  }

  function share(jobId: string, after: number): Promise<readonly EventFrame[]> {
    const key = keyOf(jobId, after);
    const shared = reads.get(key);
    if (shared) return shared;
    // The entry is deleted before the waiting callers continue: a call after that starts a read of its own.
    const read = load(jobId, after).finally(() => reads.delete(key));
    reads.set(key, read);
    return read;
  }

  return {
    async read(jobId, after) {
      const known = cached(jobId, after);
      if (known.length > 0) return known;
      const joined = reads.has(keyOf(jobId, after));
      const frames = await share(jobId, after);
      // A read that began before this call may have missed the event that the caller was woken for; a second read cannot.
      return frames.length === 0 && joined ? share(jobId, after) : frames;
    },
    add: (jobId, seq, chunk) => fresh.set(keyOf(jobId, seq), chunk),
  };
}

function columnBytes({ series }: MetricChunk): number {
  return Object.values(series).reduce((total, { byteLength }) => total + byteLength, 0);
}

const encoder = new TextEncoder();

async function encodeEvent(computePool: ComputePool, jobId: string, event: JobEvent): Promise<EventFrame> {
  const { seq, type } = event;
  if (type === "state") {
    const { state, at, reason } = event;
    const text = JSON.stringify({ type, job: jobId, seq, state, at: new Date(at).toISOString(), reason });
    return { type, seq, json: encoder.encode(text), isLast: isTerminal(state) };
  }
  const { from, to, columns } = event;
  const total = to - from + 1;
  const head = JSON.stringify({ type, job: jobId, seq, from, to, total, returned: columns ? total : 0 });
  if (!columns) return { type, seq, json: encoder.encode(`${head.slice(0, -1)},"epochs":[],"series":{}}`), isLast: false };
  return { type, seq, json: await computePool.encodeColumns(head, from, to, columns), isLast: false };
}

/** Returns the frame that ends a stream, after the reader has seen everything up to `seq`. */
export function endFrame({ id, state, model, error }: Job, seq: number, reason: string): Frame {
  const text = JSON.stringify({ type: "end", job: id, seq, state, reason, model: model?.id ?? null, error });
  return { type: "end", seq, json: encoder.encode(text) };
}
