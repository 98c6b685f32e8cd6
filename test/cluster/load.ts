/** Clients of a cluster that submit small jobs and ask for predictions, whatever happens to the processes meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client, JobSpec } from "../../src/client/index.ts";
import { ApiError, UnreachableError } from "../../src/client/index.ts";
import type { Node } from "./nodes.ts";

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

/** A request, as a client behind a load balancer makes it: at the next server when one does not answer, or is not ready. */
export async function ask<T>(serving: () => readonly Node[], request: (client: Client) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const nodes = serving();
    const node = nodes[tries % nodes.length] as Node;
    try {
      return await request(node.client);
    } catch (error) {
      const isPassing = error instanceof UnreachableError || (error instanceof ApiError && error.problem.status === 503);
      if (!isPassing || tries === TRIES) throw error;
      await delay(50);
    }
  }
}

export interface Load {
  /** Ends it when all that was asked has been answered. Returns the ids of the jobs, and how many predictions came. */
  stop(): Promise<{ submitted: readonly string[]; predictions: number }>;
}

/** Starts the clients, once there is a model to ask. `serving`: the processes that serve now. */
export async function startLoad(serving: () => readonly Node[]): Promise<Load> {
  const first = await ask(serving, (client) => client.submit(SMALL));
  await ask(serving, (client) => client.wait(first.id));
  const load = new AbortController();
  const submitted: string[] = [];
  let predictions = 0;
  const client = async (number: number): Promise<void> => {
    for (let count = 0; !load.signal.aborted; count++) {
      const idempotencyKey = `rolling-${number}-${count}`;
      submitted.push((await ask(serving, (server) => server.submit(SMALL, { idempotencyKey }))).id);
      const answer = await ask(serving, (server) => server.predict("small", [[1], [2]]));
      if (answer.length === 2) predictions++;
      await delay(100);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  // Whoever stops it hears of what went wrong.
  clients.catch(() => undefined);
  return {
    async stop() {
      load.abort();
      await clients;
      return { submitted, predictions };
    },
  };
}
