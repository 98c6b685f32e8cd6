/** A job's frames over a WebSocket, across broken connections: the sequence number of the last frame is the place to resume. */
import { isTerminal } from "../domain/job.ts";
import type { Frame } from "./answers.ts";
import { ApiError } from "./error.ts";

export interface WatchOptions {
  /** The sequence number of the last frame seen; 0, the default, is the beginning. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** Connections that may fail one after another before the watch gives up: about 15 seconds. */
const MAX_FAILURES = 10;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2000;

/**
 * Frames of the WebSockets that `open` opens after a sequence number, each exactly once and in order, up to and including the `end` frame of a terminal
 * state. `check` is called when a connection failed, and throws an ApiError if there is no use in another one.
 */
export async function* watchFrames(
  open: (after: number) => WebSocket,
  check: () => Promise<unknown>,
  { after = 0, signal }: WatchOptions,
): AsyncGenerator<Frame, void, void> {
  let cursor = after;
  let failures = 0;
  while (!signal?.aborted) {
    for await (const frame of messagesOf(open(cursor), signal)) {
      failures = 0;
      if (frame.type === "end" && !isTerminal(frame.state)) break; // The server goes down; the job goes on after it.
      if (frame.type !== "end" && frame.seq <= cursor) continue;
      cursor = frame.seq;
      yield frame;
      if (frame.type === "end") return;
    }
    if (signal?.aborted) return;
    failures++;
    await refuseOr(check, failures);
    await pause(Math.min(FIRST_DELAY_MS * 2 ** failures, MAX_DELAY_MS), signal);
  }
}

/** Throws what `check` throws when the server refuses the job, or when it has not been there for too long. */
async function refuseOr(check: () => Promise<unknown>, failures: number): Promise<void> {
  try {
    await check();
  } catch (error) {
    const refused = error instanceof ApiError && error.problem.status < 500;
    if (refused || failures >= MAX_FAILURES) throw error;
  }
}

/** The messages of one connection, until it closes. */
async function* messagesOf(socket: WebSocket, signal: AbortSignal | undefined): AsyncGenerator<Frame, void, void> {
  const arrived: Frame[] = [];
  let closed = false;
  let wake = () => {};
  socket.onmessage = ({ data }) => {
    arrived.push(JSON.parse(data as string) as Frame);
    wake();
  };
  socket.onclose = () => {
    closed = true;
    wake();
  };
  const close = () => {
    socket.close();
    wake();
  };
  signal?.addEventListener("abort", close);
  try {
    while (!signal?.aborted) {
      yield* arrived.splice(0);
      if (arrived.length > 0) continue;
      if (closed) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener("abort", close);
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
