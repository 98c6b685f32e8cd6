/** A job's frames over a WebSocket, across broken connections: the sequence number of the last frame is the place to resume. */
import { isTerminal } from "../domain/jobs/job.ts";
import type { Frame } from "./answers.ts";
import { ApiError } from "./error.ts";

export interface WatchOptions {
  /** The sequence number of the last frame seen; 0, the default, is the beginning. */
  readonly after?: number;
  /** Aborting it ends the watch quietly. */
  readonly signal?: AbortSignal;
  /** How long there may be no connection before the watch gives up; a minute when left out. */
  readonly retryMs?: number;
}

const RETRY_FOR_MS = 60_000;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2000;
/** Characters of frames that wait for whoever iterates; with more, the connection is closed, and resumed when they were taken. */
const MAX_WAITING_CHARACTERS = 16 * 1024 * 1024;
/** A connection that brings nothing for so long may be dead without having been closed: it is made anew. */
const SILENCE_MS = 45_000;

/**
 * Frames of the WebSockets that `open` opens after a sequence number, each exactly once and in order, up to and including the
 * `end` frame of a terminal state. `check` is called when a connection failed, and throws an ApiError if there is no use in
 * another one.
 */
export async function* watchFrames(
  open: (after: number) => WebSocket,
  check: () => Promise<unknown>,
  { after = 0, signal, retryMs = RETRY_FOR_MS }: WatchOptions,
): AsyncGenerator<Frame, void, void> {
  let cursor = after;
  let lastHeardAt = performance.now();
  let delayMs = FIRST_DELAY_MS;
  while (!signal?.aborted) {
    for await (const frame of framesOf(open(cursor), signal)) {
      lastHeardAt = performance.now();
      delayMs = FIRST_DELAY_MS;
      if (frame.type === "end" && !isTerminal(frame.state)) break; // The server goes down; the job goes on after it.
      if (frame.type !== "end" && frame.seq <= cursor) continue;
      cursor = frame.seq;
      yield frame;
      if (frame.type === "end") return;
    }
    if (signal?.aborted) return;
    // A server that answers has only closed this connection, whatever the time since the last frame.
    if (await isThere(check, performance.now() - lastHeardAt > retryMs)) lastHeardAt = performance.now();
    await pause(delayMs, signal);
    delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
  }
}

/** Whether the server answers. Throws what `check` throws when it refuses the job, or when its time is up. */
async function isThere(check: () => Promise<unknown>, isLastTry: boolean): Promise<boolean> {
  try {
    await check();
    return true;
  } catch (error) {
    if (isLastTry || isRefusal(error)) throw error;
    return false;
  }
}

/** An answer that will not be another one in a moment. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.problem.status < 500 && ![408, 429].includes(error.problem.status);
}

/** The frames of one connection, until it closes, is silent, or has brought more than was taken. */
async function* framesOf(socket: WebSocket, signal: AbortSignal | undefined): AsyncGenerator<Frame, void, void> {
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
    // What arrives while the connection closes is sent again by the next one.
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
        yield JSON.parse(text) as Frame;
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
