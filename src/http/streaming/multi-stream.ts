/**
 * The stream of many jobs: carries out its reader's messages one after another, and ends with the reader, the connection or the server.
 * Knows nothing of WebSockets.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { toProblem } from "../errors/problem.ts";
import { createFairWriter } from "./fair-writer.ts";
import type { StreamReport } from "./stream.ts";
import type { CloseReason, Message, StreamBounds, StreamConnection } from "./stream-connection.ts";
import { encodeMessage, parseCommand, type StreamCommand } from "./stream-messages.ts";
import { createSubscriptions, type SubscriptionOptions, type Subscriptions } from "./subscriptions.ts";

export interface MultiStreamRequest extends Pick<SubscriptionOptions, "services" | "feed" | "project"> {
  readonly connection: StreamConnection<Message>;
  /** What the reader sends; null for something that cannot be a message. */
  readonly messages: AsyncIterable<Uint8Array | null>;
  /** Named in problems. */
  readonly requestId: string;
}

const RESUMPTION = "subscribe again, after the last seq of each job";

/** Serves a reader until the connection or the server ends: `stop` aborts with the close reason. */
export async function streamMany(
  { services, feed, project, connection, messages, requestId }: MultiStreamRequest,
  bounds: StreamBounds,
  stop: AbortSignal,
  onError: (error: unknown) => void,
): Promise<StreamReport> {
  const { promise: ended, resolve: end } = Promise.withResolvers<CloseReason>();
  const fail = (error: unknown): void => {
    onError(error);
    end("failed");
  };
  const isGone = () => stop.aborted && stop.reason === "gone";
  const writer = createFairWriter(connection, bounds, { isGone, onStall: () => end("too_slow") });
  const refuse = async (error: unknown, job: string | null): Promise<void> => {
    if (!(error instanceof TrainyardError)) return fail(error);
    const problem = toProblem(error, { requestId, bodyLimit: 0 });
    await writer.send({ json: encodeMessage({ type: "error", job, problem }) });
  };
  const onTrouble = (error: unknown, job: string | null) => void refuse(error, job);
  const limit = bounds.subscriptions;
  const subscriptions = createSubscriptions({ services, feed, project, writer, limit, onTrouble });

  const onStop = async (): Promise<void> => {
    await subscriptions.stop(stop.reason as string);
    end(stop.reason as CloseReason);
  };
  if (stop.aborted) void onStop();
  else stop.addEventListener("abort", () => void onStop(), { once: true });
  listen(messages, subscriptions, { faults: bounds.faults, isOver: () => stop.aborted, refuse }).then(
    (why) => why && end(why),
    fail,
  );

  const ending = await ended;
  void subscriptions.stop(ending);
  return { ending, fields: { messages: writer.sent() }, resumption: RESUMPTION };
}

interface ListenOptions {
  /** Number of invalid messages after which the reader is refused. */
  readonly faults: number;
  readonly isOver: () => boolean;
  /** Tells the reader what was wrong with a message. */
  readonly refuse: (error: unknown, jobId: string | null) => Promise<void>;
}

/** Carries out the reader's messages, one after another, and returns why that ended; null if it ended for another reason. */
async function listen(
  messages: AsyncIterable<Uint8Array | null>,
  subscriptions: Subscriptions,
  { faults, isOver, refuse }: ListenOptions,
): Promise<CloseReason | null> {
  let found = 0;
  for await (const text of messages) {
    if (isOver()) return null;
    let command: StreamCommand | null = null;
    try {
      command = parseCommand(text);
      await subscriptions.obey(command);
    } catch (error) {
      await refuse(error, command && "job" in command ? command.job : null);
      if (!command && ++found >= faults) return "refused";
    }
  }
  return "gone";
}
