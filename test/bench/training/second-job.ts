/**
 * How soon a job that arrives has a core: `node test/bench/training/second-job.ts [--rounds N]`. Beside a large job on every core, and beside the same
 * on one thread, in turn: milliseconds from handing a small job to the pool to its first epochs, and to its end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { TrainingPool, TrainingRun } from "../../../src/domain/ports.ts";
import { createTrainingPool } from "../../../src/worker/training/training-pool.ts";
import { jobRecord, prepare } from "../../training/train.ts";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "10" } } });

const LARGE = {
  data: { generator: { type: "blobs", samples: 1280, features: 784, classes: 10, seed: 1 } },
  model: {
    layers: [{ type: "linear", units: 512 }, "relu", { type: "linear", units: 512 }, "relu", { type: "linear" }],
  },
  ...{ batch_size: 128, optimizer: { type: "adam", lr: 0.001 }, epochs: 1_000_000, seed: 1 },
};
const SMALL = {
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear", units: 4 }, "relu", { type: "linear" }, "sigmoid"] },
  ...{ epochs: 100, seed: 1 },
};
/** Time after which the large job has its helpers. */
const HELPED_MS = 3000;

const never = new AbortController().signal;

function runOf(spec: object): TrainingRun {
  const prepared = prepare(spec);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return { job: jobRecord(prepared, 0), payload: prepared.payload, dataset: null, checkpoint: null };
}

/** Milliseconds to the first epochs of a small job, and to its end, while a large one trains on so many threads. */
async function beside(pool: TrainingPool, threads: number | null): Promise<{ first: number; end: number }> {
  const cancel = new AbortController();
  const ignored = { stop: never, onCheckpoint: async () => undefined };
  const large = pool.train(runOf({ ...LARGE, threads }), {
    ...{ ...ignored, signal: cancel.signal, onEpochs: async () => undefined },
  });
  await delay(HELPED_MS);
  const began = performance.now();
  let first = Number.NaN;
  await pool.train(runOf(SMALL), {
    ...{ ...ignored, signal: never },
    onEpochs: async () => {
      if (Number.isNaN(first)) first = performance.now() - began;
    },
  });
  const end = performance.now() - began;
  cancel.abort();
  await large;
  return { first, end };
}

const size = 2;
const pool = createTrainingPool({ size, heartbeatMs: 120_000, onBug: console.error });
const shown = (values: readonly number[]): string => {
  const sorted = values.toSorted((a, b) => a - b);
  return `${(sorted[Math.floor(sorted.length / 2)] as number).toFixed(1)} ms in the middle, ${(sorted.at(-1) as number).toFixed(1)} at most`;
};
try {
  const cases = [
    { title: "every core", threads: null },
    { title: "one thread", threads: 1 },
  ].map((each) => ({ ...each, firsts: [] as number[], ends: [] as number[] }));
  // The first round warms the threads up.
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const { threads, firsts, ends } of cases) {
      const { first, end } = await beside(pool, threads);
      if (round === 0) continue;
      firsts.push(first);
      ends.push(end);
    }
  }
  for (const { title, firsts, ends } of cases)
    console.log(`a small job beside a large one on ${title}: first epochs after ${shown(firsts)}; ended after ${shown(ends)}`);
} finally {
  await pool.close();
}
