/** Raw readers of streams, below the level of our own client: a WebSocket, and server-sent events. */
import { WebSocket } from "ws";

/** What a test looks at in a frame. */
export interface ReceivedFrame {
  readonly type: "state" | "metrics" | "progress" | "end";
  readonly seq: number;
  readonly state?: string;
  readonly reason?: string;
  readonly from?: number;
  readonly to?: number;
  readonly epochs?: number[];
  readonly series?: Record<string, (number | string)[]>;
}

export interface SocketReader {
  readonly socket: WebSocket;
  readonly frames: ReceivedFrame[];
  /** Settles when the connection has closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Waits until a frame fits. */
  until(fits: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame>;
}

/** The path of a job or a sweep, as its id says. */
const pathOf = (id: string): string => `/v1/${id.startsWith("swp_") ? "sweeps" : "jobs"}/${id}`;

/** Opens the WebSocket of a job or a sweep. */
export function readSocket(baseUrl: string, id: string, after = 0): SocketReader {
  const socket = new WebSocket(`${baseUrl.replace("http", "ws")}${pathOf(id)}/stream?after=${after}`);
  const frames: ReceivedFrame[] = [];
  const waiting = new Set<() => void>();
  socket.on("message", (data, isBinary) => {
    if (isBinary) throw new Error("frames are text messages");
    frames.push(JSON.parse(String(data)) as ReceivedFrame);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve, reject) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
    socket.on("error", reject);
  });
  return {
    socket,
    frames,
    closed,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = frames.find(fits);
          if (found) resolve(found);
          return found !== undefined && waiting.delete(look);
        };
        waiting.add(look);
        closed.then(({ code }) => look() || reject(new Error(`closed with ${code} before the frame came`)), reject);
        look();
      }),
  };
}

/** Reads the server-sent events of a job or a sweep until the server ends them, or until `enough` says so. */
export async function readEventStream(
  baseUrl: string,
  id: string,
  { lastEventId, enough }: { lastEventId?: number; enough?: (frame: ReceivedFrame) => boolean } = {},
): Promise<{ status: number; frames: ReceivedFrame[] }> {
  const response = await fetch(`${baseUrl}${pathOf(id)}/events`, {
    headers: {
      accept: "text/event-stream",
      ...(lastEventId === undefined ? {} : { "last-event-id": String(lastEventId) }),
    },
  });
  const frames: ReceivedFrame[] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const frame = frameOf(event);
      if (!frame) continue;
      frames.push(frame);
      // Leaving the loop cancels the body, which closes the connection.
      if (enough?.(frame)) return { status: response.status, frames };
    }
  }
  return { status: response.status, frames };
}

/** The frame of one event; null for a comment or a setting. Its id and name must be those of the frame. */
function frameOf(event: string): ReceivedFrame | null {
  const fields = new Map(
    event.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  const data = fields.get("data");
  if (data === undefined) return null;
  const frame = JSON.parse(data) as ReceivedFrame;
  if (fields.get("id") !== String(frame.seq) || fields.get("event") !== frame.type) throw new Error(`misnamed: ${event}`);
  return frame;
}

/** All epochs of some frames, in the order in which they came. */
export function epochsOf(frames: readonly ReceivedFrame[]): number[] {
  return frames.flatMap(({ epochs = [] }) => epochs);
}

/** One column of some frames, end to end. */
export function columnOf(frames: readonly ReceivedFrame[], name: string): (number | string)[] {
  return frames.flatMap(({ series }) => series?.[name] ?? []);
}

/** first..last, both included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
