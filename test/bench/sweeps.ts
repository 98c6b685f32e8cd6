/**
 * `npm run bench:sweeps [-- trials]`: a random sweep of a 2-8-1 network on moons, 200 epochs a trial, through the HTTP API and stored;
 * beside it a sample of the same trials as jobs, and what the store grows by. Prints trials a second and the time of 10,000.
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServerProcess } from "../../src/cli/server-process.ts";
import { createClient, type JobSpec } from "../../src/client/index.ts";

const trials = Number(process.argv[2] ?? 10_000);
const JOBS = 200;
const job: JobSpec = {
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
  split: { validation: 0.2 },
  epochs: 200,
};

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-sweeps-"));
const environment = { TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir, TRAINYARD_WORKERS: "2" };
const server = await startServerProcess({ ...process.env, ...environment });
const client = createClient(server.url);

async function storedBytes(): Promise<number> {
  const sizes = (await readdir(dataDir))
    .filter((name) => name.startsWith("trainyard.db"))
    .map((name) => stat(join(dataDir, name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

/** Milliseconds until a sweep of so many trials has ended. */
async function sweepMs(count: number): Promise<number> {
  const parameters = {
    "/optimizer/lr": { min: 1e-4, max: 0.3, scale: "log" },
    "/seed": { min: 0, max: 1_000_000, integer: true },
  };
  const begun = performance.now();
  const { id } = await client.submitSweep({
    job,
    parameters,
    trials: count,
    promote: "none",
    method: { type: "random" },
  } as never);
  for (;;) {
    const sweep = await client.sweep(id);
    if (sweep.state === "succeeded") return performance.now() - begun;
    if (["failed", "cancelled"].includes(sweep.state)) throw new Error(`the sweep is ${sweep.state}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

try {
  await sweepMs(200);
  const before = await storedBytes();
  const ms = await sweepMs(trials);
  const bytes = ((await storedBytes()) - before) / trials;
  const begun = performance.now();
  const ids = await Promise.all(
    Array.from(
      { length: JOBS },
      async (_, seed) => (await client.submit({ ...job, seed, optimizer: { type: "adam", lr: 0.05 } })).id,
    ),
  );
  await Promise.all(ids.map((id) => client.wait(id)));
  const jobMs = (performance.now() - begun) / JOBS;
  const perTrial = ms / trials;
  console.log(`sweep          ${trials} trials in ${(ms / 1000).toFixed(1)} s, ${Math.round(1000 / perTrial)} a second`);
  console.log(`the same as jobs  ${jobMs.toFixed(1)} ms a job over ${JOBS}: ${(jobMs / perTrial).toFixed(1)} times as long`);
  console.log(`the store grows by ${Math.round(bytes)} bytes a trial, with its curve`);
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}
