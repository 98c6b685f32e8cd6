/**
 * What a cluster of two processes that serve and two that work bears: processes and connections that are lost, a database that is away, and the
 * replacement of every process. One test follows the other on the same processes, in an order that starts few anew.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, startLoad } from "./load.ts";
import {
  type Cluster,
  createCluster,
  faultOf,
  LONG,
  type Node,
  readAcross,
  shaOf,
  signal,
  undisturbed,
  until,
  workerWithCheckpoint,
} from "./nodes.ts";
import { openProxy, type TcpProxy } from "./proxy.ts";

const EPOCHS = LONG.epochs as number;
/** A worker's jobs must be going on elsewhere by then. */
const TAKE_OVER_MS = 30_000;
/** A second of them, about as long as the job trains. */
const CUTS = 12;

let cluster: Cluster;
/** Before the database of processes that are started late: it cuts their connections. */
let proxy: TcpProxy;
/** Two, until one is killed at the end. */
let serve: readonly Node[];
/** Two, one after a loss. */
let work: readonly Node[];
let sha256: string;

beforeAll(async () => {
  cluster = await createCluster();
  proxy = await openProxy(cluster.databaseUrl);
  const nodes = await Promise.all((["serve", "serve", "work", "work"] as const).map((role) => cluster.start(role)));
  serve = nodes.slice(0, 2);
  work = nodes.slice(2);
  sha256 = await undisturbed(serving(0), LONG);
}, 240_000);
afterAll(async () => {
  await cluster.remove();
  await proxy.close();
}, 60_000);

const serving = (index: number): Node => serve[index] as Node;

/** The worker of a name. */
const named = (name: string): Node => {
  const node = work.find((worker) => worker.name === name);
  if (!node) throw new Error(`${name} is no worker`);
  return node;
};
/** A process that reaches the database by way of the proxy. */
const startBehindProxy = (role: Node["role"]): Promise<Node> => cluster.start(role, { TRAINYARD_DATABASE_URL: proxy.url });

