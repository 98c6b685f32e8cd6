/** The processor time that a test file takes: its own process with all its threads, and the processes that it started, and those that they started. */
import { readdirSync, readFileSync } from "node:fs";

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

/** Where a process keeps what it had taken before. Not in this module: a file that resets modules (`vi.resetModules`) would have it count from the start again. */
const BEFORE = Symbol.for("trainyard.test.processor-time");
const kept = process as unknown as { [BEFORE]?: ProcessorTime };

/** What was taken since the process started, or since this was called last. */
export function takeProcessorTime(): ProcessorTime {
  const { user, system } = process.cpuUsage();
  const now = { own: (user + system) / 1e6, started: ofStarted() };
  const before = kept[BEFORE] ?? { own: 0, started: 0 };
  const taken = { own: now.own - before.own, started: now.started - before.started };
  kept[BEFORE] = now;
  return taken;
}

/** Of those that have ended, which Linux adds up, and of those that live: a browser outlives the file that started it. */
function ofStarted(): number {
  if (process.platform !== "linux") return 0;
  const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readTimes(name) ?? []) : []));
  const self = all.find(({ pid }) => pid === process.pid);
  let ticks = self?.ofEnded ?? 0;
  for (let parents = new Set([process.pid]); parents.size > 0; ) {
    const children = all.filter(({ parent }) => parents.has(parent));
    for (const { own, ofEnded } of children) ticks += own + ofEnded;
    parents = new Set(children.map(({ pid }) => pid));
  }
  return ticks / TICKS;
}

interface Times {
  readonly pid: number;
  readonly parent: number;
  /** In ticks, as is that of its children that have ended and were waited for. */
  readonly own: number;
  readonly ofEnded: number;
}

/** Null for a process that is no more. */
function readTimes(pid: string): Times | null {
  try {
    // The name in brackets may hold anything; what follows is numbers, from the third field on.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number) as [number, number, number, number];
    return { pid: Number(pid), parent: Number(fields[1]), own: user + system, ofEnded: endedUser + endedSystem };
  } catch {
    return null;
  }
}
