/**
 * `npm run bench:trials [-- trials]`: fills a sweep of 100,000 trials as a worker does, in SQLite and in PostgreSQL, and prints the
 * slowest of its pages by each order and filter, from the first to the last, and what a trial takes in the store beside its curve.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { createId } from "../../../src/domain/id.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { TRIAL_ORDERS, type TrialPageRequest } from "../../../src/domain/sweeps/sweep-store.ts";
import { TRIAL_STATES, type Trial } from "../../../src/domain/sweeps/trial.ts";
import { openStore } from "../../../src/storage/open.ts";
import { openPostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { startPostgres } from "../../contract/databases/postgres-server.ts";
import { aSpec } from "../../contract/fixtures.ts";

const TRIALS = Number(process.argv[2] ?? 100_000);
const CHUNK = 250;
const LIMIT = 500;
const REPEATS = 5;

/** A value between 0 and 1 that a number always has. */
const drawn = (number: number) => ((number * 2_654_435_761) % 2 ** 32) / 2 ** 32;

function trialOf(number: number): Trial {
  const state = number % 97 === 0 ? "failed" : number % 3 === 0 ? "pruned" : "succeeded";
  return {
    number,
    generation: Math.floor(number / 4096),
    parameters: { "/optimizer/lr": drawn(number + 1), "/model/layers/0/units": 8, "/seed": number },
    state,
    reason: state === "failed" ? "the loss became NaN in epoch 7: lower optimizer.lr" : null,
    value: state === "failed" ? null : drawn(number),
    projected_value: null,
    fold_values: null,
    epochs: 200,
    seconds: 0.001,
    sha256: "0123456789abcdef".repeat(4),
    curve: {
      epochs: Array.from({ length: 51 }, (_, at) => Math.max(1, 4 * at)),
      values: Array.from({ length: 51 }, (_, at) => Number(drawn(number * 64 + at).toPrecision(7))),
    },
  };
}

async function fill(store: Store): Promise<string> {
  const id = createId("sweep");
  const spec = {
    ...{ name: "many", job: aSpec(), parameters: {}, method: { type: "random" as const }, folds: null, trials: TRIALS },
    ...{ objective: { metric: "val_loss" as const, goal: null }, max_seconds: null, seed: 0, promote: "none" as const },
  };
  const times = { chunkTrials: CHUNK, memoryBytes: 0, bestJobId: createId("job"), createdAt: 0 };
  await store.ofProject("bench").sweeps.insert({ id, spec, source: new Uint8Array(2), ...times });
  const claim = (lease: string) => store.sweeps.claimChunk({ lease, at: 1, until: 1e12, freeBytes: 1e9, runningJobs: 1000 });
  const planning = await claim("planning");
  if (!planning) throw new Error("there is nothing to plan");
  const chunks = Array.from({ length: Math.ceil(TRIALS / CHUNK) }, () => ({ size: CHUNK, json: "[]" }));
  await store.sweeps.startGeneration({ sweepId: id, ...planning }, { index: 0, chunks, pruned: [] }, 1);
  for (let first = 0; first < TRIALS; first += CHUNK) {
    const chunk = await claim(`lease-${first}`);
    if (!chunk) throw new Error("there is no chunk left");
    const trials = Array.from({ length: CHUNK }, (_, at) => trialOf(first + at));
    await store.sweeps.storeTrials({ sweepId: id, ...chunk }, 0, trials, 1);
  }
  return id;
}

/** Milliseconds that the slowest of some pages takes, each at its fastest of a few tries: what else the machine does is left out. */
async function slowestPage(store: Store, id: string, request: Omit<TrialPageRequest, "limit">): Promise<number> {
  let slowest = 0;
  const starts = [undefined, 1, Math.floor(TRIALS / 2), TRIALS - 2];
  for (const after of starts) {
    const page = { ...request, limit: LIMIT, ...(after !== undefined && { after }) };
    let fastest = Number.POSITIVE_INFINITY;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const begun = performance.now();
      await store.sweeps.listTrials(id, page);
      fastest = Math.min(fastest, performance.now() - begun);
    }
    slowest = Math.max(slowest, fastest);
  }
  return slowest;
}

async function measure(name: string, store: Store, bytes: () => Promise<{ trials: number; curves: number }>): Promise<void> {
  const begun = performance.now();
  const id = await fill(store);
  const { trials, curves } = await bytes();
  console.log(`${name}: ${TRIALS} trials stored in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  console.log(`  a trial takes ${trials - curves} bytes beside its curve, which takes ${curves}`);
  const filters = [
    {},
    ...TRIAL_STATES.map((state) => ({ state })),
    { minValue: 0.9 },
    { maxValue: 0.1, state: "pruned" as const },
  ];
  for (const orderBy of TRIAL_ORDERS) {
    const times: string[] = [];
    for (const filter of filters) {
      const ms = await slowestPage(store, id, { orderBy, ...filter });
      times.push(
        `${
          Object.entries(filter)
            .map((entry) => entry.join(" "))
            .join(", ") || "all"
        } ${ms.toFixed(1)}`,
      );
    }
    console.log(`  ${orderBy.padEnd(8)} ms of the slowest page of ${LIMIT}: ${times.join("; ")}`);
  }
}

async function measureSqlite(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "trainyard-sweep-store-"));
  const store = await openStore({ dataDir });
  const bytes = async () => {
    const db = new DatabaseSync(join(dataDir, "trainyard.db"), { readOnly: true });
    const one = (query: string) => Math.round(Number(Object.values(db.prepare(query).get() as object)[0]));
    const trials = one(`select sum(pgsize) / ${TRIALS} from dbstat where name like '%trials%'`);
    const curves = one("select avg(length(curve)) from trials");
    db.close();
    return { trials, curves };
  };
  await measure("SQLite", store, bytes);
  await store.close();
  await rm(dataDir, { recursive: true });
}

async function measurePostgres(): Promise<void> {
  const server = await startPostgres();
  const url = await server.createDatabase("sweeps");
  const options = {
    size: 4,
    statementTimeoutMs: 60_000,
    connectTimeoutMs: 10_000,
    probeMs: 1000,
    retryMs: 2000,
    runRetryMs: 20_000,
  };
  const { store } = await openPostgresStore({ url, ...options });
  const bytes = async () => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query("vacuum analyze trials");
    const { rows } = await client.query(
      `select round(pg_total_relation_size('trials') / ${TRIALS}.0)::int as trials, (select avg(pg_column_size(curve)) from trials)::int as curves`,
    );
    await client.end();
    return rows[0] as { trials: number; curves: number };
  };
  await measure("PostgreSQL", store, bytes);
  await store.close();
  await server.stop("fast");
  await server.remove();
}

await measureSqlite();
await measurePostgres();
