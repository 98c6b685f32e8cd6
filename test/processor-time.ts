/** The processor time that a test file takes: its own process with all its threads, and the processes that it started and that have ended. */
import { readFileSync } from "node:fs";

/** Names the file to which each test file adds a line, where they are measured. */
export const COSTS_FILE = "TRAINYARD_TEST_COSTS";

/** In seconds. */
export interface ProcessorTime {
  readonly own: number;
  /** Linux alone tells; 0 elsewhere. */
  readonly started: number;
}

export interface Cost extends ProcessorTime {
  /** Path of the test file from the root. */
  readonly file: string;
  readonly project: string;
}

/** Ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;

let before: ProcessorTime = { own: 0, started: 0 };

/** What was taken since the process started, or since this was called last. */
export function takeProcessorTime(): ProcessorTime {
  const { user, system } = process.cpuUsage();
  const now = { own: (user + system) / 1e6, started: ofEnded() };
  const taken = { own: now.own - before.own, started: now.started - before.started };
  before = now;
  return taken;
}

function ofEnded(): number {
  if (process.platform !== "linux") return 0;
  // The name in brackets may hold anything; what follows is numbers. The 16th and 17th fields are of children that were waited for.
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}
