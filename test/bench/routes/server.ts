/** The server that is measured: the built program in a process of its own, so that its heap holds what a server's does. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort, pathOfProgram, SERVER_ENVIRONMENT, SERVER_FLAGS } from "../../../src/cli/server-process.ts";
import type { Order, Taken } from "./preload.ts";

/** Where free ports are looked for. */
const FIRST_PORT = 20_000;
const PRELOAD = fileURLToPath(new URL("./preload.ts", import.meta.url));

export interface MeasuredServer {
  readonly url: string;
  /** host:port */
  readonly grpc: string;
  /** Has the preloaded module do something. */
  order(order: Order): Promise<Taken | null>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a server. `program` is the path of another build, and `flags` are for Node besides those of servers. */
export async function startMeasuredServer(
  key: string,
  program?: string,
  flags: readonly string[] = [],
): Promise<MeasuredServer> {
  const path = await mkdtemp(join(tmpdir(), "trainyard-routes-"));
  const grpcPort = String(await freePort("127.0.0.1", FIRST_PORT));
  const child = fork(program ?? pathOfProgram("main"), {
    execArgv: [...SERVER_FLAGS, ...flags, "--import", PRELOAD],
    env: {
      ...SERVER_ENVIRONMENT,
      ...process.env,
      TRAINYARD_PORT: "0",
      TRAINYARD_GRPC_PORT: grpcPort,
      TRAINYARD_DATA_DIR: path,
      TRAINYARD_ADMIN_KEY: key,
      TRAINYARD_WORKERS: "1",
      TRAINYARD_LOG_LEVEL: "info",
    },
    silent: true,
  });
  child.stderr?.pipe(process.stderr);
  const ended = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) => {
      if (!line.startsWith("{")) return console.log(line);
      const entry = JSON.parse(line) as { msg: string; url: string };
      if (entry.msg === "ready") resolve(entry.url);
    });
  });
  return {
    url,
    grpc: `127.0.0.1:${grpcPort}`,
    async order(order) {
      child.send(order);
      return ((await once(child, "message")) as [Taken | null])[0];
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(path, { recursive: true, force: true });
    },
  };
}
