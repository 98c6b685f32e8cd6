/**
 * `npm run bench:cluster`: how many processes on one PostgreSQL bear up. How fast jobs are submitted, listed, claimed and
 * finished while 0, 5,000 and 10,000 wait; jobs a second with one and with two processes that work; a thousand readers of one
 * job over two that serve. PostgreSQL, all processes and the load share the machine's cores.
 */
import { availableParallelism } from "node:os";
import { WebSocket } from "ws";
import { openPostgresBus } from "../../src/bus/postgres.ts";
import type { JobSpec } from "../../src/client/answers.ts";
import { DEFAULT_PROJECT } from "../../src/domain/access/project.ts";
import { createId } from "../../src/domain/id.ts";
import type { Job } from "../../src/domain/jobs/job.ts";
import { openPgBossQueue, type PgBossQueue } from "../../src/queue/pgboss.ts";
import { openPostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { type Cluster, createCluster, type Node } from "../cluster/nodes.ts";
import { aNewJob, aSuccess } from "../contract/fixtures.ts";

const DEPTHS = [0, 5000, 10_000];
const SAMPLES = 200;
const TINY_JOBS = 300;
const READERS = 1000;

const TINY: JobSpec = {
  name: "tiny",
  data: { generator: { type: "linear", samples: 20 } },
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "sgd", lr: 0.01 },
  epochs: 10,
};
const WATCHED: JobSpec = {
  name: "watched",
  data: { generator: { type: "moons", samples: 400 } },
  model: { layers: [{ type: "linear", units: 32 }, { type: "relu" }, { type: "linear" }] },
  batch_size: 20,
  epochs: 12_000,
};

console.log(`${availableParallelism()} cores, shared by PostgreSQL, the processes and the load; Node ${process.version}`);
const cluster = await createCluster();
try {
  await measureDepths(cluster);
  const serve = [await cluster.start("serve"), await cluster.start("serve")] as const;
  const first = await cluster.start("work");
  await measureTinyJobs(serve[0], 1);
  const second = await cluster.start("work");
  await measureTinyJobs(serve[0], 2);
  await second.stop();
  await measureReaders(serve);
  for (const node of [...serve, first]) await node.stop();
} finally {
  await cluster.remove();
}

/** Operations a second on a queue of each length. */
async function measureDepths({ postgres }: Cluster): Promise<void> {
  const url = await postgres.createDatabase("depths");
  let queue: PgBossQueue | null = null;
  const { store, runSql } = await openPostgresStore({
    url,
    size: 8,
    statementTimeoutMs: 30_000,
    connectTimeoutMs: 5000,
    probeMs: 1000,
    retryMs: 5000,
    runRetryMs: 5000,
    onQueued: async (...entry) => queue?.dispatch(...entry),
  });
  const bus = await openPostgresBus({ url, runSql, recentJobs: async () => [], onError: console.error });
  queue = await openPgBossQueue({
    url,
    store,
    runSql,
    signals: bus,
    statementTimeoutMs: 30_000,
    workerId: createId("worker"),
    leaseSeconds: 60,
    maxLeaseSeconds: 3600,
    onAbandoned: () => Promise.resolve(),
    onError: console.error,
  });
  const waiting = queue;
  const project = store.ofProject(DEFAULT_PROJECT);
  let depth = 0;
  const submit = async (count: number) => {
    for (let left = count; left > 0; left -= 8) {
      await Promise.all(Array.from({ length: Math.min(8, left) }, () => store.jobs.insert(aNewJob())));
    }
  };
  const rate = async (count: number, task: (index: number) => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    for (let index = 0; index < count; index++) await task(index);
    return Math.round((count / (performance.now() - startedAt)) * 1000);
  };
  console.log("\nqueued   submit/s  list/s  position/s  claim/s  finish/s   (one at a time)");
  for (const wanted of DEPTHS) {
    await submit(wanted - depth);
    const newest = { id: "" };
    const submits = await rate(SAMPLES, async () => {
      newest.id = (await store.jobs.insert(aNewJob())).id;
    });
    const lists = await rate(SAMPLES, () => project.jobs.list({ state: "queued" }, { limit: 50 }));
    const positions = await rate(SAMPLES / 4, () => waiting.position(newest.id));
    const jobs: Job[] = [];
    const claims = await rate(SAMPLES, async () => jobs.push((await waiting.claim()) as Job));
    const finishes = await rate(SAMPLES, async (index) => {
      const job = jobs[index] as Job;
      await store.jobs.finish(job.id, job.attempt, Date.now(), "done", aSuccess(job.id));
      await waiting.hold(job).release(true);
    });
    depth = wanted;
    const cells = [wanted, submits, lists, positions, claims, finishes].map((cell) => String(cell).padStart(9));
    console.log(cells.join(""));
  }
  await waiting.close();
  await bus.close();
  await store.close();
}

/** From the first submission to the end of the last job, all of them succeeded. */
async function measureTinyJobs({ client }: Node, workers: number): Promise<void> {
  const startedAt = performance.now();
  const ids: string[] = [];
  for (let count = 0; count < TINY_JOBS; count += 10) {
    const jobs = await Promise.all(Array.from({ length: 10 }, () => client.submit(TINY)));
    ids.push(...jobs.map(({ id }) => id));
  }
  const submitted = performance.now();
  let done = 0;
  for (const id of ids) done += (await client.wait(id)).state === "succeeded" ? 1 : 0;
  const perSecond = (TINY_JOBS / (performance.now() - startedAt)) * 1000;
  const submits = (TINY_JOBS / (submitted - startedAt)) * 1000;
  console.log(
    `\n${workers} that work: ${perSecond.toFixed(1)} jobs/s (${done} of ${TINY_JOBS} succeeded), ${submits.toFixed(0)} submissions/s over HTTP meanwhile`,
  );
}

/** Whether each of many readers on two processes sees each epoch once, and how far they are behind the first to see it. */
async function measureReaders(serve: readonly [Node, Node]): Promise<void> {
  const { id } = await serve[0].client.submit({ ...WATCHED, epochs: 1 });
  await serve[0].client.wait(id);
  const job = await serve[0].client.submit(WATCHED);
  const firstSeen = new Map<number, number>();
  const lags: number[] = [];
  let faults = 0;
  const read = (index: number) =>
    new Promise<void>((resolve) => {
      const url = (serve[index % 2] as Node).url.replace("http", "ws");
      const socket = new WebSocket(`${url}/v1/jobs/${job.id}/stream`);
      let epoch = 0;
      socket.on("message", (data) => {
        const now = performance.now();
        const frame = JSON.parse(String(data)) as { type: string; seq: number; from?: number; to?: number };
        if (frame.type === "metrics") {
          if (frame.from !== epoch + 1) faults++;
          epoch = frame.to ?? epoch;
          const first = firstSeen.get(frame.seq);
          if (first === undefined) firstSeen.set(frame.seq, now);
          else lags.push(now - first);
        }
        if (frame.type === "end") {
          if (epoch !== WATCHED.epochs) faults++;
          resolve();
        }
      });
      socket.on("error", () => {
        faults++;
        resolve();
      });
    });
  await Promise.all(Array.from({ length: READERS }, (_, index) => read(index)));
  lags.sort((a, b) => a - b);
  const at = (share: number) => (lags[Math.floor(lags.length * share)] ?? 0).toFixed(0);
  console.log(
    `\n${READERS} readers over two that serve: ${firstSeen.size} slices each, ${faults} faults; behind the first reader by ${at(0.5)} ms (p50), ${at(0.99)} ms (p99)`,
  );
}
