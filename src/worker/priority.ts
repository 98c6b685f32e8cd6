/** Lowers the priority of training threads, so that a training of hours does not make requests wait for the processor. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/** The niceness of training; 19 is the lowest priority. It changes nothing while nothing else needs the processor. */
const NICENESS = 10;

/**
 * Lowers the priority of the calling thread only. Linux has a niceness per thread (setpriority(2), "C library/kernel
 * differences") and names the calling thread in /proc/thread-self. Elsewhere the niceness is that of the process, so it stays
 * unchanged.
 */
export function lowerThreadPriority(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), NICENESS);
  } catch {
    // A sandbox without /proc or without permission: training keeps the normal priority.
  }
}
