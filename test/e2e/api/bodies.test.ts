/** Bodies that are too large, on a real server: whoever sends one gets to read why. No store has a part in it. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ApiError } from "../../../src/client/error.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const dataDir = await createDataDir();
let server: LiveServer;
beforeAll(async () => {
  server = await startLiveServer(dataDir.path, { TRAINYARD_MAX_BODY_BYTES: "1000000" });
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});

describe("a spec that is larger than the limit", () => {
  it("is refused with 413, and the client gets to read that", async () => {
    const rows = Array.from({ length: 300_000 }, () => [0.125]);
    const data = { inline: { features: rows, targets: rows.map(() => 1) } };
    const refused = server.client.submit({ data, model: { layers: [{ type: "linear" }] } });
    const { problem } = await refused.then(
      () => Promise.reject(new Error("it was taken")),
      (error: ApiError) => error,
    );
    expect(problem).toMatchObject({ status: 413, code: "too_large", detail: expect.stringContaining("1000000 bytes") });
  });

  it("is refused with 413 to be read by a client that sends everything first, however much that is", async () => {
    const body = new Uint8Array(200_000_000).fill(0x20);
    for (let attempt = 0; attempt < 3; attempt++) {
      const request = { method: "POST", body, headers: { "content-type": "application/json" } };
      const response = await fetch(`${server.url}/v1/jobs`, request);
      expect([response.status, (await response.json()).code]).toEqual([413, "too_large"]);
    }
  });

  it("is cut off when it grows over the limit without having said how long it is", async () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write(
      "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", () => undefined);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const flood = setInterval(() => socket.write(`10000\r\n${"x".repeat(0x10000)}\r\n`), 2);
    await closed;
    clearInterval(flood);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});
