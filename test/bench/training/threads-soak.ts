/**
 * Many jobs with random numbers of threads: `npm run bench:threads-soak [-- --jobs N] [--seed N] [--long PART]`. Three run at a time on
 * three threads; a twentieth of them, or `--long`, are long enough to be helped, and a twentieth of all are cancelled. Each that ends must
 * have the SHA-256 of the first of its spec. Prints the memory of the process, which has the server's flags and environment, and fails when
 * it is a tenth more in the last quarter than in the second.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SERVER_ENVIRONMENT, SERVER_FLAGS } from "../../../src/cli/server-process.ts";
import type { TrainingRun } from "../../../src/domain/ports.ts";
import { createTrainingPool } from "../../../src/worker/training/training-pool.ts";
import { jobRecord, prepare } from "../../training/train.ts";

const { values: options } = parseArgs({
  options: {
    jobs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    long: { type: "string", default: "0.05" },
  },
});
// With the flags and the environment of the server, unless it has them: they decide what an ended thread leaves behind.
if (!process.execArgv.includes(SERVER_FLAGS[0] as string)) {
  const args = [...SERVER_FLAGS, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", env: { ...SERVER_ENVIRONMENT, ...process.env } });
  process.exit(status ?? 1);
}

const JOBS = Number(options.jobs);
const AT_A_TIME = 3;
const CANCELLED = 0.05;
/** Parts of the run that memory is told of. */
const PARTS = 20;
const MAX_GROWTH = 1.1;

const blobs = (samples: number, features: number) => ({
  generator: { type: "blobs", samples, features, classes: 4, seed: 3 },
});
const layers = (units: number) => [{ type: "linear", units }, "relu", { type: "dropout", p: 0.2 }, { type: "linear" }];
/** Some two hundred milliseconds each: help comes after a hundred. */
const LONG = [
  { data: blobs(2048, 100), model: { layers: layers(256) }, batch_size: 512, epochs: 24, seed: 5 },
  { data: blobs(1024, 200), model: { layers: layers(300) }, split: { validation: 0.25 }, epochs: 40, seed: 6 },
];
const SHORT = [
  { data: blobs(60, 4), model: { layers: layers(8) }, epochs: 20, seed: 7 },
  { data: blobs(200, 8), model: { layers: layers(16) }, batch_size: 20, epochs: 5, seed: 8 },
];

let state = Number(options.seed);
const random = (): number => {
  state = (state * 48_271) % 2_147_483_647;
  return state / 2_147_483_647;
};
const oneOf = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

const bugs: unknown[] = [];
const pool = createTrainingPool({ size: AT_A_TIME, heartbeatMs: 120_000, onBug: (error) => bugs.push(error) });
const digests = new Map<object, string>();
/** Megabytes as each job began: heaps of V8 come and go, so that means are compared. */
const sizes: number[] = [];
const counts = { succeeded: 0, cancelled: 0 };
let begun = 0;

function runOf(spec: object): TrainingRun {
  const prepared = prepare(spec);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return { job: jobRecord(prepared, 0), payload: prepared.payload, dataset: null, checkpoint: null };
}

async function trainOne(): Promise<void> {
  const spec = oneOf(random() < Number(options.long) ? LONG : SHORT);
  const threads = oneOf([null, 1, 2, 3, 4, 5]);
  const cancel = new AbortController();
  const isCancelled = random() < CANCELLED;
  const result = await pool.train(runOf({ ...spec, threads }), {
    ...{ signal: cancel.signal, stop: new AbortController().signal, onCheckpoint: async () => undefined },
    onEpochs: async () => {
      if (isCancelled) cancel.abort();
    },
  });
  if (result.state !== "succeeded" && result.state !== "cancelled") throw new Error(JSON.stringify(result));
  counts[result.state]++;
  if (result.state === "cancelled") return;
  const { sha256 } = result.model;
  const first = digests.get(spec) ?? sha256;
  digests.set(spec, first);
  if (sha256 !== first) throw new Error(`${threads} threads: ${sha256} instead of ${first}`);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function trainMore(): Promise<void> {
  while (begun < JOBS) {
    begun++;
    sizes.push(process.memoryUsage.rss() / 2 ** 20);
    const part = Math.ceil(JOBS / PARTS);
    if (begun % part === 0)
      console.log(`${begun} jobs, ${process.uptime().toFixed(0)} s: ${mean(sizes.slice(-part)).toFixed(0)} MB in the mean`);
    await trainOne();
  }
}

await Promise.all(Array.from({ length: AT_A_TIME }, trainMore));
await pool.close();
const quarter = sizes.length / 4;
const [second, last] = [mean(sizes.slice(quarter, 2 * quarter)), mean(sizes.slice(3 * quarter))];
console.log(
  `${counts.succeeded} succeeded, ${counts.cancelled} were cancelled; ${second.toFixed(0)} MB in the second quarter, ${last.toFixed(0)} in the last`,
);
if (bugs.length > 0) throw new Error(`${bugs.length} bugs`, { cause: bugs[0] });
if (last > MAX_GROWTH * second) throw new Error("memory grows");
