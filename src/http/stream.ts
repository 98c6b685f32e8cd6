/**
 * Streams of a job's frames: one pump behind WebSocket and SSE, which differ only in their outlet. A stream takes from the
 * job only what its reader takes from it, and ends a reader that takes nothing: its memory stays bounded, and the reader
 * resumes by sequence number. Knows nothing of how frames come about.
 */
import { setTimeout as delay } from "node:timers/promises";
import { DRAINING, type Frame, follow } from "../jobs/follow.ts";
import type { Services } from "../jobs/services.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** Why a stream ended. */
export type Ending =
  /** The job is in a terminal state and all was sent. */
  | "finished"
  /** The server goes down. */
  | "draining"
  /** The reader took nothing for too long. */
  | "too_slow"
  /** The reader went away. */
  | "gone"
  /** A defect of ours; the log has it. */
  | "failed";

/** One reader's connection. */
export interface Outlet {
  /** For the log. */
  readonly kind: "websocket" | "sse";
  send(frame: Frame): void;
  /** Bytes sent and not yet taken by the network. */
  buffered(): number;
  /** Calls `gone` once when the connection is closed, by whichever side. */
  onClose(gone: () => void): void;
  /** Closes the connection; `lastSeq` is what the reader resumes after. */
  close(ending: Ending, lastSeq: number): void;
  /** Drops the connection without a word. */
  destroy(): void;
}

export interface StreamBounds {
  /** Frames are held back while a reader has more than this still to take. */
  readonly lowWaterBytes: number;
  /** A reader above the low-water mark that takes nothing for this long is too slow. */
  readonly stallMs: number;
  /** How often a connection is tried for a dead peer. */
  readonly pingMs: number;
}

export const STREAM_BOUNDS: StreamBounds = { lowWaterBytes: 1024 * 1024, stallMs: 15_000, pingMs: 20_000 };

/** How long readers may take for their last frames when the server goes down. */
const DRAIN_MS = 3000;
const POLL_MS = 20;

interface StreamLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StreamRequest {
  readonly jobId: string;
  /** The reader has seen everything up to this sequence number. */
  readonly after: number;
  readonly outlet: Outlet;
  readonly log: StreamLog;
}

export interface Streams {
  readonly bounds: StreamBounds;
  /** Streams until the job or the connection ends. Never rejects. */
  run(request: StreamRequest): Promise<void>;
  /** Waits for the open streams to close, and drops those that do not in time. */
  settle(): Promise<void>;
}

/** All open streams of a server. They end when draining begins. */
export function createStreams(services: Services, lifecycle: Lifecycle, bounds: StreamBounds): Streams {
  // A stream is open until its connection is: the last frames may still be on their way when nothing more is to be sent.
  const open = new Map<Outlet, Promise<void>>();
  return {
    bounds,
    run(request) {
      const { outlet } = request;
      const { promise, resolve } = Promise.withResolvers<void>();
      open.set(outlet, promise);
      outlet.onClose(() => {
        open.delete(outlet);
        resolve();
      });
      return stream(services, lifecycle.draining, bounds, request);
    },
    async settle() {
      const enough = new AbortController();
      const deadline = delay(DRAIN_MS, undefined, { signal: enough.signal }).catch(() => undefined);
      await Promise.race([Promise.all(open.values()), deadline]);
      enough.abort();
      for (const outlet of open.keys()) outlet.destroy();
    },
  };
}

async function stream(
  services: Services,
  draining: AbortSignal,
  bounds: StreamBounds,
  { jobId, after, outlet, log }: StreamRequest,
): Promise<void> {
  const stop = new AbortController();
  const drain = () => stop.abort(DRAINING);
  if (draining.aborted) drain();
  else draining.addEventListener("abort", drain, { once: true });
  outlet.onClose(() => stop.abort("gone"));
  const progress = { lastSeq: after, frames: 0 };
  const startedAt = performance.now();
  let ending: Ending;
  try {
    ending = await pump(follow(services, jobId, { after, signal: stop.signal }), outlet, bounds, stop.signal, progress);
  } catch (error) {
    log.error({ err: error }, "stream failed");
    ending = "failed";
  } finally {
    draining.removeEventListener("abort", drain);
  }
  outlet.close(ending, progress.lastSeq);
  const ms = Math.round(performance.now() - startedAt);
  log.info({ stream: outlet.kind, ending, after, last_seq: progress.lastSeq, frames: progress.frames, ms }, "stream ended");
}

async function pump(
  frames: AsyncIterable<Frame>,
  outlet: Outlet,
  bounds: StreamBounds,
  signal: AbortSignal,
  progress: { lastSeq: number; frames: number },
): Promise<Ending> {
  const isGone = () => signal.aborted && signal.reason === "gone";
  for await (const frame of frames) {
    if (isGone()) return "gone";
    outlet.send(frame);
    progress.lastSeq = frame.seq;
    progress.frames++;
    if (!(await caughtUp(outlet, bounds, isGone))) return isGone() ? "gone" : "too_slow";
  }
  if (isGone()) return "gone";
  return signal.aborted ? "draining" : "finished";
}

/** Waits until the reader is below the low-water mark. False when it stands still for too long, or is gone. */
async function caughtUp(outlet: Outlet, { lowWaterBytes, stallMs }: StreamBounds, isGone: () => boolean): Promise<boolean> {
  let buffered = outlet.buffered();
  let movedAt = performance.now();
  while (buffered > lowWaterBytes) {
    await delay(POLL_MS);
    if (isGone()) return false;
    const now = outlet.buffered();
    if (now < buffered) movedAt = performance.now();
    else if (performance.now() - movedAt > stallMs) return false;
    buffered = now;
  }
  return true;
}
