/** The server that a soak works: a process of its own, whose threads can be killed and which says what it holds. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pathOfProgram, SERVER_ENVIRONMENT, SERVER_FLAGS } from "../../../src/cli/server-process.ts";
import { type Client, createClient } from "../../../src/client/client.ts";
import type { Holding } from "../thread-killer.ts";

const KILLER = fileURLToPath(new URL("../thread-killer.ts", import.meta.url));
const FLAGS = [...SERVER_FLAGS, "--expose-gc", "--import", KILLER];

export interface SoakServer {
  readonly url: string;
  readonly client: Client;
  /** Its data directory. */
  readonly path: string;
  /** Lines of its log at error or above. */
  readonly errors: readonly string[];
  holding(): Promise<Holding>;
  killThread(): void;
  /** Drains it and removes its data. Returns its exit code. */
  stop(): Promise<number | null>;
}

/** pino's number of the level "error". */
const ERROR = 50;

export async function startSoakServer(settings: Readonly<Record<string, string>>): Promise<SoakServer> {
  const path = await mkdtemp(join(tmpdir(), "trainyard-soak-"));
  const child = fork(pathOfProgram("main"), {
    execArgv: FLAGS,
    env: { ...SERVER_ENVIRONMENT, ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: path, ...settings },
    silent: true,
  });
  child.stderr?.pipe(process.stderr);
  const ended = once(child, "exit");
  const errors: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) => {
      const entry = JSON.parse(line) as { level: number; msg: string; url: string };
      if (entry.msg === "ready") resolve(entry.url);
      if (entry.level >= ERROR) errors.push(line);
    });
  });
  return {
    url,
    client: createClient(url),
    path,
    errors,
    async holding() {
      child.send("report");
      return ((await once(child, "message")) as [Holding])[0];
    },
    killThread: () => child.kill("SIGUSR2"),
    async stop() {
      child.kill("SIGTERM");
      const [code] = (await ended) as [number | null];
      await rm(path, { recursive: true });
      return code;
    },
  };
}
