/** Training gives way: a thread that computes for hours must not make a request wait for its turn on the processor. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/** Of 19, the least urgent. Where nothing else wants the processor it changes nothing. */
const NICENESS = 10;

/**
 * Lowers the priority of the calling thread alone. Linux counts niceness a thread (setpriority(2), "C library/kernel
 * differences") and names the calling one in /proc/thread-self; elsewhere it would be that of the process, and stays.
 */
export function lowerThreadPriority(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(Number(readlinkSync("/proc/thread-self").split("/").at(-1)), NICENESS);
  } catch {
    // A sandbox without /proc or without leave: training competes on equal terms.
  }
}
