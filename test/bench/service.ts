/**
 * `npm run bench:service`: the service as its users feel it. Event-loop delay while jobs train and stream, predictions a
 * second beside a bare Fastify, how long a cancel takes, and how much of a small job's wall time is its training.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SERVER_FLAGS } from "../../src/cli/server-process.ts";
import type { JobSpec } from "../../src/client/answers.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { readEventStream, readSocket } from "../http/readers.ts";
import type { LoopReport } from "./loop-delay.ts";

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const MOONS = { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } } as const;
const LOGISTIC: JobSpec = {
  data: MOONS,
  model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
  loss: { type: "bce" },
  optimizer: { type: "adam", lr: 0.1 },
  epochs: 1000,
};
const ENDLESS: JobSpec = {
  data: MOONS,
  model: { layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }] },
  epochs: 100_000_000,
};
const STREAM_SECONDS = 10;
const LOAD_SECONDS = 3;
const CONNECTIONS = 32;
const REPEATS = 30;

const dataDir = await mkdtemp(join(tmpdir(), "trainyard-bench-"));
const { child: server, url } = await startServer(dataDir);
const client = createClient(url);
try {
  print("idle", await lateness(() => delay(1000)));
  print("two jobs train, each with a reader", await lateness(() => trainAndStream(client, url, 1)));
  print("two jobs train, each with four readers", await lateness(() => trainAndStream(client, url, 4)));
  print("a body of 30 MB is submitted meanwhile", await lateness(() => submitLarge(client)));
  await reportJob(client);
  await reportCancel(client);
  await reportPredictions(client, url);
} finally {
  server.kill("SIGTERM");
  await once(server, "exit");
  await rm(dataDir, { recursive: true });
}

async function startServer(directory: string): Promise<{ child: ChildProcess; url: string }> {
  const child = fork(pathOf("../../src/main.ts"), {
    execArgv: [...SERVER_FLAGS, "--import", pathOf("./loop-delay.ts")],
    env: { ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: directory, TRAINYARD_LOG_LEVEL: "info" },
    silent: true,
  });
  child.stderr?.pipe(process.stderr);
  const ready = await new Promise<string>((resolve) => {
    if (!child.stdout) return;
    createInterface(child.stdout).on("line", (line) => {
      const entry = JSON.parse(line) as { msg: string; url: string };
      if (entry.msg === "ready") resolve(entry.url);
    });
  });
  return { child, url: ready };
}

/** How late the server's event loop was while something went on. */
async function lateness(work: () => Promise<unknown>): Promise<LoopReport> {
  const ask = async (): Promise<LoopReport> => {
    server.send("report");
    const [report] = await once(server, "message");
    return report as LoopReport;
  };
  await ask();
  await work();
  return ask();
}

function print(what: string, { worstMs, p99Ms, meanMs, busiestMs }: LoopReport): void {
  const figures = `late by ${worstMs.toFixed(1)} ms at worst, p99 ${p99Ms.toFixed(2)} ms, mean ${meanMs.toFixed(2)} ms`;
  console.log(`event loop, ${what}: ${figures}; busy for ${busiestMs.toFixed(1)} ms at most`);
}

async function trainAndStream(api: Client, base: string, count: number): Promise<void> {
  const jobs = await Promise.all([api.submit(ENDLESS), api.submit({ ...ENDLESS, seed: 1 })]);
  const readers = jobs.flatMap(({ id }) => [
    ...Array.from({ length: Math.ceil(count / 2) }, () => readSocket(base, id).closed),
    ...Array.from({ length: Math.floor(count / 2) }, () => readEventStream(base, id)),
  ]);
  await delay(STREAM_SECONDS * 1000);
  for (const { id } of jobs) await api.cancel(id);
  await Promise.all(readers);
  const done = await Promise.all(jobs.map(({ id }) => api.job(id)));
  const epochs = done.map(({ epochs_done }) => epochs_done.toLocaleString("en"));
  console.log(
    `  (${epochs.join(" and ")} epochs in ${STREAM_SECONDS} s, each streamed to ${count} reader${count > 1 ? "s" : ""})`,
  );
}

async function submitLarge(api: Client): Promise<void> {
  const features = Array.from({ length: 300_000 }, (_, row) => [row / 7, row / 11, row / 13, row / 17, row / 19]);
  const targets = features.map(([x = 0]) => x);
  await api.validate({ data: { inline: { features, targets } }, model: { layers: [{ type: "linear" }] } });
}

/** Wall time of the logistic job, from the request to the end frame, and what of it is training. */
async function reportJob(api: Client): Promise<void> {
  const walls: number[] = [];
  const steps: number[] = [];
  for (let run = 0; run < REPEATS; run++) {
    const startedAt = performance.now();
    const { id } = await api.submit({ ...LOGISTIC, seed: run });
    await api.wait(id);
    walls.push(performance.now() - startedAt);
    const { series } = await api.metrics(id, { points: 1000 });
    steps.push((series.epoch_ms ?? []).reduce<number>((sum, ms) => sum + Number(ms), 0));
  }
  const [wall, step] = [median(walls), median(steps)];
  const share = ((step / wall) * 100).toFixed(0);
  console.log(
    `logistic job of 1000 epochs over HTTP, median of ${REPEATS}: ${wall.toFixed(1)} ms, ` +
      `of which steps ${step.toFixed(1)} ms (${share} %), the rest ${(wall - step).toFixed(1)} ms`,
  );
}

async function reportCancel(api: Client): Promise<void> {
  const times: number[] = [];
  for (let run = 0; run < 5; run++) {
    const { id } = await api.submit(ENDLESS);
    for await (const frame of api.watch(id)) if (frame.type === "metrics") break;
    const startedAt = performance.now();
    await api.cancel(id);
    await api.wait(id);
    times.push(performance.now() - startedAt);
  }
  console.log(`cancelling a job that trains: worst of ${times.length} ${Math.max(...times).toFixed(0)} ms`);
}

async function reportPredictions(api: Client, base: string): Promise<void> {
  const job = await api.wait((await api.submit(LOGISTIC)).id);
  const body = '{"instances":[[0.5,-0.2]]}';
  const ours = await requestsPerSecond(`${base}/v1/models/${job.model?.id}/predict`, body);
  const child = fork(pathOf("./echo.ts"));
  const [{ url: echo }] = (await once(child, "message")) as [{ url: string }];
  const bare = await requestsPerSecond(`${echo}/echo`, body);
  child.kill();
  const share = ((ours / bare) * 100).toFixed(0);
  console.log(
    `single-row predictions over ${CONNECTIONS} connections: ${Math.round(ours).toLocaleString("en")} a second; ` +
      `a bare Fastify echo: ${Math.round(bare).toLocaleString("en")} (${share} %)`,
  );
}

/** Requests a second over kept-alive connections, each sending its next one when the answer has come. */
async function requestsPerSecond(address: string, body: string): Promise<number> {
  const { hostname, port, pathname } = new URL(address);
  const request =
    `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`;
  let answered = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect(Number(port), hostname.replaceAll(/[[\]]/g, ""));
    socket.on("data", (chunk) => {
      if (!chunk.toString("latin1", 0, 12).endsWith(" 200")) throw new Error(chunk.toString());
      answered++;
      socket.write(request);
    });
    socket.write(request);
    return socket;
  });
  await delay(1000);
  const [before, startedAt] = [answered, performance.now()];
  await delay(LOAD_SECONDS * 1000);
  const rate = ((answered - before) / (performance.now() - startedAt)) * 1000;
  for (const socket of sockets) socket.destroy();
  return rate;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
