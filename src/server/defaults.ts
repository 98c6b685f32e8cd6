/**
 * The defaults of settings that the command line must know as well: where a server listens and keeps its data, and
 * how many connections it has. All
 * other defaults stand in config.ts. Imports nothing, so that the command line starts no slower for it.
 */

/** The defaults of TRAINYARD_HOST, TRAINYARD_PORT, TRAINYARD_DATA_DIR and TRAINYARD_MAX_CONNECTIONS. */
export const DEFAULTS = { host: "127.0.0.1", port: 8080, dataDir: "./data", connections: 10_000 } as const;

/** Of a server without training threads; 56 are open while it is idle, and five more while it reads uploads. */
const RESERVED = 112;
/** Of a training thread, which has five: its event loop's, and those of the files that it loads at the start. */
const RESERVED_A_WORKER = 8;

/** How many descriptors are kept for files, threads and the database. */
export function reservedDescriptors(workers: number): number {
  return RESERVED + workers * RESERVED_A_WORKER;
}

/** The most open files in the text of /proc/self/limits (proc(5)); null where it names no number. */
export function openFilesIn(limits: string): number | null {
  const soft = limits.match(/^Max open files\s+(\d+)/m)?.[1];
  return soft === undefined ? null : Number(soft);
}

/** How many connections there may be: as many as are wanted, as long as they leave the reserve of so many training threads. */
export function connectionsWithin(wanted: number, workers: number, limit: number | null): number {
  return limit === null ? wanted : Math.max(1, Math.min(wanted, limit - reservedDescriptors(workers)));
}
