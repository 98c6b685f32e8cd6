/** Every request is told of once, however it ended: over real sockets, because injected requests have no client that leaves. */
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import Fastify from "fastify";
import { describe, expect, it, vi } from "vitest";
import { type EndedRequest, onRequestEnd } from "../../../src/http/connection/request-ending.ts";
import type { App } from "../../../src/http/context.ts";

/** Asks for a path, leaves after `leaveMs` where given, and returns how the request ended. */
async function endingsOf(path: string, leaveMs: number | null): Promise<Omit<EndedRequest, "ms">[]> {
  const app = Fastify() as unknown as App;
  const endings: Omit<EndedRequest, "ms">[] = [];
  onRequestEnd(app, (_request, _reply, { ending, status, project }) => void endings.push({ ending, status, project }));
  app.get("/whole", async () => ({ fine: true }));
  app.get("/fault", async () => Promise.reject(new Error("a bug")));
  app.get("/never", () => new Promise(() => undefined));
  app.get("/broken", (_request, reply) => {
    let chunks = 0;
    const read = function (this: Readable): void {
      if (chunks++ < 2) this.push("x".repeat(1000));
      else this.destroy(new Error("broken half-way"));
    };
    return reply.header("content-type", "text/plain").send(new Readable({ read }));
  });
  await app.listen({ port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => undefined).resume();
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  if (leaveMs === null) await once(socket, "close");
  else setTimeout(() => socket.destroy(), leaveMs);
  await vi.waitFor(() => expect(endings).not.toEqual([]));
  await app.close();
  return endings;
}

describe("the end of a request", () => {
  it.each([
    ["/whole", null, "answered", 200],
    ["/nowhere", null, "answered", 404],
    ["/fault", null, "answered", 500],
    ["/never", 50, "left", 499],
    ["/broken", null, "cut", 499],
  ] as const)("of %s is told once: client leaves after %s ms, %s, status %i", async (path, leaveMs, ending, status) => {
    expect(await endingsOf(path, leaveMs)).toEqual([{ ending, status, project: null }]);
  });
});
