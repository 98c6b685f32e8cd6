/**
 * The frames of a job or a sweep over a WebSocket, across broken connections: each new connection resumes after the sequence number of the last
 * frame. Knows neither addresses nor keys.
 */
import { ApiError } from "./error.ts";

/** How a job is watched. */
export interface WatchOptions {
  /** The sequence number of the last frame seen; 0, the default, is the beginning. */
  readonly after?: number;
  /** Aborting it ends the watch without an error. */
  readonly signal?: AbortSignal;
  /** How long a watch without a connection retries before it rejects, in milliseconds; a minute when left out. */
  readonly retryMs?: number;
}

const RETRY_FOR_MS = 60_000;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2000;
/** Characters of frames that may wait for the iteration; beyond, the connection is closed, and resumed once they are read. */
const MAX_WAITING_CHARACTERS = 16 * 1024 * 1024;
/** A connection that is silent for this long may be dead without having been closed: the watch reconnects. */
const SILENCE_MS = 45_000;

/**
 * Iterates over frames, each exactly once and in order, up to and including the `end` frame that `isFinal`; any other `end` frame means
 * that the server stops. `open` opens a WebSocket that begins after a sequence number. `check` asks the server for the job after a
 * connection failed: when it rejects with a client error (4xx other than 408 and 429), so does the iteration; with any other error, after
 * `retryMs`.
 */
export async function* watchFrames<F extends { type: string; seq: number }>(
  open: (after: number) => WebSocket,
  check: () => Promise<unknown>,
  isFinal: (frame: F) => boolean,
  { after = 0, signal, retryMs = RETRY_FOR_MS }: WatchOptions,
): AsyncGenerator<F, void, void> {
  let cursor = after;
  let lastHeardAt = performance.now();
  let delayMs = FIRST_DELAY_MS;
  while (!signal?.aborted) {
    for await (const frame of framesOf<F>(open(cursor), signal)) {
      lastHeardAt = performance.now();
      delayMs = FIRST_DELAY_MS;
      if (frame.type === "end" && !isFinal(frame)) break; // What is watched continues after the restart.
      if (frame.type !== "end" && frame.seq <= cursor) continue;
      cursor = frame.seq;
      yield frame;
      if (frame.type === "end") return;
    }
    if (signal?.aborted) return;
    // A server that answers has only closed this connection, however long ago the last frame came.
    if (await isThere(check, performance.now() - lastHeardAt > retryMs)) lastHeardAt = performance.now();
    await pause(delayMs, signal);
    delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
  }
}

/** Whether the server answers. Rejects as `check` does when the server refuses, or on the last try. */
async function isThere(check: () => Promise<unknown>, isLastTry: boolean): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (isLastTry || isRefusal(error)) throw error;
    return false;
  }
}

/** An answer that a retry would not change. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status < 500 && ![408, 429].includes(error.problem.status);
}

/** The frames of one connection, until it closes, falls silent, or is too far ahead of the iteration. */
async function* framesOf<F>(socket: WebSocket, signal: AbortSignal | undefined): AsyncGenerator<F, void, void> {
  const waiting: string[] = [];
  let characters = 0;
  let isOver = false;
  let wake = () => {};
  const end = () => {
    isOver = true;
    socket.close();
    wake();
  };
  let silence = setTimeout(end, SILENCE_MS);
  socket.onmessage = ({ data }) => {
    clearTimeout(silence);
    // The next connection sends again what arrives while this one closes.
    if (isOver) return;
    silence = setTimeout(end, SILENCE_MS);
    waiting.push(data as string);
    characters += (data as string).length;
    if (characters > MAX_WAITING_CHARACTERS) end();
    else wake();
  };
  socket.onclose = end;
  signal?.addEventListener("abort", end);
  try {
    while (!signal?.aborted) {
      const text = waiting.shift();
      if (text !== undefined) {
        characters -= text.length;
        yield JSON.parse(text) as F;
      } else if (isOver) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener("abort", end);
    socket.close();
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
  });
}
