import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "../../../src/client/answers.ts";
import { ApiError } from "../../../src/client/error.ts";
import { openStreamOverHttp, type StreamSocket } from "../../../src/dashboard/live/stream-over-http.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const aJob = (id: string, state: Job["state"], epochs_done = 0) => ({ id, state, epochs_done }) as Job;
const gone = () =>
  new ApiError({ type: "about:blank", title: "Not Found", status: 404, code: "not_found", detail: "gone" } as never);
const eventsOf = (...frames: object[]) =>
  new Response(frames.map((frame) => `id: 1\nevent: x\ndata: ${JSON.stringify(frame)}\n\n`).join(""));

/** A server that the test speaks for, and what a socket on it says. */
function createServer() {
  const server = {
    list: [] as Job[],
    /** In no list any more. */
    older: [] as Job[],
    isDown: false,
    asked: [] as string[],
    answers: new Map<string, Response[]>(),
    async jobs(query: { limit?: number; state?: string } = {}) {
      if (server.isDown) throw new Error("down");
      const data = query.state ? server.list.filter(({ state }) => state === query.state) : server.list;
      return { data, has_more: false, next_after: null } as never;
    },
    async job(id: string) {
      const job = [...server.list, ...server.older].find((each) => each.id === id);
      if (!job) throw gone();
      return job;
    },
    async jobEvents(id: string, after: number, signal: AbortSignal) {
      server.asked.push(`${id} ${after}`);
      const answer = server.answers.get(id)?.shift();
      if (answer) return answer;
      if (!server.answers.has(id)) throw gone();
      return await new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };
  const said: object[] = [];
  const open = (): StreamSocket => {
    const socket = openStreamOverHttp(server as never);
    socket.onmessage = ({ data }) => void said.push(JSON.parse(String(data)));
    return socket;
  };
  const later = () => vi.advanceTimersByTimeAsync(2100);
  return { server, said, open, later };
}

const subscribe = (socket: StreamSocket, what: object) => socket.send(JSON.stringify({ type: "subscribe", ...what }));
const unsubscribe = (socket: StreamSocket, what: object) => socket.send(JSON.stringify({ type: "unsubscribe", ...what }));

describe("a stream over HTTP", () => {
  it("is open once the server has answered, and closes while it does not", async () => {
    const { server, open, later } = createServer();
    const heard: string[] = [];
    const watched = () => Object.assign(open(), { onopen: () => heard.push("open"), onclose: () => heard.push("close") });
    server.isDown = true;
    watched();
    await later();
    expect(heard).toEqual(["close"]);
    server.isDown = false;
    const socket = watched();
    await later();
    expect([heard.at(-1), socket.readyState]).toEqual(["open", WebSocket.OPEN]);
    subscribe(socket, { topic: "jobs" });
    server.isDown = true;
    await later();
    expect(heard.at(-1)).toBe("close");
  });

  it("says what changes, and how jobs ended that are in no list any more", async () => {
    const { server, said, open, later } = createServer();
    server.list = [aJob("a", "running", 1), aJob("b", "queued"), aJob("c", "running")];
    const socket = open();
    await later();
    subscribe(socket, { topic: "jobs" });
    await later();
    expect(said).toEqual([{ type: "subscribed", topic: "jobs" }]);
    const ended = aJob("a", "succeeded", 9);
    server.list = [aJob("b", "queued")];
    server.older = [ended];
    await later();
    expect(said.slice(1)).toEqual([
      { type: "job", job: ended },
      { type: "removed", id: "c" },
    ]);
  });

  it("follows a job over answers that break off, from the last frame on, until it has ended", async () => {
    const { server, said, open, later } = createServer();
    const end = (state: string, seq: number) => ({ type: "end", seq, job: "a", state });
    server.answers.set("a", [
      eventsOf({ type: "state", seq: 1, job: "a" }, end("running", 1)),
      eventsOf({ type: "state", seq: 2, job: "a" }, end("succeeded", 2)),
    ]);
    const socket = open();
    await later();
    subscribe(socket, { job: "a", after: 0 });
    subscribe(socket, { job: "deleted", after: 0 });
    for (let round = 0; round < 4; round++) await later();
    expect(server.asked).toEqual(["a 0", "deleted 0", "a 1"]);
    expect(said).toHaveLength(4);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it("follows three jobs at a time, and one that is followed anew once", async () => {
    const { server, open, later } = createServer();
    for (const id of ["a", "b", "c", "d"]) server.answers.set(id, []);
    const socket = open();
    await later();
    for (const id of ["a", "b", "c", "d"]) subscribe(socket, { job: id, after: 0 });
    await later();
    expect(server.asked).toEqual(["a 0", "b 0", "c 0"]);
    unsubscribe(socket, { job: "a" });
    subscribe(socket, { job: "a", after: 7 });
    await later();
    expect(server.asked.slice(3)).toEqual(["d 0"]);
    unsubscribe(socket, { job: "b" });
    await later();
    expect(server.asked.slice(4)).toEqual(["a 7"]);
  });
});
