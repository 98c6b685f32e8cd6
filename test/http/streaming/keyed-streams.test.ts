import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { SCOPES } from "../../../src/domain/access/api-key.ts";
import { createKey } from "../auth/keyed-app.ts";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
let url: string;
let admin: string;
let job: string;
beforeEach(async () => {
  staged = await openStagedApp();
  url = await staged.listen();
  admin = (await createKey(staged, { scopes: [...SCOPES] })).key;
  const headers = { authorization: `Bearer ${admin}` };
  job = (await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC, headers })).json().id;
  await staged.nextRun();
});
afterEach(() => staged.close());

/** Opens a WebSocket: its close code and reason, or the status that refused it. */
function open(path: string, headers: Record<string, string>) {
  const socket = new WebSocket(url.replace("http", "ws") + path, { headers });
  onTestFinished(() => socket.terminate());
  const opened = new Promise<number>((resolve) => {
    socket.on("open", () => resolve(101));
    socket.on("error", () => undefined);
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  return { opened, closed };
}

async function cookieOf(key: string): Promise<string> {
  const response = await staged.app.inject({ method: "POST", url: "/v1/session", payload: { key } });
  return String(response.headers["set-cookie"]).split(";")[0] as string;
}

const revoke = (id: string) =>
  staged.app.inject({ method: "DELETE", url: `/v1/keys/${id}`, headers: { authorization: `Bearer ${admin}` } });
const ENDED = { code: 1008, reason: "the key was revoked or has expired" };

describe("a stream", () => {
  it("opens with a key or with a session, and not without", async () => {
    const cookie = await cookieOf(admin);
    for (const path of ["/v1/stream", `/v1/jobs/${job}/stream`]) {
      expect(await open(path, {}).opened).toBe(401);
      expect(await open(path, { authorization: "Bearer ty_x" }).opened).toBe(401);
      expect(await open(path, { authorization: `Bearer ${admin}` }).opened).toBe(101);
      expect(await open(path, { cookie, origin: url }).opened).toBe(101);
    }
    const submitter = await createKey(staged, { scopes: ["submit"] }, admin);
    expect(await open("/v1/stream", { authorization: `Bearer ${submitter.key}` }).opened).toBe(403);
    expect((await fetch(`${url}/v1/jobs/${job}/events`, { headers: { accept: "text/event-stream" } })).status).toBe(401);
  });

  it("does not open for another site's page, with the cookie or where no key is wanted", async () => {
    const origin = "https://evil.example";
    expect(await open("/v1/stream", { cookie: await cookieOf(admin), origin }).opened).toBe(403);
    const free = await openStagedApp();
    onTestFinished(() => free.close());
    const freeUrl = await free.listen();
    const connect = (headers: Record<string, string>) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${freeUrl.replace("http", "ws")}/v1/stream`, { headers });
        socket.on("error", () => undefined);
        socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
        socket.on("open", () => {
          resolve(101);
          socket.close();
        });
      });
    expect(await connect({ origin })).toBe(403);
    expect(await connect({ origin: freeUrl })).toBe(101);
  });

  it("ends when its key is revoked: over WebSocket with 1008, and as events", async () => {
    const { key, id } = await createKey(staged, { scopes: ["read"] }, admin);
    const headers = { authorization: `Bearer ${key}` };
    const cookie = await cookieOf(key);
    const sockets = [
      open("/v1/stream", headers),
      open(`/v1/jobs/${job}/stream`, headers),
      open("/v1/stream", { cookie, origin: url }),
    ];
    const events = await fetch(`${url}/v1/jobs/${job}/events`, { headers: { ...headers, accept: "text/event-stream" } });
    const others = open("/v1/stream", { authorization: `Bearer ${admin}` });
    expect(await Promise.all([...sockets, others].map(({ opened }) => opened))).toEqual([101, 101, 101, 101]);
    expect((await revoke(id)).statusCode).toBe(204);
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([ENDED, ENDED, ENDED]);
    expect(await events.text()).toContain("event: state");
    expect(await Promise.race([others.closed, Promise.resolve("open")])).toBe("open");
  });

  it("ends when its key expires, and when its session is signed out", async () => {
    const expires_at = new Date(Date.now() + 1500).toISOString();
    const brief = await createKey(staged, { scopes: ["read"], expires_at }, admin);
    const cookie = await cookieOf(admin);
    const [first, second] = [
      open("/v1/stream", { authorization: `Bearer ${brief.key}` }),
      open("/v1/stream", { cookie, origin: url }),
    ];
    expect([await first.opened, await second.opened]).toEqual([101, 101]);
    await staged.app.inject({ method: "DELETE", url: "/v1/session", headers: { cookie } });
    expect(await second.closed).toEqual(ENDED);
    expect(await first.closed).toEqual(ENDED);
  });

  it("of anybody ends when the first key closes the server", async () => {
    const free = await openStagedApp();
    onTestFinished(() => free.close());
    const socket = new WebSocket(`${(await free.listen()).replace("http", "ws")}/v1/stream`);
    await new Promise((resolve) => socket.on("open", resolve));
    const closed = new Promise((resolve) => socket.on("close", resolve));
    await createKey(free, { scopes: [...SCOPES] });
    expect(await closed).toBe(1008);
  });
});
