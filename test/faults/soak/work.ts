/**
 * The users of a server in a soak, each doing one kind of work again and again and deleting what it no longer needs: what they hold
 * at a time is level, so that what the server holds must be. Each holds the server to what it did before.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Job, JobSpec } from "../../../src/client/answers.ts";
import { ApiError } from "../../../src/client/error.ts";
import { startGenerator } from "../../bench/service/load.ts";
import type { Chance } from "../chance.ts";
import type { SoakServer } from "./server.ts";
import { EQUAL, JOBS, onTable, SWEEPS, tableOf } from "./specs.ts";

export interface Soak {
  readonly server: SoakServer;
  readonly chance: Chance;
  /** How often each kind of work was done, and each refusal was met. */
  readonly counts: Record<string, number>;
  /** What was not as it must be. */
  readonly faults: string[];
  /** Milliseconds of each probe since the last sample. */
  readonly probes: number[];
  /** Aborted when no further work is to begin. */
  readonly over: AbortSignal;
  /** Whether no thread is to die. */
  readonly spares: boolean;
}

export type Worker = (soak: Soak) => Promise<void>;

const count = ({ counts }: Soak, what: string, by = 1): void => {
  counts[what] = (counts[what] ?? 0) + by;
};

/** SHA-256 of weights by the name of what trained them. */
const known = new Map<string, string>();
const nameOf = (name: string): string => EQUAL.find((names) => names.includes(name))?.[0] ?? name;

function judge({ faults }: Soak, name: string, sha256: string): void {
  const before = known.get(nameOf(name));
  known.set(nameOf(name), before ?? sha256);
  if (before !== undefined && before !== sha256) faults.push(`${name} came to ${sha256}, and before to ${before}`);
}

/** Does a piece of work as a client does: what the server asks to send again later is sent again. */
async function patiently<Result>(soak: Soak, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.retryAfterS === null) throw error;
      count(soak, `${error.problem.status} ${error.problem.code}`);
      await delay(error.retryAfterS * 1000);
    }
  }
}

/** Watches a job to its end; each frame comes once and in order. */
async function follow({ server, faults }: Soak, id: string): Promise<Job> {
  let last = 0;
  for await (const frame of server.client.watch(id)) {
    if (frame.type === "end") break;
    if (frame.seq !== last + 1) faults.push(`${id}: frame ${frame.seq} came after ${last}`);
    last = frame.seq;
  }
  return server.client.job(id);
}

const STIRRED_PERCENT = 15;

/** Submits a job, follows it, sometimes disturbs it, and deletes it with its model. */
async function train(soak: Soak): Promise<void> {
  const { server, chance, faults } = soak;
  const { client } = server;
  const name = chance.of(Object.keys(JOBS));
  const { id } = await patiently(soak, () => client.submit(JOBS[name] as JobSpec));
  const isCancelled = chance.percent(STIRRED_PERCENT);
  const isPaused = chance.percent(STIRRED_PERCENT);
  const stir = async () => {
    await delay(chance.below(500));
    // Whoever is late is told that the job has ended.
    if (isPaused) {
      await client.pause(id).catch(conflict);
      await delay(chance.below(300));
      while ((await client.job(id)).state === "pausing") await delay(20);
      await client.resume(id).catch(conflict);
    }
    if (isCancelled) await client.cancel(id).catch(conflict);
  };
  const [job] = await Promise.all([follow(soak, id), stir()]);
  if (job.state === "succeeded" && job.model) judge(soak, name, job.model.sha256);
  else if (!isCancelled || job.state !== "cancelled") faults.push(`${name} ${id} ended as ${job.state}: ${job.error?.detail}`);
  count(soak, `jobs ${job.state}`);
  count(soak, "attempts", job.attempt);
  await client.remove(id);
  if (job.model) await client.removeModel(job.model.id);
}

const CONFLICT = 409;
const conflict = (error: unknown): void => {
  if (!(error instanceof ApiError) || error.problem.status !== CONFLICT) throw error;
};

