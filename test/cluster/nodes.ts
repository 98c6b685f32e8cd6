/** A cluster of real processes on a PostgreSQL of its own: started, killed, stopped in their tracks, and replaced. */
import { setTimeout as delay } from "node:timers/promises";
import type { Job, JobSpec } from "../../src/client/answers.ts";
import { type PostgresServer, startPostgres } from "../contract/databases/postgres-server.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { epochsOf, type ReceivedFrame, range, readSocket } from "../http/streaming/readers.ts";

export interface Node extends LiveServer {
  readonly role: "serve" | "work";
  readonly name: string;
  /** Ends it without a word. */
  kill(): Promise<void>;
}

export interface Cluster {
  readonly postgres: PostgresServer;
  readonly databaseUrl: string;
  start(role: Node["role"], settings?: Record<string, string>): Promise<Node>;
  /** Ends every process that is left, and PostgreSQL. */
  remove(): Promise<void>;
}

/** A PostgreSQL, and no process yet. */
export async function createCluster(): Promise<Cluster> {
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase("trainyard");
  const dataDir = await createDataDir();
  const nodes: Node[] = [];
  let started = 0;
  return {
    postgres,
    databaseUrl,
    async start(role, settings = {}) {
      // Several may be starting at once.
      const name = `${role}-${++started}`;
      const server = await startLiveServer(`${dataDir.path}/${name}`, {
        TRAINYARD_DATABASE_URL: databaseUrl,
        TRAINYARD_ROLE: role,
        TRAINYARD_NODE_NAME: name,
        TRAINYARD_WORKERS: "1",
        TRAINYARD_LOG_LEVEL: "info",
        ...settings,
      });
      const kill = async () => {
        server.process.kill("SIGKILL");
        await server.ended;
      };
      const node: Node = { ...server, role, name, kill };
      nodes.push(node);
      return node;
    },
    async remove() {
      for (const { process: child } of nodes) child.kill("SIGKILL");
      await Promise.all(nodes.map(({ ended }) => ended));
      await postgres.remove();
      await dataDir.remove();
    },
  };
}

/**
 * A job that trains for a second or two, and writes a checkpoint after each sixteenth of it: by epochs, so that on any machine most of it is still
 * to be done once the first is there. It does not wait until one is stored, as it would with 0 seconds.
 */
export const LONG: JobSpec = {
  name: "long",
  data: { generator: { type: "moons", samples: 400, noise: 0.2, seed: 3 } },
  model: {
    layers: [
      { type: "linear", units: 32 },
      { type: "relu" },
      { type: "linear", units: 32 },
      { type: "relu" },
      { type: "linear" },
    ],
  },
  optimizer: { type: "adam", lr: 0.001 },
  batch_size: 20,
  epochs: 8000,
  checkpoint: { every_epochs: 500, min_seconds: 0.01 },
};

/** Asks again until the answer is what is waited for. */
export async function until<T>(ask: () => Promise<T | null | undefined | false>, everyMs = 50): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => null);
    if (answer) return answer;
    await delay(everyMs);
  }
}

/** The process that trains a job, by its name, once it has stored a checkpoint. */
export async function workerWithCheckpoint({ client }: Node, jobId: string): Promise<string> {
  for (;;) {
    const { state } = await client.job(jobId);
    if (state !== "queued" && state !== "running") throw new Error(`the job was ${state} before anything happened to it`);
    const { data } = await client.checkpoints(jobId);
    const worker = (await client.workers()).find(({ jobs }) => jobs.some(({ id }) => id === jobId));
    if (data.length > 0 && worker) return worker.name;
    await delay(50);
  }
}

/** What a reader saw of a job, whatever happened to the processes that it read from. */
export interface Reading {
  readonly frames: readonly ReceivedFrame[];
  readonly connections: number;
}

/** Reads a job to its end, from one process after the other, each time from where it was. */
export async function readAcross(urls: readonly string[], jobId: string): Promise<Reading> {
  const frames: ReceivedFrame[] = [];
  for (let connections = 1; ; connections++) {
    const url = urls[(connections - 1) % urls.length] as string;
    const reader = readSocket(url, jobId, frames.findLast(({ type }) => type !== "end")?.seq ?? 0);
    await reader.closed.catch(() => undefined);
    frames.push(...reader.frames.filter(({ type }) => type !== "end"));
    const end = reader.frames.at(-1);
    if (end?.type === "end" && ["succeeded", "failed", "cancelled"].includes(end.state ?? "")) return { frames, connections };
    await delay(50);
  }
}

/** Every epoch once and in order, and every event likewise: null, or what is wrong. */
export function faultOf({ frames }: Reading, epochs: number): string | null {
  const seqs = frames.map(({ seq }) => seq);
  if (seqs.join() !== range(1, seqs.length).join()) return `the events are ${seqs.slice(0, 50).join(" ")}`;
  const seen = epochsOf(frames);
  if (seen.length !== epochs) return `${seen.length} epochs instead of ${epochs}`;
  return seen.every((epoch, index) => epoch === index + 1) ? null : "the epochs are not in order";
}

/** The weights of a job that nothing happened to. */
export async function undisturbed({ client }: Node, spec: JobSpec): Promise<string> {
  const job = await client.wait((await client.submit({ ...spec, name: "undisturbed" })).id);
  return shaOf(job);
}

export function shaOf({ model, state, error }: Job): string {
  if (!model) throw new Error(`the job is ${state}: ${JSON.stringify(error)}`);
  return model.sha256;
}

/** Stops a process in its tracks, or lets it go on. */
export function signal({ process: child }: Node, name: "SIGSTOP" | "SIGCONT"): void {
  child.kill(name);
}
