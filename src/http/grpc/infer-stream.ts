/**
 * A stream of inferences, as in Triton's `ModelStreamInfer`: each message of the client gets one answer, in the order of the messages. A failed
 * request is answered with `error_message`, and the stream goes on. Knows no routes.
 */
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { streamedError, streamedInference } from "../../formats/grpc/infer-message.ts";
import type { Outcome } from "./routed-call.ts";

/** Maximum requests of a stream that are read but not answered yet. Further ones wait at the client. */
const MAX_STREAM_REQUESTS = 8;
/** Maximum streams of a server in which something was asked, because each may hold so many requests and answers. Projects share them. */
export const MAX_STREAMS = 100;

export interface StreamOptions {
  /** Called for the first message. Resolves to the reason if there is no room for the stream, which then ends. */
  readonly begin: () => Promise<string | null>;
  /** Answers one message; null if nobody waits any more. Never rejects. */
  readonly answer: (message: Buffer, signal: AbortSignal) => Promise<Outcome | null>;
  /** Ends the stream with an error, given as an HTTP status. */
  readonly fail: (status: number, details: string) => void;
  /** Milliseconds until a stream in which nothing was asked ends: it keeps its connection open. */
  readonly silentMs: number;
  /** Aborts when the server stops. Requests that were read are still answered. */
  readonly stopping: AbortSignal;
}

/** Answers the messages of a stream until its client, the server or a deadline ends it. Resolves when the stream is over. */
export function answerStream(
  stream: ServerDuplexStream<Buffer, Buffer>,
  { begin, answer, fail, silentMs, stopping }: StreamOptions,
): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const running = new Set<AbortController>();
  let begun: Promise<boolean> | null = null;
  let isOver = false;
  let written = Promise.resolve();
  const finish = (how: () => void): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(silence);
    stopping.removeEventListener("abort", stop);
    how();
    end();
  };
  const stop = (): void => {
    // Messages that arrive from now on are not answered.
    stream.removeListener("data", onMessage);
    void written.then(() => finish(() => fail(503, "the server is stopping: send the request again")));
  };
  const resumeReading = boundReading(stream, () => running.size < MAX_STREAM_REQUESTS);
  /** Ends the stream if there is no room for it. */
  const hasRoom = async (): Promise<boolean> => {
    try {
      const refusal = await begin();
      if (refusal !== null) finish(() => fail(429, refusal));
      return refusal === null;
    } catch {
      // The route says what is wrong. The next message asks for room again.
      begun = null;
      return true;
    }
  };
  const onMessage = (message: Buffer): void => {
    if (isOver) return;
    clearTimeout(silence);
    begun ??= hasRoom();
    const waiting = new AbortController();
    running.add(waiting);
    const answered = begun.then((isTaken) => (isTaken && !isOver ? answer(message, waiting.signal) : null));
    // Stops reading from a client that does not read its answers.
    written = written.then(async () => {
      const outcome = await answered;
      if (outcome && !isOver) await write(outcome, message);
      running.delete(waiting);
      resumeReading();
    });
  };
  const write = (outcome: Outcome, message: Buffer): Promise<void> | void => {
    // The key is in the metadata, so no other message of the stream has a valid one either.
    if (!outcome.ok && outcome.status === 401) return finish(() => fail(401, outcome.details));
    const bytes = outcome.ok ? streamedInference(outcome.bytes) : streamedError(outcome.details, message);
    return Promise.race([new Promise<void>((resolve) => stream.write(Buffer.from(bytes), () => resolve())), ended]);
  };
  const silence = setTimeout(
    () => finish(() => fail(408, `nothing was asked in ${silentMs / 1000} s: open the stream when there is a request`)),
    silentMs,
  );
  stream.on("cancelled", () => {
    for (const each of running) each.abort();
    finish(() => undefined);
  });
  // The client sends no more.
  stream.on("end", () => void written.then(() => finish(() => stream.end())));
  stream.on("data", onMessage);
  if (stopping.aborted) stop();
  else stopping.addEventListener("abort", stop);
  return ended;
}

/** Reads from the transport only while there is room: on its own, a stream reads sixteen messages ahead. Returns a function that resumes reading. */
function boundReading(stream: ServerDuplexStream<Buffer, Buffer>, hasRoom: () => boolean): () => void {
  const read = stream._read.bind(stream);
  let isWaiting = false;
  stream._read = (size) => {
    if (hasRoom()) read(size);
    else isWaiting = true;
  };
  return () => {
    if (!isWaiting) return;
    isWaiting = false;
    read(1);
  };
}
