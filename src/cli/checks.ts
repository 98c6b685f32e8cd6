/** The checks of `trainyard doctor`: each says what it found, and how to fix it. Changes nothing. */
import { spawnSync } from "node:child_process";
import { constants } from "node:fs";
import { access, readFile, stat, statfs } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isNewEnough, OLDEST_NODE } from "#node-floor";
import { ApiError, type Client, UnreachableError } from "../client/index.ts";
import {
  bodyHeapBytes,
  connectionsWithin,
  type MemorySettings,
  memoryWanted,
  neededDescriptors,
  openFilesIn,
  reservedDescriptors,
  trainingShare,
} from "../server/defaults.ts";
import { byteSize } from "./figures.ts";
import { freePort } from "./server-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A disk with less free space than this fills up soon. */
const LOW_DISK_BYTES = 1_000_000_000;
const DATABASE_FILE = "trainyard.db";
const CHECK_TIMEOUT_MS = 60_000;

export interface Finding {
  readonly name: string;
  /** `warning`: it works, but somebody should know. */
  readonly status: "ok" | "warning" | "failed";
  readonly detail: string;
  readonly cure?: string;
}

export interface Surroundings {
  readonly client: Client;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** How many connections a server may have by its settings. */
  readonly connections: number;
  /** Training threads of a server, by its settings. */
  readonly workers: number;
  /** Empty: SQLite in the data directory. */
  readonly databaseUrl: string;
  /** The memory that a server may take, by its settings; the share of training is null if no setting says it. */
  readonly memory: Omit<MemorySettings, "workers" | "trainingBytes"> & { readonly trainingBytes: number | null };
}

type Check = (surroundings: Surroundings) => Finding | Promise<Finding>;

/** In display order. */
export const CHECKS: readonly Check[] = [
  checkNode,
  checkSimd,
  checkCores,
  checkMemory,
  checkDescriptors,
  checkServer,
  checkDataDir,
  checkDisk,
  checkDriver,
  checkDatabase,
];

function checkNode(): Finding {
  const found = { name: "Node", detail: `${process.versions.node} (${process.execPath})` };
  return isNewEnough(process.versions.node)
    ? { ...found, status: "ok" }
    : { ...found, status: "failed", cure: `use Node ${OLDEST_NODE} or newer` };
}

/** A module with one SIMD instruction (v128.const), in the binary format of WebAssembly. */
const SIMD_MODULE = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic and version
  ...[1, 4, 1, 96, 0, 0], // a type: no parameters, no results
  ...[3, 2, 1, 0], // a function of it
  ...[10, 23, 1, 21, 0, 253, 12, ...new Array<number>(16).fill(0), 26, 11], // v128.const 0, drop, end
]);

function checkSimd(): Finding {
  return WebAssembly.validate(SIMD_MODULE)
    ? { name: "WebAssembly SIMD", status: "ok", detail: "there" }
    : { name: "WebAssembly SIMD", status: "failed", detail: "not available", cure: "use a processor and a Node with SIMD" };
}

function checkCores(): Finding {
  const cores = availableParallelism();
  return { name: "machine", status: "ok", detail: `${cores} cores, ${byteSize(totalmem())} memory` };
}

function checkMemory({ memory, workers }: Surroundings): Finding {
  return memoryFinding({ ...memory, workers }, totalmem(), process.constrainedMemory());
}

/**
 * Whether the settings fit the memory of the machine, and that of its cgroup (0 or more than the machine's: there is no limit).
 * @internal
 */
export function memoryFinding(
  { trainingBytes, ...settings }: Surroundings["memory"] & Pick<Surroundings, "workers">,
  machineBytes: number,
  groupBytes: number,
): Finding {
  const isLimited = groupBytes > 0 && groupBytes < machineBytes;
  const bytes = isLimited ? groupBytes : machineBytes;
  const limit = `the ${byteSize(bytes)} of this ${isLimited ? "container (cgroup)" : "machine"}`;
  const training = trainingBytes ?? trainingShare(bytes);
  const wanted = memoryWanted({ ...settings, trainingBytes: training });
  const found = { name: "memory", detail: `with its limits a server uses up to ${byteSize(wanted)} of ${limit}` };
  if (wanted <= bytes) return { ...found, status: "ok" };
  const parts = [
    `training ${byteSize(training)} (TRAINYARD_MEMORY_BYTES)`,
    `a body ${byteSize(bodyHeapBytes(settings.bodyBytes))} (TRAINYARD_MAX_BODY_BYTES)`,
    `an upload ${byteSize(settings.datasetMemoryBytes)} (TRAINYARD_MAX_DATASET_MEMORY_BYTES)`,
  ];
  return { ...found, status: "warning", cure: `lower the largest: ${parts.join(", ")}` };
}

/** Of this process: a server started from here has the same. */
async function checkDescriptors({ connections, workers }: Surroundings): Promise<Finding> {
  const limit = openFilesIn(await readFile("/proc/self/limits", "utf8").catch(() => ""));
  const name = "open files";
  if (limit === null) return { name, status: "ok", detail: "the system does not report a limit" };
  const served = connectionsWithin(connections, workers, limit);
  const detail = `at most ${limit}, which is enough for ${served} connections`;
  if (served === connections) return { name, status: "ok", detail };
  const wanted = connections + reservedDescriptors(workers);
  const cure = `ulimit -n ${wanted}, or TRAINYARD_MAX_CONNECTIONS=${served}`;
  if (limit <= neededDescriptors(workers))
    return { name, status: "failed", detail: `at most ${limit}: too few for a server`, cure };
  return { name, status: "warning", detail: `${detail} of ${connections}`, cure };
}

