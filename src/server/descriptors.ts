/**
 * File descriptors: how many this process may have open, and how many of them connections may take. A process without any left cannot
 * open its files or start threads, so connections are shed before that.
 */
import { readFileSync } from "node:fs";

/** Kept for files, threads and the database: what a server with uploads and threads at work was measured to have open, with room. */
export const RESERVED_DESCRIPTORS = 128;
/** The least that is served: where even this is too much, the machine's limit is. */
const LEAST_CONNECTIONS = 8;

/** The most open files of this process, from /proc/self/limits (proc(5)). Null where there is none, or where the system does not say. */
export function descriptorLimit(limits: string | null = readLimits()): number | null {
  const soft = limits?.match(/^Max open files\s+(\d+)/m)?.[1];
  return soft === undefined ? null : Number(soft);
}

/** How many connections there may be: as many as are wanted, as long as they leave the reserve. */
export function connectionsWithin(wanted: number, limit: number | null): number {
  return limit === null ? wanted : Math.min(wanted, Math.max(LEAST_CONNECTIONS, limit - RESERVED_DESCRIPTORS));
}

function readLimits(): string | null {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return null;
  }
}
