/** A receiver of webhooks that fails every now and then, and remembers of which jobs it was told. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Chance } from "./chance.ts";

export interface Receiver {
  readonly url: string;
  /** By job: the types of the messages that it has acknowledged. */
  readonly received: ReadonlyMap<string, ReadonlySet<string>>;
  close(): Promise<void>;
}

/** Opens it on a free port of this machine. */
export async function openReceiver(chance: Chance): Promise<Receiver> {
  const received = new Map<string, Set<string>>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    if (chance.percent(20)) return void response.writeHead(500).end();
    const { type, data } = JSON.parse(Buffer.concat(chunks).toString()) as { type: string; data: { id: string } };
    received.set(data.id, (received.get(data.id) ?? new Set()).add(type));
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
