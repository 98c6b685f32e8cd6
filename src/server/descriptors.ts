/**
 * File descriptors: how many this process may have open, and how many of them connections may take. A process without any left cannot
 * open its files or start threads, so connections are shed before that.
 */
import { readFileSync } from "node:fs";

/** Of a server without training threads; 56 are open while it is idle, and five more while it reads uploads. */
const RESERVED = 112;
/** Of a training thread, which has five: its event loop's, and those of the files that it loads at the start. */
const RESERVED_A_WORKER = 8;

/** How many descriptors are kept for files, threads and the database. */
export function reservedDescriptors(workers: number): number {
  return RESERVED + workers * RESERVED_A_WORKER;
}

/** The most open files of this process, from /proc/self/limits (proc(5)). Null where there is none, or where the system does not say. */
export function descriptorLimit(limits: string | null = readLimits()): number | null {
  const soft = limits?.match(/^Max open files\s+(\d+)/m)?.[1];
  return soft === undefined ? null : Number(soft);
}

/** How many connections there may be: as many as are wanted, as long as they leave the reserve of so many training threads. */
export function connectionsWithin(wanted: number, workers: number, limit: number | null): number {
  return limit === null ? wanted : Math.max(1, Math.min(wanted, limit - reservedDescriptors(workers)));
}

function readLimits(): string | null {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return null;
  }
}
