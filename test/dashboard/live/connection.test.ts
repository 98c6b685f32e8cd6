import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createReconnectingSocket } from "../../../src/dashboard/live/connection.ts";
import type { StreamSocket } from "../../../src/dashboard/live/stream-over-http.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const LONG_MS = 60_000;

/** A socket, each connection that it has opened, and what the browser tells the page. `answer` settles the question before a try. */
function createPage(answer: () => Promise<void>) {
  const opened: StreamSocket[] = [];
  const open = (): StreamSocket => {
    const socket = { close: vi.fn(), onopen: null, onclose: null } as unknown as StreamSocket;
    opened.push(socket);
    return socket;
  };
  const browser = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false });
  const { setTimeout, clearTimeout } = globalThis;
  const window = Object.assign(browser, { document, setTimeout, clearTimeout }) as unknown as Window & typeof globalThis;
  const beforeRetry = vi.fn(answer);
  const socket = createReconnectingSocket(window, open, { beforeRetry, onOpen: () => {}, onMessage: () => {} });
  const breakLast = () => opened.at(-1)?.onclose?.call({} as WebSocket, {} as CloseEvent);
  const news = [
    () => browser.dispatchEvent(new Event("online")),
    () => document.dispatchEvent(new Event("visibilitychange")),
    () => undefined,
  ];
  return { socket, opened, beforeRetry, breakLast, news, status: () => socket.connection.get().status };
}

describe("the connection of a page", () => {
  it("asks before it opens again after a break, however long the answer takes", async () => {
    const answer = Promise.withResolvers<void>();
    const { socket, opened, breakLast, status } = createPage(() => answer.promise);
    socket.retry();
    breakLast();
    await vi.advanceTimersByTimeAsync(LONG_MS);
    expect([opened.length, status()]).toEqual([1, "waiting"]);
    answer.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(opened).toHaveLength(2);
  });

  it("opens again when there is no answer: the next try shows whether the server is back", async () => {
    const { socket, opened, breakLast } = createPage(() => Promise.reject(new Error("no answer")));
    socket.retry();
    breakLast();
    await vi.advanceTimersByTimeAsync(LONG_MS);
    expect(opened).toHaveLength(2);
  });

  it.each([0, 1, 2])("opens nothing once it was stopped, even while it asked (%i)", async (which) => {
    const { socket, opened, breakLast, beforeRetry, news, status } = createPage(async () => socket.stop());
    socket.retry();
    breakLast();
    news[which]?.();
    await vi.advanceTimersByTimeAsync(LONG_MS);
    for (const tell of news) tell();
    await vi.advanceTimersByTimeAsync(LONG_MS);
    expect([opened.length, beforeRetry.mock.calls.length, status()]).toEqual([1, 1, "stopped"]);
    socket.restart();
    expect([opened.length, status()]).toEqual([2, "connecting"]);
  });

  it("closes its connection when it is stopped, and waits for no other", async () => {
    const { socket, opened, breakLast, status } = createPage(async () => {});
    socket.retry();
    socket.stop();
    breakLast();
    await vi.advanceTimersByTimeAsync(LONG_MS);
    expect(opened[0]?.close).toHaveBeenCalledOnce();
    expect([opened.length, status()]).toEqual([1, "stopped"]);
  });
});
