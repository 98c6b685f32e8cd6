/**
 * The page's one stream for where a proxy passes no WebSocket: frames of a job come as server-sent events, changes of jobs by asking for
 * the list every two seconds. Looks like a WebSocket to who opened it. Loaded when it is needed.
 */
import type { JobsClient } from "../../client/jobs.ts";
import type { LiveMessage, LiveRequest } from "./messages.ts";

/** What is used of a WebSocket. */
export type StreamSocket = Pick<WebSocket, "readyState" | "onopen" | "onmessage" | "onclose" | "send" | "close">;

/** What a stream over HTTP asks the server, of the page's API. */
export interface StreamSources extends Pick<JobsClient, "jobs"> {
  /** The events of a job after a sequence number, as an answer of the type text/event-stream. Rejects when there is none. */
  jobEvents(job: string, after: number, signal: AbortSignal): Promise<Response>;
}

const POLL_MS = 2000;
/** Jobs whose changes are seen, beside those that are running. */
const NEWEST = 100;
/** Event streams at the same time: a browser has six connections to a server that speaks HTTP/1.1, and requests need some. */
const MOST_EVENT_STREAMS = 3;

/** Opens a stream; it is open from the next turn on, and closes when a request fails. */
export function openStreamOverHttp({ jobEvents, jobs }: StreamSources): StreamSocket {
  const ending = new AbortController();
  const following = new Map<string, AbortController>();
  const waiting = new Map<string, number>();
  let watching: AbortController | null = null;

  const socket: StreamSocket = {
    readyState: WebSocket.CONNECTING,
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => take(JSON.parse(String(text)) as LiveRequest),
    close: () => end(),
  };
  const say = (message: string): void =>
    socket.onmessage?.call(socket as WebSocket, new MessageEvent("message", { data: message }));
  const end = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    Object.assign(socket, { readyState: WebSocket.CLOSED });
    socket.onclose?.call(socket as WebSocket, new CloseEvent("close"));
  };
  /** Runs until its own end or that of the stream; what fails ends the stream, which is then opened again. */
  const run = async (own: AbortController, work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    const signal = AbortSignal.any([own.signal, ending.signal]);
    await work(signal).catch(() => {
      if (!signal.aborted) end();
    });
  };

  const take = (request: LiveRequest): void => {
    if ("topic" in request) {
      watching?.abort();
      watching = request.type === "subscribe" ? new AbortController() : null;
      if (watching) void run(watching, watch);
    } else if (request.type === "subscribe") {
      waiting.set(request.job, request.after);
      followNext();
    } else {
      waiting.delete(request.job);
      following.get(request.job)?.abort();
    }
  };

  const followNext = (): void => {
    const [next] = waiting;
    if (!next || following.size >= MOST_EVENT_STREAMS) return;
    const [job, after] = next;
    const own = new AbortController();
    waiting.delete(job);
    following.set(job, own);
    void run(own, async (signal) => {
      for await (const frame of framesOf(await jobEvents(job, after, signal))) say(frame);
    }).finally(() => {
      following.delete(job);
      followNext();
    });
  };

  const watch = async (signal: AbortSignal): Promise<void> => {
    let known: ReadonlyMap<string, string> | null = null;
    while (!signal.aborted) {
      const pages = await Promise.all([jobs({ limit: NEWEST }, { signal }), jobs({ state: "running" }, { signal })]);
      const read = pages.flatMap(({ data }) => data);
      // Who hears that it is subscribed reads the list itself, and needs what changes from then on.
      if (!known) say(JSON.stringify({ type: "subscribed", topic: "jobs" } satisfies LiveMessage));
      const current = new Map(read.map((job) => [job.id, JSON.stringify({ type: "job", job } satisfies LiveMessage)]));
      for (const [id, message] of current) if (known && known.get(id) !== message) say(message);
      known = current;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, POLL_MS);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  };

  queueMicrotask(() => {
    Object.assign(socket, { readyState: WebSocket.OPEN });
    socket.onopen?.call(socket as WebSocket, new Event("open"));
  });
  return socket;
}

/** The data of the events of an answer (WHATWG HTML, section 9.2), each of one line, as the server writes them. */
async function* framesOf({ body }: Response): AsyncGenerator<string> {
  if (!body) return;
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    const events = (text + chunk).split("\n\n");
    text = events.pop() as string;
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield data.slice("data: ".length);
    }
  }
}
