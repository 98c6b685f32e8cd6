/**
 * `npm run bench:folds [-- rounds]`: what 5-fold cross-validation of a small network costs, in single trainings on all rows, on iris and
 * wine. In turn: trials with folds, the same trials without, and jobs, so that a busy machine slows all alike; ratios of medians.
 */
import { readFile } from "node:fs/promises";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { createClient, type JobSpec, type SweepSpec } from "../../../src/client/index.ts";
import { createDataDir } from "../../e2e/live-server.ts";

const rounds = Number(process.argv[2] ?? 7);
const TRIALS = 40;
const TABLES = { iris: "species", wine: "cultivar" };

const dataDir = await createDataDir();
const environment = { TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir.path, TRAINYARD_WORKERS: "1" };
const server = await startServerProcess({ ...process.env, ...environment });
const client = createClient(server.url);
try {
  for (const [name, target] of Object.entries(TABLES)) {
    const csv = await readFile(new URL(`../../fixtures/datasets/${name}.csv`, import.meta.url));
    const { id } = await client.upload(csv, { name, format: "csv" });
    const job = {
      data: { dataset: { id, target } },
      model: { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }] },
      early_stopping: null,
      epochs: 200,
    } as JobSpec;
    const costs: { folds: number[]; single: number[]; sweep: number[]; job: number[] } = {
      ...{ folds: [], single: [], sweep: [], job: [] },
    };
    await secondsOf(job, true, 0);
    await secondsOf(job, false, 0);
    for (let round = 1; round <= rounds; round++) {
      costs.folds.push(...(await secondsOf(job, true, round)));
      costs.single.push(...(await secondsOf(job, false, round)));
      const folds = { job, folds: { count: 5 }, promote: "none" } as SweepSpec;
      costs.sweep.push(await timeOf(async () => void (await client.waitForSweep((await client.submitSweep(folds)).id))));
      costs.job.push(await timeOf(async () => void (await client.wait((await client.submit({ ...job, split: null })).id))));
    }
    const ms = Object.fromEntries(Object.entries(costs).map(([what, all]) => [what, median(all) * 1000]));
    const { folds = 0, single = 0, sweep = 0, job: one = 0 } = ms;
    console.log(
      `${name.padEnd(5)} 5 folds ${folds.toFixed(2)} ms, a training on all rows ${single.toFixed(2)} ms: ${(folds / single).toFixed(2)} trainings; ` +
        `over HTTP ${sweep.toFixed(0)} ms, a job ${one.toFixed(0)} ms: ${(sweep / one).toFixed(2)} jobs`,
    );
  }
} finally {
  await server.stop();
  await dataDir.remove();
}

/** Seconds of each trial of a sweep over seeds: the cost of training alone. */
async function secondsOf(job: JobSpec, hasFolds: boolean, seed: number): Promise<number[]> {
  const { id } = await client.submitSweep({
    job: hasFolds ? job : { ...job, split: null },
    parameters: { "/seed": { min: 0, max: 999, integer: true } },
    method: { type: "random" },
    objective: { metric: hasFolds ? "val_loss" : "loss" },
    ...(hasFolds && { folds: { count: 5 } }),
    trials: TRIALS,
    promote: "none",
    seed,
  });
  await client.waitForSweep(id);
  return (await client.trials(id, { limit: TRIALS })).data.flatMap(({ seconds }) => (seconds === null ? [] : [seconds]));
}

async function timeOf(action: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await action();
  return (performance.now() - begun) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
