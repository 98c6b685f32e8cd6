/** A thousand tiny jobs, from the first submission to the last model: all must succeed. */
import { setTimeout as delay } from "node:timers/promises";
import type { JobSpec } from "../../../src/client/answers.ts";
import { percent, type Service, whole } from "./bench.ts";
import { type Generator, type Load, startGenerator } from "./load.ts";
import { startPeer } from "./peer.ts";

const JOBS = 1000;
const CONNECTIONS = 16;
/** An answer costs the server a millisecond, which is not to be measured with the jobs. */
const LOOK_MS = 100;

const TINY: JobSpec = {
  data: { inline: { features: [[0], [1], [2], [3]], targets: [1, 3, 5, 7] } },
  model: { layers: [{ type: "linear" }] },
  loss: { type: "mse" },
  optimizer: { type: "sgd", lr: 0.05 },
  epochs: 20,
};

/** Jobs of one round, from the first submission to the last stored model. */
export interface Turnover {
  readonly perSecond: number;
  readonly submitted: Load;
}

/** Runs jobs through a service. All must succeed. */
export async function turnOver({ url }: Service, generator: Generator, jobs: number): Promise<Turnover> {
  const before = await countSucceeded(url);
  const startedAt = performance.now();
  const load = { body: JSON.stringify(TINY), connections: CONNECTIONS, requests: jobs };
  const submitted = await generator.run({ ...load, address: `${url}/v1/jobs`, status: 202 });
  while ((await countSucceeded(url)) < before + jobs) await delay(LOOK_MS);
  return { perSecond: (jobs / (performance.now() - startedAt)) * 1000, submitted };
}

export async function measureTurnover(service: Service): Promise<void> {
  const { client } = service;
  await client.wait((await client.submit(TINY)).id);
  const generator = startGenerator();
  const peer = await startPeer("silent");
  try {
    const { perSecond: rate, submitted } = await turnOver(service, generator, JOBS);
    const echo = { body: JSON.stringify(TINY), connections: CONNECTIONS, requests: JOBS };
    const echoed = await generator.run({ ...echo, address: `${peer.url}/echo`, status: 200 });
    console.log(
      `${whole(JOBS)} jobs of ${TINY.epochs} epochs over ${CONNECTIONS} connections, all succeeded: ${whole(rate)} jobs a second from submission to stored model;`,
    );
    console.log(`  submitted at ${whole(submitted.perSecond)} a second, p99 ${submitted.p99Ms.toFixed(1)} ms`);
    console.log(
      `  a bare Fastify echo of the same ${JOBS} bodies: ${whole(echoed.perSecond)} a second, p99 ${echoed.p99Ms.toFixed(1)} ms (jobs are ${percent(rate / echoed.perSecond)} of it)`,
    );
  } finally {
    generator.stop();
    peer.stop();
  }
}

/** By the server's own count, which one request reads. Throws as soon as a job has come to another end. */
async function countSucceeded(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const ended = (state: string) =>
    Number(new RegExp(`^trainyard_jobs_ended_total\\{state="${state}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
  for (const state of ["failed", "cancelled"]) if (ended(state) > 0) throw new Error(`a job has ${state}`);
  return ended("succeeded");
}
