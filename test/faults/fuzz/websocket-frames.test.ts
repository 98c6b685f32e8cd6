/** Bytes that are no WebSocket frames, or none that a client may send, and messages that mean nothing: the server closes, and goes on. */
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { createDataDir, startLiveServer } from "../../e2e/live-server.ts";
import { openRawSocket, type RawSocket } from "../../http/connection/raw-socket.ts";

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_123);
const CONNECTIONS = Number(process.env.FUZZ_CONNECTIONS ?? 300);
/** Longer than any answer should take. */
const HANG_MS = 20_000;

const dataDir = await createDataDir();
const server = await startLiveServer(dataDir.path);
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});
const { id: job } = await server.client.submit({
  name: "watched",
  data: { generator: { type: "linear", samples: 20 } },
  model: { layers: [{ type: "linear" }] },
  epochs: 3,
});
await server.client.wait(job);

async function upgrade(path: string): Promise<RawSocket> {
  const raw = await openRawSocket(server.url);
  const key = randomBytes(16).toString("base64");
  raw.send(
    `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\n\r\n`,
  );
  return raw;
}

/** A frame as RFC 6455, section 5.2, has it, with whatever is wrong with it. */
const frame = fc
  .record({
    fin: fc.boolean(),
    reserved: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 7 })),
    opcode: fc.integer({ min: 0, max: 15 }),
    masked: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
    length: fc.constantFrom("right", "short16", "long64", "huge64", "negative64"),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 140 }),
      fc.uint8Array({ minLength: 1000, maxLength: 1500 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc
        .constantFrom(
          '{"type":"subscribe","job":"job_none"}',
          '{"type":"subscribe","topic":"jobs"}',
          '{"type":"unsubscribe","topic":"jobs"}',
          '{"type":"subscribe","job":1,"after":-1}',
          '{"__proto__":{"x":1}}',
          "\ud800",
        )
        .map((text) => new TextEncoder().encode(text)),
    ),
  })
  .map(({ fin, reserved, opcode, masked, length, payload }) => {
    const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
    const mask = masked ? 0x80 : 0;
    const size = payload.length;
    const long = (high: number, low: number) => {
      const bytes = Buffer.alloc(10);
      bytes.writeUInt8(first);
      bytes.writeUInt8(mask | 127, 1);
      bytes.writeUInt32BE(high, 2);
      bytes.writeUInt32BE(low, 6);
      return bytes;
    };
    const heads: Readonly<Record<typeof length, Buffer>> = {
      right: size < 126 ? Buffer.of(first, mask | size) : Buffer.of(first, mask | 126, size >> 8, size & 0xff),
      short16: Buffer.of(first, mask | 126, size >> 8, size & 0xff),
      long64: long(0, size),
      huge64: long(0x7f, 0xffffffff),
      negative64: long(0xffffffff, 0xffffffff),
    };
    const key = Buffer.of(1, 2, 3, 4);
    const body = masked ? Buffer.concat([key, payload.map((byte, index) => byte ^ (key[index % 4] as number))]) : payload;
    return Buffer.concat([heads[length], body]);
  });

const stream = fc.oneof({ weight: 6, arbitrary: frame }, fc.uint8Array({ minLength: 1, maxLength: 200 }).map(Buffer.from));

it(`bears ${CONNECTIONS} connections of rubbish`, { timeout: 300_000 }, async () => {
  console.log(`fuzzing WebSockets with FUZZ_SEED=${SEED} FUZZ_CONNECTIONS=${CONNECTIONS}`);
  const connections = fc.record({
    path: fc.constantFrom("/v1/stream", `/v1/jobs/${job}/stream`, "/v1/jobs/job_none/stream", "/v1/stream?after=x", "/healthz"),
    frames: fc.array(stream, { maxLength: 12 }),
    atOnce: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(connections, async ({ path, frames, atOnce }) => {
      const raw = await upgrade(path);
      if (atOnce) raw.send(Buffer.concat(frames));
      else for (const bytes of frames) raw.send(bytes);
      // A close frame, masked, with a code: whoever is still there answers it.
      raw.send(Buffer.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8));
      raw.socket.end();
      const hung = setTimeout(() => raw.socket.destroy(new Error("hung")), HANG_MS);
      const text = await raw.closed;
      clearTimeout(hung);
      expect(raw.socket.errored?.message).not.toBe("hung");
      // It was answered as HTTP, or was reset for what came before the answer.
      if (text !== "") expect(text).toMatch(/^HTTP\/1\.1 (101|200|4\d\d) /);
    }),
    { seed: SEED, numRuns: CONNECTIONS, endOnFailure: true },
  );
});

it("serves others as before", async () => {
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/jobs/${job}/stream`);
  const closed = new Promise<number>((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
  expect(await closed).toBe(1000);
  expect(server.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/trainyard_stream_readers\{kind="websocket"\} 0/);
});
