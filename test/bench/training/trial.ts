/**
 * Milliseconds of processor of one training of 2-4-1 on 200 rows, 100 epochs, in a checkout: `node trial.ts [ROOT]`. As one of many trials
 * where that checkout has them, else as a job is trained.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = process.argv[2] ?? process.cwd();
const load = (path: string) => import(pathToFileURL(join(root, path)).href);
const TRIALS = 1000;

const spec = {
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }] },
  ...{ optimizer: { type: "adam", lr: 0.05 }, epochs: 100, seed: 42 },
};

async function trainer(): Promise<(seed: number) => unknown> {
  if (existsSync(join(root, "src/training/many/train-many.ts"))) {
    const [{ plannedJob }, { trainTrial }] = await Promise.all([
      load("test/training/many/trials.ts"),
      load("src/training/many/train-many.ts"),
    ]);
    const { plan, trial } = plannedJob(spec);
    return (seed) => trainTrial(plan, { ...trial, seed });
  }
  const { train } = await load("test/training/train.ts");
  return (seed) => train({ ...spec, seed });
}

const train = await trainer();
for (let seed = 0; seed < TRIALS; seed++) train(seed);
const before = process.cpuUsage();
for (let seed = 0; seed < TRIALS; seed++) train(seed);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000 / TRIALS);
