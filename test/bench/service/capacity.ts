/**
 * What one server holds: usual jobs an hour, predictions a second, uploads, each by itself and then all at once beside readers; and, in
 * each case, how long a user waits who asks for one prediction five times a second.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { JobSpec } from "../../../src/client/answers.ts";
import { LOGISTIC, type Service, whole } from "./bench.ts";
import { percentiles, startGenerator } from "./load.ts";

const SECONDS = Number(process.env.CAPACITY_SECONDS ?? 20);
const READERS = 100;
const PREDICT_CONNECTIONS = 8;
const JOBS_AT_A_TIME = 4;
const UPLOAD_ROWS = 50_000;
const MB = 1024 * 1024;

/** A job as people submit it: a table of 1,000 rows and a network with two hidden layers. */
const USUAL: JobSpec = {
  data: { generator: { type: "moons", samples: 1000, noise: 0.2, seed: 7 } },
  model: {
    layers: [
      { type: "linear", units: 32 },
      { type: "relu" },
      { type: "linear", units: 16 },
      { type: "relu" },
      { type: "linear" },
      { type: "sigmoid" },
    ],
  },
  split: { validation: 0.2 },
  batch_size: 32,
  epochs: 100,
};

/** Some hundred epochs a second until it is cancelled: more would keep this process, whose probe is timed, busy with reading. */
const MODERATE: JobSpec = {
  data: { generator: { type: "moons", samples: 2000, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear", units: 128 }, { type: "tanh" }, { type: "linear" }, { type: "sigmoid" }] },
  epochs: 10_000_000,
};

/** Does one kind of work until it is told to end. Returns what it came to, for an elapsed time in seconds. */
type Work = (service: Service, over: AbortSignal, model: string) => Promise<(seconds: number) => string>;

const train: Work = async ({ client }, over) => {
  let done = 0;
  const user = async (number: number) => {
    for (let seed = number; !over.aborted; seed += JOBS_AT_A_TIME) {
      const { state } = await client.wait((await client.submit({ ...USUAL, seed })).id);
      if (state !== "succeeded") throw new Error(`a job ended as ${state}`);
      if (!over.aborted) done++;
    }
  };
  await Promise.all(Array.from({ length: JOBS_AT_A_TIME }, (_, number) => user(number)));
  return (seconds) => `${whole((done / seconds) * 3600)} usual jobs an hour`;
};

const predict: Work = async ({ url }, over, model) => {
  const generator = startGenerator();
  let done = 0;
  const address = `${url}/v1/models/${model}/predict`;
  try {
    while (!over.aborted) {
      const load = { address, body: ROW, connections: PREDICT_CONNECTIONS, seconds: 1, status: 200 };
      done += (await generator.run(load)).count;
    }
  } finally {
    generator.stop();
  }
  return (seconds) => `${whole(done / seconds)} predictions a second`;
};

const upload: Work = async ({ url }, over) => {
  const lines = Array.from(
    { length: UPLOAD_ROWS },
    (_, row) => `${row},${Math.sin(row)},${Math.cos(row)},${row % 3 === 0 ? "a" : "b"}`,
  );
  let bytes = 0;
  for (let number = 0; !over.aborted; number++) {
    const body = `n,x,y${number},label\n${lines.join("\n")}\n`;
    const sent = { method: "POST", body, headers: { "content-type": "text/csv" } };
    const response = await fetch(`${url}/v1/datasets?name=capacity-${number}`, sent);
    if (!response.ok) throw new Error(`an upload was answered ${response.status}`);
    const { id } = (await response.json()) as { id: string };
    bytes += body.length;
    await fetch(`${url}/v1/datasets/${id}`, { method: "DELETE" });
  }
  return (seconds) => `${(bytes / MB / seconds).toFixed(1)} MB of CSV a second`;
};

const read: Work = async ({ client }, over) => {
  const { id } = await client.submit(MODERATE);
  let frames = 0;
  const reader = async () => {
    for await (const _ of client.watch(id, { signal: over })) frames++;
  };
  await Promise.all(Array.from({ length: READERS }, () => reader().catch(ignoreEnd(over))));
  await client.cancel(id);
  return (seconds) => `${READERS} readers with ${whole(frames / READERS / seconds)} frames a second each`;
};

const ignoreEnd = (over: AbortSignal) => (error: unknown) => {
  if (!over.aborted) throw error;
};

const ROW = '{"instances":[[0.5,-0.2]]}';
const PROBE_MS = 200;

/** Milliseconds of single predictions, until it is told to end. */
async function probe({ url }: Service, over: AbortSignal, model: string): Promise<number[]> {
  const times: number[] = [];
  while (!over.aborted) {
    const startedAt = performance.now();
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/v1/models/${model}/predict`, { method: "POST", body: ROW, headers });
    await response.arrayBuffer();
    times.push(performance.now() - startedAt);
    await delay(PROBE_MS);
  }
  return times;
}

const CASES: Readonly<Record<string, readonly Work[]>> = {
  jobs: [train],
  predictions: [predict],
  uploads: [upload],
  readers: [read],
  "all at once": [train, predict, upload, read],
};

export async function measureCapacity(service: Service): Promise<void> {
  const { client } = service;
  // Before anything is timed: where jobs train, its own would wait.
  const { model } = await client.wait((await client.submit(LOGISTIC)).id);
  if (!model) throw new Error("the job of the model that predicts made none");
  for (const [name, works] of Object.entries(CASES)) {
    const over = new AbortController();
    const probed = probe(service, over.signal, model.id);
    const working = Promise.all(works.map((work) => work(service, over.signal, model.id)));
    const startedAt = performance.now();
    await delay(SECONDS * 1000);
    const seconds = (performance.now() - startedAt) / 1000;
    over.abort();
    const { p50Ms, p99Ms } = percentiles(await probed);
    const results = (await working).map((result) => result(seconds)).join(", ");
    console.log(`  ${name}: ${results}; one prediction takes ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(0)}`);
  }
}
