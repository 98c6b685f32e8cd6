/**
 * `npm run bench:sweeps [-- trials]`: a random sweep of a 2-8-1 network on moons, 200 epochs a trial, through the HTTP API and stored;
 * in turn with it a sample of the same trials as jobs, and scikit-learn's MLPClassifier where python3 has it. Prints the time of
 * 10,000 trials, what of it is processor time of the server by kind of thread (Linux), and what a trial adds to the store.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startServerProcess } from "../../../src/cli/server-process.ts";
import { createClient, type JobSpec, type SweepSpec } from "../../../src/client/index.ts";

const trials = Number(process.argv[2] ?? 10_000);
/** The sweep is cut into as many sweeps, each followed by its share of the jobs, so that a busy machine slows both alike. */
const ROUNDS = 4;
const JOBS_PER_ROUND = 50;
const job: JobSpec = {
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
  split: { validation: 0.2 },
  early_stopping: null,
  epochs: 200,
};

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-sweeps-"));
const environment = { TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir, TRAINYARD_WORKERS: "2" };
const server = await startServerProcess({ ...process.env, ...environment });
const client = createClient(server.url);

const TICKS_PER_MS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" })) / 1000;

/** Milliseconds of processor that the server has used so far, by the name of its threads. */
function processorMs(): Map<string, number> {
  const spent = new Map<string, number>();
  const pid = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ")[0];
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    spent.set(name, (spent.get(name) ?? 0) + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_MS);
  }
  return spent;
}

/** Runs a sweep of so many trials to its end. */
async function runSweep(count: number, seed: number): Promise<void> {
  const request: SweepSpec = {
    job,
    parameters: {
      "/optimizer/lr": { min: 1e-4, max: 0.3, scale: "log" },
      "/seed": { min: 0, max: 1_000_000, integer: true },
    },
    method: { type: "random" },
    trials: count,
    promote: "none",
    seed,
  };
  const { id } = await client.submitSweep(request);
  for (;;) {
    const sweep = await client.sweep(id);
    if (sweep.state === "succeeded") return;
    if (["failed", "cancelled"].includes(sweep.state)) throw new Error(`the sweep is ${sweep.state}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs jobs with the spec of a trial to their ends. */
async function runJobs(count: number, first: number): Promise<void> {
  const submitted = Array.from({ length: count }, (_, index) => client.submit({ ...job, seed: first + index }));
  const ids = (await Promise.all(submitted)).map(({ id }) => id);
  await Promise.all(ids.map((id) => client.wait(id)));
}

interface Cost {
  readonly ms: number;
  readonly processor: ReadonlyMap<string, number>;
}

async function costOf(action: () => Promise<void>): Promise<Cost> {
  const before = processorMs();
  const begun = performance.now();
  await action();
  const ms = performance.now() - begun;
  const after = processorMs();
  return { ms, processor: new Map([...after].map(([name, spent]) => [name, spent - (before.get(name) ?? 0)])) };
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const totalMs = (costs: readonly Cost[]) => sum(costs.map(({ ms }) => ms));
const totalProcessor = (costs: readonly Cost[]) => sum(costs.flatMap(({ processor }) => [...processor.values()]));

/** Bytes of the store's tables and indexes of trials, and how much of it are the curves; after the sweeps. */
function storedBytes() {
  const db = new DatabaseSync(join(dataDir, "trainyard.db"), { readOnly: true });
  const one = (query: string) => Number(Object.values(db.prepare(query).get() as object)[0]);
  const pages = one("select sum(pgsize) from dbstat where name like '%trials%'");
  const curves = one("select sum(length(curve)) from trials");
  const count = one("select count(*) from trials");
  db.close();
  return { trial: pages / count, curve: curves / count };
}

const SKLEARN = `
import time, warnings
warnings.filterwarnings("ignore")
from sklearn.datasets import make_moons
from sklearn.neural_network import MLPClassifier
x, y = make_moons(160, noise=0.1, random_state=7)
t = time.process_time()
for seed in range(20):
    MLPClassifier((8,), solver="adam", learning_rate_init=0.05, batch_size=160, max_iter=200, tol=0, n_iter_no_change=200, random_state=seed).fit(x, y)
print((time.process_time() - t) * 1000 / 20)
`;

function sklearnMs(): number | null {
  const ran = spawnSync("python3", ["-c", SKLEARN], { encoding: "utf8", env: { ...process.env, OMP_NUM_THREADS: "1" } });
  return ran.status === 0 ? Number(ran.stdout) : null;
}

try {
  await runSweep(300, 1000);
  await runJobs(10, 1_000_000);
  const sweeps: Cost[] = [];
  const jobs: Cost[] = [];
  const perRound = Math.ceil(trials / ROUNDS);
  for (let round = 0; round < ROUNDS; round++) {
    sweeps.push(await costOf(() => runSweep(perRound, round)));
    jobs.push(await costOf(() => runJobs(JOBS_PER_ROUND, round * JOBS_PER_ROUND)));
  }
  const count = perRound * ROUNDS;
  const jobCount = JOBS_PER_ROUND * ROUNDS;
  const [trialMs, jobMs] = [totalMs(sweeps) / count, totalMs(jobs) / jobCount];
  const [trialProcessor, jobProcessor] = [totalProcessor(sweeps) / count, totalProcessor(jobs) / jobCount];
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    `sweep             ${count} trials in ${(totalMs(sweeps) / 1000).toFixed(1)} s, ${Math.round(1000 / trialMs)} a second; load of the machine ${load}`,
  );
  console.log(
    `  processor       ${trialProcessor.toFixed(2)} ms a trial: 10,000 take ${((trialProcessor * 10_000) / 2000).toFixed(1)} s of two quiet cores`,
  );
  const names = new Set(sweeps.flatMap(({ processor }) => [...processor.keys()]));
  for (const name of names) {
    const own = sum(sweeps.map(({ processor }) => processor.get(name) ?? 0)) / count;
    if (own >= 0.01) console.log(`    ${name.padEnd(14)}${own.toFixed(2)} ms`);
  }
  console.log(
    `the same as jobs  ${jobMs.toFixed(1)} ms a job over ${jobCount}: ${(jobMs / trialMs).toFixed(1)} times as long, ${(jobProcessor / trialProcessor).toFixed(1)} times the processor`,
  );
  const peer = sklearnMs();
  console.log(
    peer === null
      ? "scikit-learn      skipped: python3 has no sklearn"
      : `scikit-learn      ${peer.toFixed(1)} ms of processor a fit: ${(peer / trialProcessor).toFixed(1)} times a trial`,
  );
  const { trial, curve } = storedBytes();
  console.log(`the store grows by ${Math.round(trial)} bytes a trial, of which its curve is ${Math.round(curve)}`);
} finally {
  await server.stop();
  await rm(dataDir, { recursive: true });
}
