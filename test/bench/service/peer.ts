/**
 * What Fastify alone does, on the same machine: JSON echoed, with and without a log line a request, and a WebSocket that
 * sends to all of its readers what it is told to. The peer that the service is measured beside.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { SERVER_FLAGS } from "../../../src/cli/server-process.ts";

type Mode = "silent" | "logging" | "broadcast";

export interface Peer {
  readonly url: string;
  /** Tells a broadcasting peer what to send to all of its readers. */
  broadcast(text: string): void;
  stop(): void;
}

/** Starts the peer in a process of its own. `logging`: a line a request at level info, through pino into a pipe, like the service. */
export async function startPeer(mode: Mode): Promise<Peer> {
  const child = fork(fileURLToPath(import.meta.url), [mode], { silent: true, execArgv: SERVER_FLAGS });
  child.stderr?.pipe(process.stderr);
  child.stdout?.resume();
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { url, broadcast: (text) => void child.send(text), stop: () => void child.kill() };
}

async function serve(mode: Mode): Promise<void> {
  const app = Fastify({ logger: mode === "logging" });
  app.post("/echo", async (request) => request.body);
  if (mode === "broadcast") {
    await app.register(websocket);
    app.get("/broadcast", { websocket: true }, () => undefined);
    process.on("message", (text: string) => {
      for (const client of app.websocketServer.clients) client.send(text);
    });
  }
  process.send?.({ url: await app.listen({ port: 0 }) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(process.argv[2] as Mode);
