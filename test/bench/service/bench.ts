/** What every measurement of the service is given: the real server in a process of its own, and its peers. */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pathOfProgram, SERVER_FLAGS } from "../../../src/cli/server-process.ts";
import type { JobSpec } from "../../../src/client/answers.ts";
import { type Client, createClient } from "../../../src/client/client.ts";
import type { LoopReport } from "./loop-delay.ts";

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The server under measurement, as `npm start` starts it: its own defaults, its log at level info into a pipe that is read. */
export interface Service {
  readonly url: string;
  readonly client: Client;
  /** What the event loop and the memory of a watched service came to since the report before. */
  report(): Promise<LoopReport>;
  /** Milliseconds of processor that all threads of a timed service took since its start. */
  processorMs(): Promise<number>;
  stop(): Promise<void>;
}

interface ServiceOptions {
  /** With what reports on its event loop and memory, which costs a little itself. */
  readonly isWatched?: boolean;
  /** With what reports on its processor time. */
  readonly isTimed?: boolean;
  readonly flags?: readonly string[];
  /** Another checkout, whose server is started instead. */
  readonly root?: string | null;
}

/** Starts a server and waits until it is ready. */
export async function startService({
  isWatched = false,
  isTimed = false,
  flags = [],
  root = null,
}: ServiceOptions = {}): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), "trainyard-bench-"));
  const preloads = [
    ...(isWatched ? [pathOf("./loop-delay.ts")] : []),
    ...(isTimed ? [new URL("./processor.ts", import.meta.url).href] : []),
  ];
  const child = fork(root === null ? pathOfProgram("main") : programOf(root), {
    execArgv: [...SERVER_FLAGS, ...flags, ...preloads.flatMap((path) => ["--import", path])],
    env: { ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: directory },
    silent: true,
  });
  child.stderr?.pipe(process.stderr);
  const url = await readyUrl(child);
  return {
    url,
    client: createClient(url),
    async report() {
      child.send("report");
      const [report] = (await once(child, "message")) as [LoopReport];
      return report;
    },
    async processorMs() {
      child.send("processor");
      const [ms] = (await once(child, "message")) as [number];
      return ms;
    },
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
      await rm(directory, { recursive: true });
    },
  };
}

/** The server of another checkout: built as its own commands would, or its sources where they ran as they are. */
function programOf(root: string): string {
  const build = join(root, "scripts/build.ts");
  const built = join(root, "build/server/main.js");
  if (existsSync(build)) spawnSync(process.execPath, [build], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  return existsSync(built) ? built : join(root, "src/main.ts");
}

/** Reads the log to its end; only its first lines are looked at, so that reading costs next to nothing. */
function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    if (!child.stdout) return;
    const lines = createInterface(child.stdout);
    lines.on("line", (line) => {
      const { msg, url } = JSON.parse(line) as { msg: string; url: string };
      if (msg !== "ready") return;
      lines.close();
      child.stdout?.resume();
      resolve(url);
    });
  });
}

const MOONS = { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } } as const;

/** Small enough that the service is what takes the time. */
export const LOGISTIC: JobSpec = {
  data: MOONS,
  model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
  loss: { type: "bce" },
  optimizer: { type: "adam", lr: 0.1 },
  epochs: 1000,
};

/** Trains until it is cancelled. */
export const ENDLESS: JobSpec = {
  data: MOONS,
  model: { layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }] },
  epochs: 100_000_000,
};

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A whole number with separators. */
export const whole = (value: number): string => Math.round(value).toLocaleString("en");

export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
