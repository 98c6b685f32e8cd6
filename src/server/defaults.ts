/**
 * The defaults of settings that the command line needs too: where a server listens and keeps its data, how many connections it has, and how
 * much memory it may take. All other defaults are in config.ts. Imports nothing, so that the command line starts fast.
 */

const MiB = 1024 ** 2;

/** The defaults of TRAINYARD_HOST, _PORT, _DATA_DIR, _MAX_CONNECTIONS, _MAX_BODY_BYTES and _MAX_DATASET_MEMORY_BYTES. */
export const DEFAULTS = {
  host: "127.0.0.1",
  port: 8080,
  dataDir: "./data",
  connections: 10_000,
  bodyBytes: 64 * MiB,
  datasetMemoryBytes: 2048 * MiB,
} as const;

/**
 * Descriptors of a server without training threads: those open while it is idle and while it reads uploads, and those kept free beside
 * connections.
 */
const NEEDED = 64;
const RESERVED = 112;
/** Descriptors of a training thread: those of its event loop and files, and those kept for it and for the threads that help it. */
const NEEDED_A_WORKER = 5;
const RESERVED_A_WORKER = 10;

/** The minimum number of descriptors with which a server runs. */
export function neededDescriptors(workers: number): number {
  return NEEDED + workers * NEEDED_A_WORKER;
}

/** How many descriptors are kept for files, threads and the database. */
export function reservedDescriptors(workers: number): number {
  return RESERVED + workers * RESERVED_A_WORKER;
}

/** The maximum open files in the text of /proc/self/limits (proc(5)); null if it has no number. */
export function openFilesIn(limits: string): number | null {
  const soft = limits.match(/^Max open files\s+(\d+)/m)?.[1];
  return soft === undefined ? null : Number(soft);
}

/**
 * The maximum number of connections: as many as requested, if they leave the reserve of these training threads. With less than the reserve,
 * half of what a server does not need.
 */
export function connectionsWithin(wanted: number, workers: number, limit: number | null): number {
  if (limit === null) return wanted;
  const beside = Math.max(limit - reservedDescriptors(workers), Math.floor((limit - neededDescriptors(workers)) / 2));
  return Math.max(1, Math.min(wanted, beside));
}

/** Memory of an idle server, and of each of its training threads. */
const IDLE_BYTES = 150 * MiB;
const WORKER_BYTES = 60 * MiB;
/** Heap of a thread that prepares the largest body: of the compute pool (worker/compute/compute-pool.ts), compared by a test. */
const BODY_HEAPS = 16;
const MIN_BODY_HEAP = 1024 * MiB;

/** The default of TRAINYARD_MEMORY_BYTES: half of the machine's memory, because the rest is for requests, the database and the system. */
export function trainingShare(memoryBytes: number): number {
  return Math.max(MiB, Math.floor(memoryBytes / 2));
}

/** The memory that settings allow a server. */
export interface MemorySettings {
  readonly workers: number;
  readonly trainingBytes: number;
  readonly bodyBytes: number;
  readonly datasetMemoryBytes: number;
}

/** Memory for preparing the largest body, in the heap of its thread. */
export function bodyHeapBytes(bodyBytes: number): number {
  return Math.max(MIN_BODY_HEAP, bodyBytes * BODY_HEAPS);
}

/** Maximum memory of a server that trains as much as it may, and reads the largest body and the largest table at the same time. */
export function memoryWanted({ workers, trainingBytes, bodyBytes, datasetMemoryBytes }: MemorySettings): number {
  return IDLE_BYTES + workers * WORKER_BYTES + trainingBytes + bodyHeapBytes(bodyBytes) + datasetMemoryBytes;
}
