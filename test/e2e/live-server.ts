/** The real server in a process of its own, on a free port and a data directory of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pathOfProgram } from "../../src/cli/server-process.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { mustExit } from "../leftovers.ts";

/** Built with the page where it is not: a test run has built it once for all of its files. */
const MAIN = process.env.VITEST ? fileURLToPath(new URL("../../build/server/main.js", import.meta.url)) : pathOfProgram("main");

export interface LiveServer {
  readonly url: string;
  readonly client: Client;
  readonly process: ChildProcess;
  /** Lines of its log. */
  readonly logged: Record<string, unknown>[];
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Drains it. */
  stop(): Promise<number | NodeJS.Signals>;
}

export interface ServerRun {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server of its own has one training thread unless a test says otherwise: each costs half a second at the start. */
const environmentOf = (settings: Record<string, string>) => ({
  ...process.env,
  TRAINYARD_PORT: "0",
  TRAINYARD_WORKERS: "1",
  ...settings,
});

/** A new empty data directory, and what removes it. */
export async function createDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "trainyard-e2e-"));
  return { path, remove: () => rm(path, { recursive: true }) };
}

/** A server that is starting. */
export interface StartingServer extends Pick<LiveServer, "process" | "logged" | "ended"> {
  /** Its address, when it is ready. Rejects when it ends before that. */
  readonly ready: Promise<string>;
}

/** What a server runs that test files use one after the other: whoever starts it, it ends with that process, and leaves no data. */
const ENDS_WITH_TESTS = `data:text/javascript,${encodeURIComponent(`
import { rmSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
if (isMainThread) process.stdin.resume().once("end", () => {
  rmSync(process.env.TRAINYARD_DATA_DIR, { recursive: true, force: true });
  process.exit();
});`)}`;

export interface StartOptions {
  /** Whether it outlives the file that starts it, but not its process. */
  readonly isKept?: boolean;
}

/** Starts a server. */
export function spawnLiveServer(
  dataDir: string,
  settings: Record<string, string> = {},
  { isKept = false }: StartOptions = {},
): StartingServer {
  const env = environmentOf({ TRAINYARD_DATA_DIR: dataDir, ...settings });
  const child = isKept ? spawnKept(env) : mustExit(spawn(process.execPath, [MAIN], { env, stdio: ["ignore", "pipe", "pipe"] }));
  let complaint = "";
  child.stderr.on("data", (chunk) => {
    complaint += chunk;
    process.stderr.write(chunk);
  });
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const logged: Record<string, unknown>[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      // The last line of a process that was killed may be a part of one.
      const entry = line.endsWith("}") ? (JSON.parse(line) as Record<string, unknown>) : { part: line };
      logged.push(entry);
      if (entry.msg === "ready") resolve(String(entry.url));
    });
    // Only then has all of its complaint arrived.
    child.once("close", (code, signal) =>
      reject(new Error(`the server ended with ${code ?? signal} before it was ready: ${complaint}`)),
    );
  });
  // Whoever does not wait for it may end it before.
  ready.catch(() => undefined);
  return { process: child, logged, ended, ready };
}

/** It keeps no process from its end. */
function spawnKept(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, ["--import", ENDS_WITH_TESTS, MAIN], { env, stdio: "pipe" });
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket).unref();
  return child;
}

const databases = new Map<string, Promise<string>>();

/** Where the run is to be on PostgreSQL: the database that goes with a data directory. */
export async function databaseOf(dataDir: string): Promise<Record<string, string>> {
  if (process.env.TRAINYARD_TEST_STORE !== "postgres") return {};
  // Programs that are no tests start servers too, and have no run to ask.
  const { freshDatabase } = await import("../contract/databases/fresh-database.ts");
  const known = databases.get(dataDir) ?? freshDatabase();
  databases.set(dataDir, known);
  return { TRAINYARD_DATABASE_URL: await known };
}

/** Starts a server and waits until it is ready. */
export async function startLiveServer(
  dataDir: string,
  settings: Record<string, string> = {},
  options: StartOptions = {},
): Promise<LiveServer> {
  const all = { ...(await databaseOf(dataDir)), ...settings };
  const { process: child, logged, ended, ready } = spawnLiveServer(dataDir, all, options);
  const url = await ready;
  const stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return { url, client: createClient(url), process: child, logged, ended, stop };
}

/** Runs a server that is expected to end by itself. */
export async function runServer(settings: Record<string, string>): Promise<ServerRun> {
  return runNode([MAIN], settings);
}

/** Runs one of our programs to its end. */
export async function runNode(args: readonly string[], settings: Record<string, string>): Promise<ServerRun> {
  const child = mustExit(spawn(process.execPath, args, { env: environmentOf(settings), stdio: ["ignore", "pipe", "pipe"] }));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const [code, signal] = await once(child, "close");
  return { code: (code ?? signal) as number | NodeJS.Signals, ...output };
}
