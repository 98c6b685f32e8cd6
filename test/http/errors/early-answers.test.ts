/** Answers that are sent before the whole request has arrived: many clients read nothing before they have sent everything. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRawSocket } from "../connection/raw-socket.ts";
import { storeLine } from "../models-at-hand.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
let url: string;
beforeAll(async () => {
  staged = await openStagedApp();
  url = await staged.listen();
  await storeLine(staged.services.store);
});
afterAll(() => staged.close());

/** More than the buffers of both sides hold. */
const BYTES = 16_000_000;

/** Sends the whole request before it reads anything, and returns the answer. */
async function sendAllFirst(path: string, type: string, body: string, connection: string): Promise<string> {
  const { socket, send, until } = await openRawSocket(url);
  socket.pause();
  const headers = [`host: localhost`, `connection: ${connection}`, `content-type: ${type}`, `content-length: ${body.length}`];
  send(`POST ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  if (!socket.write(body)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
  socket.resume();
  const text = await until((all) => all.includes("}"));
  socket.destroy();
  return text;
}

describe.each(["keep-alive", "close"])("over a connection that is to %s", (connection) => {
  it.each([
    ["a path that there is not", 404, "/v1/nothing", "text/csv", "1\n".repeat(BYTES / 2)],
    ["a type that is not taken", 415, "/v1/jobs", "text/csv", "1\n".repeat(BYTES / 2)],
    ["a body that is too large", 413, "/v1/models/line/evaluate", "application/json", " ".repeat(BYTES)],
    ["an upload that cannot be read", 422, "/v1/datasets?format=csv", "text/csv", `1,2\n3\n${"1,2\n".repeat(BYTES / 4)}`],
    [
      "rows that begin with a wrong one",
      422,
      "/v1/models/line/predict",
      "application/x-ndjson",
      `["x"]\n${"[1]\n".repeat(BYTES / 4)}`,
    ],
    ["the same as CSV", 422, "/v1/models/line/predict?header=false", "text/csv", `x\n${"1\n".repeat(BYTES / 2)}`],
  ])("%s is answered to a sender that reads nothing before it has sent all", async (_, status, path, type, body) => {
    expect((await sendAllFirst(path, type, body, connection)).slice(0, 2000)).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [^]*"status":${status}`),
    );
  });

  it.each([
    ["infer", "/v2/models/line/infer"],
    ["infer of a version", "/v2/models/line/versions/1/infer"],
    [":predict", "/v1/models/line:predict"],
    [":predict of a version", "/v1/models/line/versions/1:predict"],
  ])("a body that is too large for %s is answered in the protocol of that path", async (_, path) => {
    const text = await sendAllFirst(path, "application/json", " ".repeat(BYTES), connection);
    expect(text.slice(0, 2000)).toMatch(/^HTTP\/1\.1 413 [\s\S]*\{"error":"the body is larger than the limit of \d+ bytes"\}/);
  });

  it("a path that cannot be decoded is answered as any other", async () => {
    const text = await sendAllFirst("/v1/models/%zz", "application/json", " ".repeat(BYTES), connection);
    expect(text.slice(0, 2000)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"status":400/);
  });

  it("rows of which a later one is wrong are answered with a trailer", async () => {
    const body = `${"[1]\n".repeat(20_000)}["x"]\n${"[1]\n".repeat(BYTES / 4)}`;
    const { socket, send, until } = await openRawSocket(url);
    const type = "application/x-ndjson";
    send(
      `POST /v1/models/line/predict?trailer=true HTTP/1.1\r\nhost: localhost\r\nconnection: ${connection}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    socket.write(body);
    expect((await until((all) => all.endsWith("\r\n0\r\n\r\n"))).slice(-120)).toContain("line 20001, column 1: ");
    socket.destroy();
  });
});
