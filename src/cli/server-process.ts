/** The real server as a child process, for commands that bring their own. Knows main.ts by its path and its "ready" line alone. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The entry of the server. */
export const SERVER_MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** What makes a key in a data directory while no server uses it. */
export const MAKE_KEY_MAIN = fileURLToPath(new URL("../offline/make-key.ts", import.meta.url));
/** The program that copies a database. */
export const COPY_STORE_MAIN = fileURLToPath(new URL("../offline/copy-store.ts", import.meta.url));
/** What puts a backup where the next start of a server finds it. */
export const STAGE_BACKUP_MAIN = fileURLToPath(new URL("../offline/stage-backup.ts", import.meta.url));
/** As `npm start` and the image have them; why is in DECISIONS.md, 24 and 69. */
export const SERVER_FLAGS = [
  "--single-threaded-gc",
  "--concurrent-sweeping",
  "--concurrent-array-buffer-sweeping",
  "--max-semi-space-size=16",
];
const KEPT_LINES = 20;
const PORTS_TO_TRY = 100;

export interface ServerProcess {
  readonly url: string;
  /** Settles with the exit code when the process has ended, for whatever reason. */
  readonly ended: Promise<number>;
  /** Drains it and waits for its end. */
  stop(): Promise<number>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Starts a server and waits until it is ready. Throws with what the server said when it ends before that. */
export async function startServerProcess(environment: Environment): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...SERVER_FLAGS, SERVER_MAIN], {
    // Its "ready" line is information: it must not be configured away.
    env: { ...environment, TRAINYARD_LOG_LEVEL: "info" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // However this process ends (a reader of its output that went away, say), the server must not be left behind.
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

/** Waits for the ready line; goes on reading, and keeps the last lines in `said`. */
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