async function checkServer({ client, url, host, port }: Surroundings): Promise<Finding> {
  try {
    await client.ready();
    return { name: "server", status: "ok", detail: `answers at ${url}` };
  } catch (error) {
    if (error instanceof ApiError) {
      const cure = "see the server's log";
      return { name: "server", status: "failed", detail: `${url} says: ${error.problem.detail}`, cure };
    }
    if (!(error instanceof UnreachableError)) throw error;
  }
  const isFree = (await freePort(host, port).catch(() => null)) === port;
  if (isFree) return { name: "server", status: "ok", detail: `none at ${url}; port ${port} is free` };
  const cure = "stop what listens there, or set TRAINYARD_PORT";
  return { name: "server", status: "failed", detail: `none at ${url}, and port ${port} of ${host} is not free`, cure };
}

async function checkDataDir({ dataDir }: Surroundings): Promise<Finding> {
  const folder = resolve(dataDir);
  const existing = await nearest(folder);
  const found = { name: "data directory", detail: existing === folder ? folder : `${folder} will be created` };
  try {
    await access(existing, constants.W_OK | constants.X_OK);
    return { ...found, status: "ok" };
  } catch {
    const detail = `${existing} cannot be written`;
    return { ...found, detail, status: "failed", cure: "set TRAINYARD_DATA_DIR to a folder that can be written" };
  }
}

async function checkDisk({ dataDir }: Surroundings): Promise<Finding> {
  const { bavail, bsize, blocks } = await statfs(await nearest(resolve(dataDir)));
  if (blocks === 0) return { name: "disk", status: "ok", detail: "its file system does not report free space" };
  const found = { name: "disk", detail: `${byteSize(bavail * bsize)} free` };
  if (bavail * bsize >= LOW_DISK_BYTES) return { ...found, status: "ok" };
  return { ...found, status: "warning", cure: "free some space, or set TRAINYARD_DATA_DIR to another disk" };
}

/** The existing part of a path. */
async function nearest(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch {
    return dirname(path) === path ? path : nearest(dirname(path));
  }
}

/** SQLite's code ends a process that it does not fit without a message, so it is tried in another one. */
function checkDriver(): Finding {
  const program = "new (require('better-sqlite3'))(':memory:').prepare('select sqlite_version()').pluck().get()";
  const { status, stdout, stderr, signal } = runNode(["-p", program]);
  if (status === 0) return { name: "SQLite", status: "ok", detail: stdout.trim() };
  const detail =
    signal ??
    stderr
      .trim()
      .split("\n")
      .find((line) => line.includes("Error")) ??
    `ended with ${status}`;
  return { name: "SQLite", status: "failed", detail, cure: "install again: npm ci" };
}

async function checkDatabase({ dataDir, databaseUrl }: Surroundings): Promise<Finding> {
  if (databaseUrl !== "") return checkPostgres(databaseUrl);
  const path = join(resolve(dataDir), DATABASE_FILE);
  const size = await stat(path).then(
    ({ size: bytes }) => bytes,
    () => null,
  );
  if (size === null) return { name: "database", status: "ok", detail: "none yet; the first start creates it" };
  const program = `const db = new (require('better-sqlite3'))(${JSON.stringify(path)}, { readonly: true });
    console.log(db.pragma('quick_check(1)', { simple: true }))`;
  const { status, stdout, stderr } = runNode(["-e", program]);
  const found = { name: "database", detail: `${path}, ${byteSize(size)}` };
  if (status === 0 && stdout.trim() === "ok") return { ...found, status: "ok", detail: `${found.detail}, whole` };
  const reason =
    stdout.trim() ||
    stderr
      .trim()
      .split("\n")
      .find((line) => line.includes("Error")) ||
    `ended with ${status}`;
  const cure = "replace it with a backup: trainyard restore FILE";
  return { ...found, status: "failed", detail: `${path}: ${reason.replaceAll(/\s+/g, " ")}`, cure };
}

function checkPostgres(url: string): Finding {
  // The address contains a password: it is passed by the environment, and not shown.
  const program = `const client = new (require('pg').Client)({ connectionString: process.env.DATABASE, connectionTimeoutMillis: 5000 });
    client.connect().then(() => client.query('show server_version')).then(({ rows }) => {
      console.log(rows[0].server_version); process.exit(0);
    }).catch((error) => { console.error('Error: ' + (error.message || error.code)); process.exit(1); });`;
  const { status, stdout, stderr } = runNode(["-e", program], { DATABASE: url });
  if (status === 0) return { name: "database", status: "ok", detail: `PostgreSQL ${stdout.trim()}` };
  const cure = "see TRAINYARD_DATABASE_URL, and whether PostgreSQL runs there";
  return { name: "database", status: "failed", detail: stderr.trim().split("\n")[0] ?? "", cure };
}

function runNode(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment };
  return spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: "utf8", timeout: CHECK_TIMEOUT_MS });
}
