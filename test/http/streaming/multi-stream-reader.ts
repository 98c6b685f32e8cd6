/** A reader of the stream of many jobs, below the level of our own client. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { type StreamMessage, streamMessage } from "../../../src/http/streaming/stream-messages.ts";

type OfType<T extends StreamMessage["type"]> = Extract<StreamMessage, { type: T }>;

export interface MultiReader {
  readonly socket: WebSocket;
  /** What came so far, each held to its schema. */
  readonly messages: StreamMessage[];
  readonly closed: Promise<{ code: number; reason: string }>;
  say(message: object | string | Uint8Array): void;
  /** Waits for a message of a type that fits. */
  until<T extends StreamMessage["type"]>(type: T, fits?: (message: OfType<T>) => boolean): Promise<OfType<T>>;
  /** Frames of one job. */
  framesOf(job: string): OfType<"state" | "metrics" | "end">[];
}

/** Connects to `/v1/stream`. */
export async function openMultiReader(baseUrl: string): Promise<MultiReader> {
  const socket = new WebSocket(`${baseUrl.replace("http", "ws")}/v1/stream`);
  const messages: StreamMessage[] = [];
  const waiting = new Set<() => void>();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  socket.on("message", (data) => {
    messages.push(streamMessage.parse(JSON.parse(String(data))));
    for (const look of waiting) look();
  });
  await once(socket, "open");
  return {
    socket,
    messages,
    closed,
    say: (message) =>
      socket.send(typeof message === "string" || message instanceof Uint8Array ? message : JSON.stringify(message)),
    until: (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = messages.find(
            (message): message is OfType<typeof type> => message.type === type && fits(message as never),
          );
          if (!found) return false;
          waiting.delete(look);
          resolve(found);
          return true;
        };
        waiting.add(look);
        closed.then(({ code }) => look() || reject(new Error(`closed with ${code} before such a message came`)));
        look();
      }),
    framesOf: (job) =>
      messages.filter(
        (message): message is OfType<"state" | "metrics" | "end"> =>
          (message.type === "state" || message.type === "metrics" || message.type === "end") && message.job === job,
      ),
  };
}
