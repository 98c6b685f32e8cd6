/**
 * The page's one stream behind a proxy that passes no WebSocket: frames of a job come as server-sent events, changes of jobs by polling the
 * list every two seconds. Has the interface of a WebSocket. Loaded when it is needed.
 */
import type { Frame, Job } from "../../client/answers.ts";
import { ApiError } from "../../client/error.ts";
import type { JobsClient } from "../../client/jobs.ts";
import { isTerminal } from "../../domain/jobs/job.ts";
import type { LiveMessage, LiveRequest } from "./messages.ts";

/** The used part of a WebSocket. */
export type StreamSocket = Pick<WebSocket, "readyState" | "onopen" | "onmessage" | "onclose" | "send" | "close">;

/** The used part of the page's API. */
export interface StreamSources extends Pick<JobsClient, "job" | "jobs"> {
  /** The events of a job after a sequence number, as an answer of the type text/event-stream. Rejects if there is none. */
  jobEvents(job: string, after: number, signal: AbortSignal): Promise<Response>;
}

const POLL_MS = 2000;
/** Maximum jobs whose changes are reported, besides those that are running. */
const NEWEST = 100;
/** Event streams at the same time: a browser has six connections to a server that speaks HTTP/1.1, and requests need some. */
const MAX_EVENT_STREAMS = 3;
const NO_CONTENT = 204;

/** Opens a stream; it is open once the server has answered, and closes when the list cannot be read. */
export function openStreamOverHttp({ jobEvents, job: readJob, jobs }: StreamSources): StreamSocket {
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
  const tell = (message: LiveMessage): void => say(JSON.stringify(message));
  const end = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    Object.assign(socket, { readyState: WebSocket.CLOSED });
    socket.onclose?.call(socket as WebSocket, new CloseEvent("close"));
  };
  /** Runs until its own end or that of the stream; an error ends the stream, which is then opened again. */
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
    } else {
      waiting.delete(request.job);
      following.get(request.job)?.abort();
      following.delete(request.job);
      if (request.type === "subscribe") waiting.set(request.job, request.after);
      followNext();
    }
  };

  const followNext = (): void => {
    const [next] = waiting;
    if (!next || following.size >= MAX_EVENT_STREAMS) return;
    const [job, after] = next;
    const own = new AbortController();
    waiting.delete(job);
    following.set(job, own);
    void run(own, (signal) => follow(job, after, signal)).finally(() => {
      // It may be followed again meanwhile.
      if (following.get(job) === own) following.delete(job);
      followNext();
    });
  };

  /** Sends the frames of a job until it has ended or is gone, over as many answers as it takes: servers restart, and refuse for a while. */
  const follow = async (job: string, after: number, signal: AbortSignal): Promise<void> => {
    for (let seen = after; !signal.aborted; await pause(signal)) {
      try {
        const answer = await jobEvents(job, seen, signal);
        if (answer.status === NO_CONTENT) return;
        for await (const text of framesOf(answer)) {
          say(text);
          const frame = JSON.parse(text) as Frame;
          seen = frame.seq;
          if (frame.type === "end" && isTerminal(frame.state)) return;
        }
      } catch (error) {
        if (isGone(error)) return;
      }
    }
  };

  const watch = async (signal: AbortSignal): Promise<void> => {
    let known: ReadonlyMap<string, Job> | null = null;
    for (; !signal.aborted; await pause(signal)) {
      const pages = await Promise.all([jobs({ limit: NEWEST }, { signal }), jobs({ state: "running" }, { signal })]);
      const current = new Map(pages.flatMap(({ data }) => data).map((job) => [job.id, job]));
      // Subscribers read the list themselves, and need the changes from then on.
      if (!known) tell({ type: "subscribed", topic: "jobs" });
      const before: ReadonlyMap<string, Job> = known ?? current;
      for (const [id, job] of current) if (!isSame(before.get(id), job)) tell({ type: "job", job });
      for (const [id, job] of before) if (!current.has(id) && !isTerminal(job.state)) await tellOf(id, signal);
      known = current;
    }
  };

  /** Reports a job that is no longer in any list: it has ended, or was deleted. */
  const tellOf = async (id: string, signal: AbortSignal): Promise<void> => {
    try {
      tell({ type: "job", job: await readJob(id, { signal }) });
    } catch (error) {
      if (!isGone(error)) throw error;
      tell({ type: "removed", id });
    }
  };

  void run(ending, async (signal) => {
    await jobs({ limit: 1 }, { signal });
    Object.assign(socket, { readyState: WebSocket.OPEN });
    socket.onopen?.call(socket as WebSocket, new Event("open"));
  });
  return socket;
}

const isGone = (error: unknown): boolean => error instanceof ApiError && error.problem.status === 404;

const isSame = (before: Job | undefined, now: Job): boolean => JSON.stringify(before) === JSON.stringify(now);

/** Resolves after a while, or when the signal aborts. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, POLL_MS);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
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
