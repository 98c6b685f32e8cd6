/** A TCP proxy that cuts connections in the middle of what they carry. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  /** The URL of the database, by way of the proxy. */
  readonly url: string;
  /** Cuts every connection that there is. Returns how many there were. */
  cut(): number;
  close(): Promise<void>;
}

/** A proxy in front of a database. */
export async function openProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((inside) => {
    const outside = connect(Number(target.port), target.hostname);
    const pair = [inside, outside] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
    inside.pipe(outside).pipe(inside);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const through = new URL(databaseUrl);
  through.port = String((server.address() as { port: number }).port);
  const cut = (): number => {
    const open = [...pairs];
    for (const [inside, outside] of open) {
      // A reset: neither side hears how far the other has come.
      inside.resetAndDestroy();
      outside.resetAndDestroy();
    }
    return open.length;
  };
  return {
    url: through.href,
    cut,
    async close() {
      server.close();
      cut();
      await once(server, "close");
    },
  };
}