describe("a cluster of two that serve and two that work", () => {
  it("serves a moved alias at the other process within a second, and hears a cancel on a worker within two", async () => {
    const [here, there] = [serving(0), serving(1)];
    const short = { ...LONG, name: "aliased", epochs: 50 };
    const ids = [await here.client.submit(short), await here.client.submit(short)].map(({ id }) => id);
    for (const id of ids) await here.client.wait(id);
    const versionThere = async () => (await there.client.model("aliased@live")).version;
    await here.client.setAlias("aliased", "live", 1);
    await until(async () => (await versionThere()) === 1, 10);
    await here.client.setAlias("aliased", "live", 2);
    const movedAt = performance.now();
    await until(async () => (await versionThere()) === 2, 10);
    expect(performance.now() - movedAt).toBeLessThan(1000);

    const { id } = await here.client.submit({ ...LONG, epochs: 100_000_000 });
    await until(async () => (await here.client.job(id)).epochs_done > 0);
    const cancelledAt = performance.now();
    await there.client.cancel(id);
    expect((await there.client.wait(id)).state).toBe("cancelled");
    expect(performance.now() - cancelledAt).toBeLessThan(2000);
  });

  it("goes on when PostgreSQL has crashed and been away for 10 s, and has lost nothing", async () => {
    const queued = await serving(0).client.submit({ ...LONG, epochs: 500, name: "queued" });
    const { id } = await serving(0).client.submit(LONG);
    const reading = readAcross([serving(0).url, serving(1).url], id);
    await workerWithCheckpoint(serving(0), id);
    await cluster.postgres.stop("immediate");
    const readiness = await fetch(`${serving(0).url}/readyz`);
    expect(readiness.status).toBe(503);
    await delay(10_000);
    await cluster.postgres.start();
    await until(async () => (await fetch(`${serving(0).url}/readyz`)).ok);
    const job = await until(async () => {
      const now = await serving(1).client.job(id);
      return now.finished_at !== null && now;
    });
    expect(shaOf(job)).toBe(sha256);
    expect(faultOf(await reading, EPOCHS)).toBeNull();
    expect((await serving(0).client.wait(queued.id)).state).toBe("succeeded");
  });

  it("refuses what a worker writes that was stopped past its lease and comes back", async () => {
    const { id } = await serving(0).client.submit(LONG);
    const reading = readAcross([serving(1).url], id);
    const late = named(await workerWithCheckpoint(serving(0), id));
    signal(late, "SIGSTOP");
    await until(async () => (await serving(0).client.job(id)).attempt === 2);
    signal(late, "SIGCONT");
    const ended = await until(async () => late.logged.find((entry) => entry.job_id === id && entry.msg === "job ended"));
    expect(ended).toMatchObject({ attempt: 1, state: "lost" });
    const job = await serving(0).client.wait(id);
    expect([job.attempt, shaOf(job)]).toEqual([2, sha256]);
    expect(faultOf(await reading, EPOCHS)).toBeNull();
    const { data } = await serving(0).client.models({ name: "long" });
    expect(new Set(data.map((model) => model.job)).size).toBe(data.length);
  });

  it("gives a worker's jobs away when it is to drain, from their checkpoints", async () => {
    const { id } = await serving(0).client.submit(LONG);
    const leaving = named(await workerWithCheckpoint(serving(0), id));
    const listed = (await serving(0).client.workers()).find(({ name }) => name === leaving.name);
    expect(listed).toMatchObject({ role: "work", slots: 1, draining: false, jobs: [{ id, attempt: 1 }] });
    expect(await serving(1).client.drainWorker(listed?.id ?? "")).toMatchObject({ draining: true });
    const job = await serving(0).client.wait(id);
    expect([job.attempt, shaOf(job)]).toEqual([2, sha256]);
    const after = await serving(0).client.workers();
    expect(after.find(({ name }) => name === leaving.name)).toMatchObject({ draining: true, jobs: [] });
    expect(await leaving.stop()).toBe(0);
    await until(async () => (await serving(0).client.workers()).every(({ name }) => name !== leaving.name));
    work = work.filter((node) => node !== leaving);
  });

  it("fails no request and no job while all processes are replaced", async () => {
    const load = await startLoad(() => serve);
    const replaced = async (old: Node, list: (fresh: Node) => void): Promise<void> => {
      // Started first, so that there is never one fewer.
      list(await startBehindProxy(old.role));
      expect(await old.stop()).toBe(0);
    };
    for (const old of serve)
      await replaced(old, (fresh) => {
        serve = serve.map((node) => (node === old ? fresh : node));
      });
    for (const old of work)
      await replaced(old, (fresh) => {
        work = work.map((node) => (node === old ? fresh : node));
      });
    const { submitted, predictions } = await load.stop();
    expect(new Set(submitted).size).toBe(submitted.length);
    expect(predictions).toBe(submitted.length);
    for (const id of submitted) {
      const job = await until(async () => {
        const now = await ask(
          () => serve,
          (client) => client.job(id),
        );
        return now.finished_at !== null && now;
      });
      expect(job.state).toBe("succeeded");
    }
    console.info(`${submitted.length} jobs and as many predictions while three processes were replaced`);
  });

  it("loses no epoch, and stores none twice, when connections are cut in the middle of commits", async () => {
    const { id } = await serving(0).client.submit(LONG);
    const reading = readAcross([serving(0).url], id);
    await until(async () => (await serving(0).client.job(id)).epochs_done > 0);
    let cut = 0;
    for (let round = 0; round < CUTS; round++) {
      cut += proxy.cut();
      // At no regular distance from what the worker writes ten times a second.
      await delay(70 + ((round * 37) % 90));
    }
    expect(cut).toBeGreaterThan(CUTS);
    const job = await until(async () => {
      const now = await serving(0).client.job(id);
      return now.finished_at !== null && now;
    });
    expect(shaOf(job)).toBe(sha256);
    expect(faultOf(await reading, EPOCHS)).toBeNull();
  });

  it("goes on elsewhere with the job of a worker that was killed, to the same weights, within 30 s", async () => {
    work = [...work, await cluster.start("work")];
    const { id } = await serving(0).client.submit(LONG);
    const reading = readAcross([serving(1).url], id);
    const victim = named(await workerWithCheckpoint(serving(0), id));
    await victim.kill();
    const killedAt = Date.now();
    const resumed = await until(async () => {
      const { transitions } = await serving(0).client.job(id);
      return transitions.filter(({ state }) => state === "running")[1];
    });
    const resumedAt = Date.parse(resumed.at);
    expect(resumedAt - killedAt).toBeLessThan(TAKE_OVER_MS);
    console.info(`taken over ${((resumedAt - killedAt) / 1000).toFixed(1)} s after the kill`);
    const job = await serving(0).client.wait(id);
    expect(shaOf(job)).toBe(sha256);
    expect(job.transitions.find(({ reason }) => reason.includes("its worker was lost"))?.reason).toMatch(/from epoch/);
    expect(faultOf(await reading, EPOCHS)).toBeNull();
    work = work.filter((node) => node !== victim);
  });

  it("loses no reader for good when a process that serves is killed: each goes on at the other, and sees each epoch once", async () => {
    const { id } = await serving(0).client.submit(LONG);
    const [first, second] = [serving(0), serving(1)];
    const readers = Array.from({ length: 20 }, () => readAcross([first.url, second.url], id));
    await workerWithCheckpoint(second, id);
    await first.kill();
    const readings = await Promise.all(readers);
    expect(readings.map((reading) => faultOf(reading, EPOCHS))).toEqual(readings.map(() => null));
    expect(readings.every(({ connections }) => connections > 1)).toBe(true);
    expect(shaOf(await second.client.job(id))).toBe(sha256);
  });
});
