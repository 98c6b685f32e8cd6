import { once } from "node:events";
import { connect } from "node:net";
import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendBytes, sendTextsInPieces, writeAnswersInSlices } from "../../../src/http/connection/large-answers.ts";
import type { App } from "../../../src/http/context.ts";

const object = { rows: Array.from({ length: 50_000 }, (_, at) => ({ at, text: "é😀" })) };
const text = `${"😀é".repeat(100_000)}\ud800`;

const PIECE = 200_000;
const PIECES = 20;
/** The pieces that were made, for as long as nobody has freed them. */
const made: Uint8Array[] = [];
function pieceOf(value: number): Uint8Array {
  const piece = new Uint8Array(PIECE).fill(value);
  made.push(piece);
  return piece;
}
const WHOLE = Buffer.concat(Array.from({ length: PIECES }, (_, at) => Buffer.alloc(PIECE, at + 1)));

/** The body of an answer in chunks, each of which is a piece. */
function withoutSizes(answer: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = answer.indexOf("\r\n\r\n") + 4;
  for (;;) {
    const end = answer.indexOf("\r\n", at);
    const size = Number.parseInt(answer.toString("latin1", at, end), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(answer.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let value = 1; value <= PIECES; value++) {
    await new Promise(setImmediate);
    yield pieceOf(value);
  }
}

/** More than a connection takes at once. */
const LONG_PIECE = 4_000_000;
const LONG_PIECES = 10;
/** The most long pieces there were at a time. */
let mostKept = 0;
async function* longPieces(): AsyncGenerator<Uint8Array> {
  const long: Uint8Array[] = [];
  for (let value = 1; value <= LONG_PIECES; value++) {
    await new Promise(setImmediate);
    const piece = new Uint8Array(LONG_PIECE).fill(value);
    long.push(piece);
    mostKept = Math.max(mostKept, long.filter(({ length }) => length > 0).length);
    yield piece;
  }
}

async function received(url: string): Promise<{ readonly response: Response; readonly body: string }> {
  const response = await fetch(url);
  return { response, body: await response.text() };
}

describe("a large answer", () => {
  const app = Fastify() as unknown as App;
  let url = "";
  beforeAll(async () => {
    writeAnswersInSlices(app);
    sendTextsInPieces(app);
    app.get("/object", async () => object);
    app.get("/text", async (_, reply) => reply.type("text/plain; charset=utf-8").send(text));
    app.get("/bytes", async (_, reply) => sendBytes(reply, pieces()));
    app.get("/long", async (_, reply) => sendBytes(reply, longPieces()));
    app.get("/list", async (_, reply) =>
      sendBytes(
        reply,
        Array.from({ length: PIECES }, (_, at) => pieceOf(at + 1)),
      ),
    );
    app.get("/small", async () => ({ small: true }));
    url = await app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterAll(() => app.close());

  it.each([
    ["/object", JSON.stringify(object), "application/json; charset=utf-8"],
    ["/text", Buffer.from(text).toString(), "text/plain; charset=utf-8"],
    ["/small", '{"small":true}', "application/json; charset=utf-8"],
  ])("is what it would be at once, with its length: %s", async (path, expected, type) => {
    const { response, body } = await received(url + path);
    expect(body === expected).toBe(true);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("content-length")).toBe(String(Buffer.byteLength(expected)));
  });

  it("has its length alone where HEAD asks for it", async () => {
    const response = await fetch(`${url}/text`, { method: "HEAD" });
    expect([await response.text(), response.headers.get("content-length")]).toEqual(["", String(Buffer.byteLength(text))]);
  });

  it.each(["/bytes", "/list"])("is sent whole, and its memory is freed: %s", async (path) => {
    made.length = 0;
    const bytes = Buffer.from(await (await fetch(url + path)).arrayBuffer());
    expect(bytes.equals(WHOLE)).toBe(true);
    await expect.poll(() => made.every(({ length }) => length === 0)).toBe(true);
  });

  it("is not kept while a slow reader reads it", async () => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write("GET /long HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const body = withoutSizes(Buffer.concat(chunks));
    const whole = Buffer.concat(Array.from({ length: LONG_PIECES }, (_, at) => Buffer.alloc(LONG_PIECE, at + 1)));
    expect(body.equals(whole)).toBe(true);
    // One that is made, one that waits, and two on their way.
    expect(mostKept).toBeLessThanOrEqual(4);
  });

  it("is whole for a reader that begins late", async () => {
    made.length = 0;
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.pause().write("GET /bytes HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    // Until the connection takes no more.
    await expect.poll(() => made.length).toBeGreaterThan(1);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const body = withoutSizes(Buffer.concat(chunks));
    expect(body.equals(WHOLE)).toBe(true);
  });

  it("keeps its bytes for whoever asks within the process", async () => {
    const { rawPayload } = await app.inject("/list");
    expect(rawPayload.equals(WHOLE)).toBe(true);
  });
});
