/** A server that can restart in its process, on the same port, when a restored database replaces the old one. */
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { type Server, startServer } from "./server.ts";

export interface RestartableServer extends Server {
  /** Resolves with the error of a failed restart: no server runs any more. */
  readonly died: Promise<unknown>;
}

/** Starts the server. Throws what startServer throws. */
export async function startRestartable(config: Config, log: Logger): Promise<RestartableServer> {
  const { promise: died, resolve: die } = Promise.withResolvers<unknown>();
  let isStopping = false;
  let changing: Promise<void> = Promise.resolve();
  let current: Server | null = null;
  const restart = (): void => {
    changing = changing.then(async () => {
      if (isStopping || !current) return;
      log.info("restarting on the restored database");
      const ports = {
        port: portOf(current.url),
        grpcPort: current.grpcAddress === null ? null : portOf(`http://${current.grpcAddress}`),
      };
      await current.stop();
      current = null;
      current = await startServer({ ...config, ...ports }, log, { onRestart: restart });
      log.info({ url: current.url }, "ready again");
    });
    changing.catch(die);
  };
  const first = await startServer(config, log, { onRestart: restart });
  current = first;
  return {
    url: first.url,
    grpcAddress: first.grpcAddress,
    died,
    async stop() {
      isStopping = true;
      await changing.catch(() => undefined);
      await current?.stop();
    },
  };
}

const portOf = (url: string): number => Number(new URL(url).port);
