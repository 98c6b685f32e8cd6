/**
 * How fast steps are on several threads, next to today's step on one, in the same seconds. `npm run bench:threads [-- --threads 1,2]
 * [--only NAME] [--rounds N] [--burners N]`. Each round measures one thread as small models have it (no shared memory), then each
 * number of threads; the ratio is of the medians. `--burners` runs beside so many threads that do nothing but use a core. The SHA-256 of
 * the weights after equal steps must be equal.
 */
import { createHash } from "node:crypto";
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type Invitation, limitTeam, type Team } from "../../../src/engine/index.ts";
import { type Running, start, WORKLOADS, type Workload } from "./workloads.ts";

const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "1,2" },
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "9" },
    burners: { type: "string", default: "0" },
  },
});

const COUNTS = options.threads.split(",").map(Number);
const ROUNDS = Number(options.rounds);
/** Time of one window. */
const WINDOW_MS = 250;
/** Steps after which weights are compared. */
const COMPARED_STEPS = 5;

const wide = WORKLOADS.find(({ name }) => name.includes("1024-1024")) as Workload;
const LONG: readonly Workload[] = [
  ...WORKLOADS.filter(({ name }) => /784-512|1024-1024/.test(name)),
  { ...wide, name: "mlp 100-256-256-2, batch 4096, Adam", widths: [100, 256, 256, 2], rows: 4096 },
  ...WORKLOADS.filter(({ name }) => /784-128|20-64/.test(name)),
];

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

/** Milliseconds a step, over a window. */
function measure({ step }: Running): number {
  const began = performance.now();
  let steps = 0;
  do {
    step();
    steps++;
  } while (performance.now() - began < WINDOW_MS);
  return (performance.now() - began) / steps;
}

function digest({ executable }: Running, { widths }: Workload): string {
  const hash = createHash("sha256");
  widths.slice(1).forEach((_, layer) => {
    hash.update(new Uint8Array((executable.read(`${2 * layer}.weight`) as Float32Array).buffer as ArrayBuffer));
  });
  return hash.digest("hex");
}

async function gather({ invitation, size }: Team, count: number): Promise<Worker[]> {
  const workers = Array.from(
    { length: count - 1 },
    () => new Worker(new URL("./threads-member.ts", import.meta.url), { workerData: invitation satisfies Invitation }),
  );
  while (size() < count) await new Promise((resolve) => setTimeout(resolve, 5));
  return workers;
}

const burners = Array.from({ length: Number(options.burners) }, () => new Worker("for (;;);", { eval: true }));
console.log(`${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, ${burners.length} burners`);
for (const workload of LONG.filter(({ name }) => name.includes(options.only))) {
  const plain = start(workload);
  const shared = start(workload, true);
  const { team } = shared.executable;
  if (!team) {
    console.log(`${workload.name}: left to one thread`);
    continue;
  }
  const workers = await gather(team, Math.max(...COUNTS));
  for (let step = 0; step < COMPARED_STEPS; step++) for (const each of [plain, shared]) each.step();
  const isEqual = digest(plain, workload) === digest(shared, workload);
  const alone: number[] = [];
  const times = COUNTS.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(measure(plain));
    COUNTS.forEach((threads, index) => {
      limitTeam(team.invitation, threads);
      // The first window after a change finds the pace.
      if (threads > 1) measure(shared);
      times[index]?.push(measure(shared));
    });
  }
  const before = median(alone);
  const cells = COUNTS.map((threads, index) => {
    const ms = median(times[index] as number[]);
    const least = Math.min(...alone) / Math.min(...(times[index] as number[]));
    return `${threads}: ${ms.toFixed(2)} ms, ${(before / ms).toFixed(2)}x (of bests ${least.toFixed(2)}x)`;
  });
  console.log(
    `${workload.name}: one thread ${before.toFixed(2)} ms | ${cells.join(" | ")} | bits ${isEqual ? "equal" : "DIFFER"}`,
  );
  team.dismiss();
  await Promise.all(workers.map((worker) => worker.terminate()));
}
await Promise.all(burners.map((burner) => burner.terminate()));
console.log(`load ${loadavg()[0]?.toFixed(1)}`);
