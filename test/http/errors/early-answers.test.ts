/** Answers that come before the request has: many a client reads nothing before it has sent all that it wanted. */
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

/** Sends a request whole before it reads anything, and gives what is said. */
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
