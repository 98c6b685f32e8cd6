/**
 * The stream of one job's or sweep's frames: one pump behind WebSocket and SSE, which differ only in their connection. It reads only as
 * fast as its reader does, and disconnects a reader that takes nothing: its memory stays bounded, and the reader resumes by sequence
 * number. Knows nothing of how frames are made.
 */
import type { FollowOptions, Frame } from "../../app/metrics/follow.ts";
import { type CloseReason, caughtUp, type StreamBounds, type StreamConnection } from "./stream-connection.ts";

export interface StreamRequest {
  /** Opens the stream of frames; aborting the signal ends it. */
  readonly follow: (options: FollowOptions) => AsyncIterable<Frame>;
  /** The reader has seen everything up to this sequence number. */
  readonly after: number;
  readonly connection: StreamConnection<Frame>;
}

/** How a stream ended. */
export interface StreamReport {
  readonly ending: CloseReason;
  /** Fields for the log. */
  readonly fields: object;
  readonly resumption: string;
}

/** Sends frames until they, the connection or the server end: `stop` aborts with the close reason. */
export async function streamFrames(
  { follow, after, connection }: StreamRequest,
  bounds: StreamBounds,
  stop: AbortSignal,
  onError: (error: unknown) => void,
): Promise<StreamReport> {
  const progress = { lastSeq: after, frames: 0 };
  let ending: CloseReason;
  try {
    ending = await pump(follow({ after, signal: stop }), connection, bounds, stop, progress);
  } catch (error) {
    onError(error);
    ending = "failed";
  }
  const { lastSeq, frames } = progress;
  return { ending, fields: { after, last_seq: lastSeq, frames }, resumption: `resume with after=${lastSeq}` };
}

async function pump(
  frames: AsyncIterable<Frame>,
  connection: StreamConnection<Frame>,
  bounds: StreamBounds,
  signal: AbortSignal,
  progress: { lastSeq: number; frames: number },
): Promise<CloseReason> {
  const isGone = () => signal.aborted && signal.reason === "gone";
  for await (const frame of frames) {
    if (isGone()) return "gone";
    connection.send(frame);
    progress.lastSeq = frame.seq;
    progress.frames++;
    if (!(await caughtUp(connection, bounds, isGone))) return isGone() ? "gone" : "too_slow";
  }
  if (isGone()) return "gone";
  return signal.aborted ? (signal.reason as CloseReason) : "finished";
}
