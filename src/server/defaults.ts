/**
 * The defaults of settings that the command line must know as well: where a server listens and keeps its data, and
 * how many connections it has. All
 * other defaults stand in config.ts. Imports nothing, so that the command line starts no slower for it.
 */

/** The defaults of TRAINYARD_HOST, TRAINYARD_PORT, TRAINYARD_DATA_DIR and TRAINYARD_MAX_CONNECTIONS. */
export const DEFAULTS = { host: "127.0.0.1", port: 8080, dataDir: "./data", connections: 10_000 } as const;

/** Of a server without training threads: those that are open while it is idle, and while it reads uploads; and what is kept free beside connections. */
const NEEDED = 64;
const RESERVED = 112;
/** Of a training thread: those of its event loop and files; and what is kept for it and for the threads that help it. */
const NEEDED_A_WORKER = 5;
const RESERVED_A_WORKER = 10;

/** With how many descriptors a server runs at all. */
export function neededDescriptors(workers: number): number {
  return NEEDED + workers * NEEDED_A_WORKER;
}

/** How many descriptors are kept for files, threads and the database. */
export function reservedDescriptors(workers: number): number {
  return RESERVED + workers * RESERVED_A_WORKER;
}

/** The most open files in the text of /proc/self/limits (proc(5)); null where it names no number. */
export function openFilesIn(limits: string): number | null {
  const soft = limits.match(/^Max open files\s+(\d+)/m)?.[1];
  return soft === undefined ? null : Number(soft);
}

/**
 * How many connections there may be: as many as are wanted, as long as they leave the reserve of so many training threads. Where there is less than
 * the reserve, half of what a server does not need.
 */
export function connectionsWithin(wanted: number, workers: number, limit: number | null): number {
  if (limit === null) return wanted;
  const beside = Math.max(limit - reservedDescriptors(workers), Math.floor((limit - neededDescriptors(workers)) / 2));
  return Math.max(1, Math.min(wanted, beside));
}
