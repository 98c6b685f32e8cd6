/**
 * How fast many trials of one plan are: `node test/bench/training/many.ts [--trials N] [--threads N]`. Prints the processor time of one trial
 * beside that of the same training as `train()` does it, and the time of many trials in threads of one core each.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { trainMany, trainTrial } from "../../../src/training/many/train-many.ts";
import { plannedJob } from "../../training/many/trials.ts";
import { train } from "../../training/train.ts";

const network = (units: number, epochs: number) => ({
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: {
    layers: [
      { type: "linear", units, init: { weight: "kaiming_normal" } },
      ...[{ type: "relu" }, { type: "linear" }, { type: "sigmoid" }],
    ],
  },
  ...{ optimizer: { type: "adam", lr: 0.05 }, epochs, seed: 42 },
});

/** Milliseconds of processor that a call takes, once the compiler has warmed up. */
function processorMs(calls: number, action: (call: number) => void): number {
  for (let call = 0; call < calls; call++) action(call);
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) action(call);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / calls;
}

interface Share {
  readonly first: number;
  readonly trials: number;
}

/** Trains the trials of a thread, whose seeds start at `first`, and returns its milliseconds of processor. */
function trainShare({ first, trials }: Share): number {
  const { plan, trial } = plannedJob(network(8, 200));
  const before = process.threadCpuUsage();
  const seeds = Array.from({ length: trials }, (_, index) => ({ ...trial, seed: first + index }));
  let trained = 0;
  for (const { state } of trainMany(plan, seeds)) if (state === "succeeded") trained += 1;
  if (trained < trials) throw new Error(`${trials - trained} trials failed`);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

async function measure(trials: number, threads: number): Promise<void> {
  const job = network(4, 100);
  const { plan, trial } = plannedJob(job);
  const trialMs = processorMs(1000, (seed) => trainTrial(plan, { ...trial, seed }));
  const jobMs = processorMs(100, (seed) => train({ ...job, seed }));
  console.log(
    `2-4-1, 200 rows, 100 epochs: a trial takes ${trialMs.toFixed(2)} ms of processor, train() ${jobMs.toFixed(2)} ms`,
  );
  const began = performance.now();
  const share = Math.ceil(trials / threads);
  const spent = await Promise.all(
    Array.from({ length: threads }, (_, thread) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { first: thread * share, trials: share } });
      return new Promise<number>((resolve, reject) => worker.once("message", resolve).once("error", reject));
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const processor = spent.reduce((sum, ms) => sum + ms, 0) / 1000;
  console.log(
    `2-8-1, 200 rows, 200 epochs: ${share * threads} trials in ${threads} threads take ${seconds.toFixed(1)} s, ${processor.toFixed(1)} s of processor`,
  );
}

if (isMainThread) {
  const { values } = parseArgs({
    options: { trials: { type: "string", default: "10000" }, threads: { type: "string", default: "2" } },
  });
  await measure(Number(values.trials), Number(values.threads));
} else parentPort?.postMessage(trainShare(workerData as Share));
