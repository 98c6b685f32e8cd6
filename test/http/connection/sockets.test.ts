import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";
import { answerIn, openRawSocket } from "./raw-socket.ts";

let staged: StagedApp;
let url: string;
beforeAll(async () => {
  staged = await openStagedApp({
    socketBounds: { headersMs: 300, requestMs: 1500, idleMs: 400, keepAliveMs: 300, connections: 20 },
  });
  url = await staged.listen();
});
afterAll(() => staged.close());

function problemIn(text: string) {
  const { status, headers, body } = answerIn(text);
  expect(headers).toContain("content-type: application/problem+json");
  return { ...problem.parse(JSON.parse(body)), status };
}

describe("a connection", () => {
  it("whose headers do not end is told so, and ended", async () => {
    const raw = await openRawSocket(url);
    raw.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    const drip = setInterval(() => raw.send("a"), 20);
    const text = await raw.closed;
    clearInterval(drip);
    expect(problemIn(text)).toMatchObject({ status: 408, code: "timeout" });
  });

  it("whose body stops in its middle is told so, and ended", async () => {
    const raw = await openRawSocket(url);
    raw.send("POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{");
    expect(problemIn(await raw.closed)).toMatchObject({ status: 408, code: "timeout" });
  });

  it("whose body drips is ended when the request has taken too long", async () => {
    const raw = await openRawSocket(url);
    raw.send("POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n");
    const drip = setInterval(() => raw.send(" "), 50);
    expect(problemIn(await raw.closed)).toMatchObject({ status: 408, code: "timeout" });
    clearInterval(drip);
  });

  it("without a request is ended", async () => {
    const silent = await openRawSocket(url);
    expect(await silent.closed).toMatch(/^$|408/);
    const kept = await openRawSocket(url);
    kept.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    expect(answerIn(await kept.closed).status).toBe(200);
  });

  it("that waits for a slow answer of ours is kept", async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const { computePool } = staged.services;
    const prepare = computePool.prepare.bind(computePool);
    computePool.prepare = async (...given) => {
      await answered;
      return prepare(...given);
    };
    const raw = await openRawSocket(url);
    raw.send("POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
    // Others come and go meanwhile: longer than the idle bound.
    for (let round = 0; round < 2; round++) await (await openRawSocket(url)).closed;
    answer();
    expect(answerIn(await raw.until((text) => text.includes("}"))).status).toBe(422);
    computePool.prepare = prepare;
    raw.socket.destroy();
  });

  it.each([
    ["no HTTP at all", "hello\r\n\r\n", 400],
    ["another protocol's greeting", "\u0016\u0003\u0001\u0000\u0001", 400],
    ["a length that is none", "POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n", 400],
    ["two lengths", "POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", 400],
    [
      "a length and chunks",
      "POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a header without a name", "GET / HTTP/1.1\r\nhost: localhost\r\n: x\r\n\r\n", 400],
    ["a line end within a header", "GET / HTTP/1.1\r\nhost: localhost\r\nx: a\rb\r\n\r\n", 400],
    ["headers without end", `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ])("with %s is answered with a problem", async (_what, bytes, status) => {
    const raw = await openRawSocket(url);
    raw.send(bytes);
    expect(problemIn(await raw.closed).status).toBe(status);
  });

  it.each([
    ["without a key", "sec-websocket-version: 13\r\n"],
    ["of a version that nobody speaks", "sec-websocket-version: 7\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"],
  ])("whose WebSocket handshake is %s is answered with a problem", async (_what, headers) => {
    const raw = await openRawSocket(url);
    raw.send(`GET /v1/stream HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`);
    const text = await raw.closed;
    expect(problemIn(text)).toMatchObject({ status: 400, code: "malformed", detail: expect.stringContaining("Sec-WebSocket") });
    expect(answerIn(text).headers).toContain("connection: close");
  });

  it("is closed when there are too many", async () => {
    const held = await Promise.all(Array.from({ length: 20 }, () => openRawSocket(url)));
    const further = await openRawSocket(url);
    expect(await further.closed).toBe("");
    for (const { socket } of held) socket.destroy();
  });
});
