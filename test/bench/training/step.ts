/**
 * What a step of the engine takes, in a checkout: `node step.ts NAME [--root ROOT] [--threads N]`. A process of its own. Prints
 * {"processor", "clock"}, medians of microseconds, or null where that checkout has no threads for it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type Running, WORKLOADS, type Workload } from "./workloads.ts";

const wide = WORKLOADS.find(({ name }) => name.includes("1024-1024")) as Workload;

export const STEP_WORKLOADS: readonly Workload[] = [
  ...WORKLOADS,
  { ...wide, name: "mlp 100-256-256-2, batch 4096, Adam", widths: [100, 256, 256, 2], rows: 4096 },
];

const WINDOWS = 7;
const WINDOW_MS = 150;
const WARM_UP_MS = 200;
/** Steps after which V8 has compiled the module. */
const WARM_UP_STEPS = 8;
/** Time and steps in which a team finds out whether it is faster than one thread: it looks again after a part of a second. */
const FINDING_MS = 1500;
const FINDING_STEPS = 24;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** Takes steps for so long, and at least so many. Returns their number. */
function stepFor({ step }: Running, ms: number, least = 1): number {
  const until = performance.now() + ms;
  let steps = 0;
  do step();
  while (++steps < least || performance.now() < until);
  return steps;
}

function measure(running: Running) {
  const windows = Array.from({ length: WINDOWS }, () => {
    const [began, before] = [performance.now(), process.cpuUsage()];
    const steps = stepFor(running, WINDOW_MS);
    const { user, system } = process.cpuUsage(before);
    return { processor: (user + system) / steps, clock: ((performance.now() - began) / steps) * 1000 };
  });
  return {
    processor: median(windows.map(({ processor }) => processor)),
    clock: median(windows.map(({ clock }) => clock)),
  };
}

/** A file of this folder in a checkout. In earlier ones it lies a folder higher. */
function fileOf(root: string, name: string): string {
  const path = join(root, "test/bench/training", name);
  return existsSync(path) ? path : join(root, "test/bench", name);
}

async function withThreads(root: string, running: Running, threads: number) {
  const member = fileOf(root, "threads-member.ts");
  const { team } = running.executable;
  if (!team || !existsSync(member)) return null;
  const workers = Array.from({ length: threads - 1 }, () => new Worker(member, { workerData: team.invitation }));
  while (team.size() < threads) await new Promise((resolve) => setTimeout(resolve, 5));
  stepFor(running, FINDING_MS, FINDING_STEPS);
  const measured = measure(running);
  team.dismiss();
  await Promise.all(workers.map((worker) => worker.terminate()));
  return measured;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { root: { type: "string", default: process.cwd() }, threads: { type: "string", default: "1" } },
    allowPositionals: true,
  });
  const { start } = (await import(pathToFileURL(fileOf(values.root, "workloads.ts")).href)) as {
    start(workload: Workload, shared?: boolean): Running;
  };
  const workload = STEP_WORKLOADS.find(({ name }) => name === positionals[0]) as Workload;
  const threads = Number(values.threads);
  const running = start(workload, threads > 1);
  // Threads join when the first has steps behind it, as in a job.
  stepFor(running, WARM_UP_MS, WARM_UP_STEPS);
  console.log(JSON.stringify(threads > 1 ? await withThreads(values.root, running, threads) : measure(running)));
}
