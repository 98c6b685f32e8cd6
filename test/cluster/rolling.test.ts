/** Every process is replaced by another, one at a time, under load: no request fails that was tried again, and no job. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Client, JobSpec } from "../../src/client/index.ts";
import { ApiError, UnreachableError } from "../../src/client/index.ts";
import { type Cluster, createCluster, type Node, until } from "./nodes.ts";

const SMALL: JobSpec = {
  name: "small",
  data: { generator: { type: "linear", samples: 50 } },
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "sgd", lr: 0.01 },
  epochs: 200,
  checkpoint: { every_seconds: 1, min_seconds: 0 },
};
/** Tries of one request before it has failed. */
const TRIES = 100;
const CLIENTS = 3;

let cluster: Cluster;
/** In their order: those that serve, then those that work. */
let nodes: Node[];

beforeAll(async () => {
  cluster = await createCluster();
  nodes = await Promise.all((["serve", "serve", "work", "work"] as const).map((role) => cluster.start(role)));
}, 120_000);
afterAll(() => cluster.remove(), 60_000);

/** A request, as a client behind a load balancer makes it: at the next server when one does not answer, or is not ready. */
async function ask<T>(request: (client: Client) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const serving = nodes.filter(({ role }) => role === "serve");
    const node = serving[tries % serving.length] as Node;
    try {
      return await request(node.client);
    } catch (error) {
      const isPassing = error instanceof UnreachableError || (error instanceof ApiError && error.problem.status === 503);
      if (!isPassing || tries === TRIES) throw error;
      await delay(50);
    }
  }
}

it("fails no request and no job while all processes are replaced", async () => {
  const first = await ask((client) => client.submit(SMALL));
  await ask((client) => client.wait(first.id));
  const load = new AbortController();
  const submitted: string[] = [];
  let predictions = 0;
  const client = async (number: number): Promise<void> => {
    for (let count = 0; !load.signal.aborted; count++) {
      const idempotencyKey = `rolling-${number}-${count}`;
      submitted.push((await ask((server) => server.submit(SMALL, { idempotencyKey }))).id);
      const answer = await ask((server) => server.predict("small", [[1], [2]]));
      if (answer.length === 2) predictions++;
      await delay(100);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  for (const index of nodes.keys()) {
    const old = nodes[index] as Node;
    // Started first, so that there are never fewer than two.
    const fresh = await cluster.start(old.role);
    nodes = nodes.with(index, fresh);
    expect(await old.stop()).toBe(0);
  }
  load.abort();
  await clients;
  expect(new Set(submitted).size).toBe(submitted.length);
  expect(predictions).toBe(submitted.length);
  for (const id of submitted) {
    const job = await until(async () => {
      const now = await ask((server) => server.job(id));
      return now.finished_at !== null && now;
    });
    expect(job.state).toBe("succeeded");
  }
  console.info(`${submitted.length} jobs and as many predictions while four processes were replaced`);
});
