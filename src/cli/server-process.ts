/** Starts the real server as a child process, for commands that need one. Knows the programs only by their paths and its "ready" line. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The root of the clone or of the package: two folders above this file, both in the sources and in the build. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The build script of a clone. An installed package is already built, and has no such script. */
const BUILD = join(ROOT, "scripts/build.ts");
/** As in `npm start` and the image; DECISIONS.md, 24 and 69, gives the reasons. */
export const SERVER_FLAGS = [
  "--single-threaded-gc",
  "--concurrent-sweeping",
  "--concurrent-array-buffer-sweeping",
  "--max-semi-space-size=16",
];
/**
 * As in the image. glibc gives each thread its own arena, and keeps the memory of ended threads' arenas: some 90 MB in a server whose pools
 * had lost all their threads. Other systems ignore it.
 */
export const SERVER_ENVIRONMENT: Environment = { MALLOC_ARENA_MAX: "2" };
const KEPT_LINES = 20;
const PORTS_TO_TRY = 100;

export interface ServerProcess {
  readonly url: string;
  /** Settles with the exit code when the process has ended, for whatever reason. */
  readonly ended: Promise<number>;
  /** Drains it and waits for its exit. */
  stop(): Promise<number>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The server; the programs that make a key or stage a backup while no server uses a data directory; the program that copies a database. */
export type Program = "main" | "make-key" | "stage-backup" | "copy-store";

/** Path of a program. In a clone it is built first if its sources have changed. Throws if that fails. */
export function pathOfProgram(name: Program): string {
  if (existsSync(BUILD)) {
    const { status } = spawnSync(process.execPath, [BUILD], { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error("the server could not be built");
  }
  return join(ROOT, `build/server/${name}.js`);
}

/** Starts a server and waits until it is ready. Throws with the server's output if it exits before that. */
export async function startServerProcess(environment: Environment): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...SERVER_FLAGS, pathOfProgram("main")], {
    // Its "ready" line has the level info, which must not be configured away.
    env: { ...SERVER_ENVIRONMENT, ...environment, TRAINYARD_LOG_LEVEL: "info" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // However this process ends (a reader of its output that went away, for example), the server must not be left behind.
  const endToo = () => child.kill("SIGTERM");
  process.once("exit", endToo);
  child.once("exit", () => process.off("exit", endToo));
  const ended = once(child, "exit").then(([code]) => (code as number | null) ?? 1);
  const said: string[] = [];
  const url = await Promise.race([readyUrl(child, said), ended.then(() => null)]);
  if (url === null) throw new Error(`the server did not start:\n${said.join("\n")}`);
  const stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return { url, ended, stop };
}

/** Waits for the ready line; keeps reading, and keeps the last lines in `said`. */
function readyUrl(child: ChildProcess, said: string[]): Promise<string> {
  return new Promise((resolve) => {
    const hear = (line: string) => {
      said.push(line);
      if (said.length > KEPT_LINES) said.shift();
      const url = urlOf(line);
      if (url !== null) resolve(url);
    };
    for (const output of [child.stdout, child.stderr]) if (output) createInterface(output).on("line", hear);
  });
}

function urlOf(line: string): string | null {
  if (!line.startsWith("{")) return null;
  const entry = JSON.parse(line) as { msg?: string; url?: string };
  return entry.msg === "ready" ? (entry.url ?? null) : null;
}

/** The first free port from `first` on. */
export async function freePort(host: string, first: number): Promise<number> {
  for (let port = first; port < Math.min(first + PORTS_TO_TRY, 65_536); port++) if (await isFree(host, port)) return port;
  throw new Error(`no free port from ${first} on`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