/** Runs a sweep to its best model. */
async function search(soak: Soak): Promise<void> {
  const { server, chance, faults } = soak;
  const { client } = server;
  const name = chance.of(Object.keys(SWEEPS));
  const { id } = await patiently(soak, () => client.submitSweep(SWEEPS[name] as never));
  const sweep = await client.waitForSweep(id);
  count(soak, `sweeps ${sweep.state}`);
  if (!sweep.job) return void faults.push(`sweep ${name} ${id} ended as ${sweep.state} without a job`);
  const job = await client.wait(sweep.job);
  if (job.model) judge(soak, `sweep ${name}`, job.model.sha256);
  else faults.push(`the best trial of ${name} ended as ${job.state}: ${job.error?.detail}`);
  count(soak, "trials", SWEEPS[name]?.trials ?? 0);
  await client.remove(job.id);
  await client.removeSweep(id);
  if (job.model) await client.removeModel(job.model.id);
}

let tables = 0;

/** Uploads a table, trains on it, and deletes both. */
async function upload(soak: Soak): Promise<void> {
  const { client } = soak.server;
  const number = tables++;
  const { id } = await patiently(soak, () => client.upload(tableOf(number), { format: "csv", name: `table-${number}` }));
  const job = await client.wait((await patiently(soak, () => client.submit(onTable(id)))).id);
  if (!job.model) soak.faults.push(`a job on an uploaded table ended as ${job.state}: ${job.error?.detail}`);
  await client.remove(job.id);
  if (job.model) await client.removeModel(job.model.id);
  await client.removeDataset(id);
  count(soak, "uploads");
  await delay(1000);
}

const READERS = 20;

/** Readers of a job that goes on for long; some leave in the middle of a frame. */
async function read(soak: Soak): Promise<void> {
  const { server, chance } = soak;
  const endless: JobSpec = { ...(JOBS["logistic-1"] as JobSpec), name: "read", epochs: 10_000_000 };
  const { id } = await patiently(soak, () => server.client.submit(endless));
  const reader = async () => {
    const leave = AbortSignal.timeout(1000 + chance.below(9000));
    for await (const _ of server.client.watch(id, { signal: leave }));
    count(soak, "readers");
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  await server.client.cancel(id).catch(conflict);
  await follow(soak, id);
  await server.client.remove(id);
  await delay(5000);
}

/** Predictions in bursts, by a process of its own. */
async function predict(soak: Soak): Promise<void> {
  const { server, over } = soak;
  const model = await predictor(soak);
  const generator = startGenerator();
  const address = `${server.url}/v1/models/${model}/predict`;
  try {
    while (!over.aborted) {
      await generator.run({ address, body: ROW, connections: 8, requests: 2000, status: 200 });
      count(soak, "predictions", 2000);
      await delay(2000);
    }
  } finally {
    generator.stop();
  }
}

const ROW = '{"instances":[[0.5,-0.2]]}';

/** A model that stays. */
async function predictor({ server: { client } }: Soak): Promise<string> {
  const job = await client.wait((await client.submit({ ...(JOBS["logistic-1"] as JobSpec), name: "predictor" })).id);
  if (!job.model) throw new Error(`the job of the predictor ended as ${job.state}`);
  return job.model.id;
}

/** One prediction five times a second, and how long it took: what a user of a busy server waits. */
async function probe(soak: Soak): Promise<void> {
  const { server, probes, over, faults } = soak;
  const model = await predictor(soak);
  while (!over.aborted) {
    const startedAt = performance.now();
    const response = await fetch(`${server.url}/v1/models/${model}/predict`, {
      method: "POST",
      body: ROW,
      headers: { "content-type": "application/json" },
    });
    const answer = await response.text();
    probes.push(performance.now() - startedAt);
    if (!response.ok) faults.push(`a prediction was answered ${response.status}: ${answer.slice(0, 200)}`);
    await delay(200);
  }
}

const KILL_EVERY_MS = 5000;

/** Ends a thread every few seconds. */
async function kill({ server, over, spares }: Soak): Promise<void> {
  if (spares) return;
  while (!over.aborted) {
    await delay(KILL_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
    server.killThread();
  }
}

const again =
  (work: Worker): Worker =>
  async (soak) => {
    while (!soak.over.aborted) await work(soak);
  };

/** All that works on the server at a time. */
export const WORKERS: readonly Worker[] = [train, train, train, search, upload, read].map(again).concat(predict, probe, kill);
