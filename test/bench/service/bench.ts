/** What every measurement of the service is given: the real server in a process of its own, and its peers. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
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
  stop(): Promise<void>;
}

/** `isWatched`: with what reports on its event loop and memory, which costs a little itself. */
export async function startService({ isWatched = false, flags = [] as readonly string[] } = {}): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), "trainyard-bench-"));
  const child = fork(pathOfProgram("main"), {
    execArgv: [...SERVER_FLAGS, ...flags, ...(isWatched ? ["--import", pathOf("./loop-delay.ts")] : [])],
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
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
      await rm(directory, { recursive: true });
    },
  };
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
