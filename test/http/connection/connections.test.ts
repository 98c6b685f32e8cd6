/** Connections whose request is answered before all of it has come. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";
import { openRawSocket } from "./raw-socket.ts";

let staged: StagedApp;
let url: string;
beforeAll(async () => {
  staged = await openStagedApp();
  url = await staged.app.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(() => staged.close());

const HEAD = [
  "POST /v1/jobs HTTP/1.1",
  ...["host: localhost", "content-type: nothing/such", "transfer-encoding: chunked", "connection: close"],
].join("\r\n");
const post = (length: number): string =>
  `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
const CHUNK = `400\r\n${"x".repeat(1024)}\r\n`;
const answersIn = (text: string): string[] => text.match(/HTTP\/1\.1 \d+/g) ?? [];

describe("a connection that closes after an answer to a request that has not all come", () => {
  it("has the answer at once, and stays open for the rest of the request", async () => {
    const raw = await openRawSocket(url);
    raw.socket.allowHalfOpen = true;
    raw.send(`${HEAD}\r\n\r\n${CHUNK}`);
    const answer = await raw.until((text) => text.includes("\r\n\r\n{") && text.endsWith("}"));
    expect(answersIn(answer)).toEqual(["HTTP/1.1 415"]);
    for (let count = 0; count < 100; count++) raw.send(CHUNK);
    raw.socket.end("0\r\n\r\n");
    expect(await raw.closed).toBe(answer);
  });

  it("is closed in the end where the request never ends", async () => {
    const raw = await openRawSocket(url);
    raw.socket.allowHalfOpen = true;
    raw.send(`${HEAD}\r\n\r\n`);
    const flood = setInterval(() => raw.send(CHUNK), 5);
    expect(answersIn(await raw.closed)).toEqual(["HTTP/1.1 415"]);
    clearInterval(flood);
  });

  it("takes no other request", async () => {
    const raw = await openRawSocket(url);
    raw.socket.allowHalfOpen = true;
    // The answer says that the connection closes; this client did not ask for it.
    const length = 70_000_000;
    raw.send(post(length));
    const answer = await raw.until((text) => text.includes("\r\n\r\n{"));
    expect(answersIn(answer)).toEqual(["HTTP/1.1 413"]);
    expect(answer.toLowerCase()).toContain("connection: close");
    raw.send(new Uint8Array(length));
    const job = JSON.stringify({ ...SPEC, name: "never" });
    raw.socket.end(`${post(job.length)}${job}`);
    expect(await raw.closed).toBe(answer);
    // It would have come before this one.
    const next = { method: "POST", url: "/v1/jobs", payload: { ...SPEC, name: "next" } } as const;
    expect((await staged.app.inject(next)).statusCode).toBe(202);
    const { data } = (await staged.app.inject("/v1/jobs")).json<{ data: { name: string }[] }>();
    expect(data.map(({ name }) => name)).toEqual(["next"]);
  });
});
