/** What is lost when a process, or the database, is: nothing. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

const EPOCHS = LONG.epochs as number;
/** A worker's jobs must be going on elsewhere by then. */
const TAKE_OVER_MS = 30_000;

let cluster: Cluster;
let serve: [Node, Node];
let work: [Node, Node];
let sha256: string;

beforeAll(async () => {
  cluster = await createCluster();
  const [s1, s2, w1, w2] = await Promise.all((["serve", "serve", "work", "work"] as const).map((role) => cluster.start(role)));
  serve = [s1 as Node, s2 as Node];
  work = [w1 as Node, w2 as Node];
  sha256 = await undisturbed(serve[0], LONG);
}, 120_000);
afterAll(() => cluster.remove(), 60_000);

/** The worker of a name, and a new one in its place afterwards. */
const named = (name: string): Node => {
  const node = work.find((worker) => worker.name === name);
  if (!node) throw new Error(`${name} is no worker`);
  return node;
};
const replace = async (lost: Node): Promise<void> => {
  const fresh = await cluster.start(lost.role);
  if (lost.role === "work") work = work.map((node) => (node === lost ? fresh : node)) as [Node, Node];
  else serve = serve.map((node) => (node === lost ? fresh : node)) as [Node, Node];
};

describe("a cluster of two that serve and two that work", () => {
  it("goes on elsewhere with the job of a worker that was killed, to the same weights, within 30 s", async () => {
    const { id } = await serve[0].client.submit(LONG);
    const reading = readAcross([serve[1].url], id);
    const victim = named(await workerWithCheckpoint(serve[0], id));
    await victim.kill();
    const killedAt = Date.now();
    const resumed = await until(async () => {
      const { transitions } = await serve[0].client.job(id);
      return transitions.filter(({ state }) => state === "running")[1];
    });
    const resumedAt = Date.parse(resumed.at);
    expect(resumedAt - killedAt).toBeLessThan(TAKE_OVER_MS);
    console.info(`taken over ${((resumedAt - killedAt) / 1000).toFixed(1)} s after the kill`);
    const job = await serve[0].client.wait(id);
    expect(shaOf(job)).toBe(sha256);
    expect(job.transitions.find(({ reason }) => reason.includes("its worker was lost"))?.reason).toMatch(/from epoch/);
    expect(faultOf(await reading, EPOCHS)).toBeNull();
    await replace(victim);
  });

  it("loses no reader for good when a process that serves is killed: each goes on at the other, and sees each epoch once", async () => {
    const { id } = await serve[0].client.submit(LONG);
    const [first, second] = serve;
    const readers = Array.from({ length: 20 }, () => readAcross([first.url, second.url], id));
    await workerWithCheckpoint(second, id);
    await first.kill();
    const readings = await Promise.all(readers);
    expect(readings.map((reading) => faultOf(reading, EPOCHS))).toEqual(readings.map(() => null));
    expect(readings.every(({ connections }) => connections > 1)).toBe(true);
    expect(shaOf(await second.client.job(id))).toBe(sha256);
    await replace(first);
  });

  it("goes on when PostgreSQL has crashed and been away for 10 s, and has lost nothing", async () => {
    const queued = await serve[0].client.submit({ ...LONG, epochs: 500, name: "queued" });
    const { id } = await serve[0].client.submit(LONG);
    const reading = readAcross([serve[0].url, serve[1].url], id);
    await workerWithCheckpoint(serve[0], id);
    await cluster.postgres.stop("immediate");
    const readiness = await fetch(`${serve[0].url}/readyz`);
    expect(readiness.status).toBe(503);
    await delay(10_000);
    await cluster.postgres.start();
    await until(async () => (await fetch(`${serve[0].url}/readyz`)).ok);
    const job = await until(async () => {
      const now = await serve[1].client.job(id);
      return now.finished_at !== null && now;
    });
    expect(shaOf(job)).toBe(sha256);
    expect(faultOf(await reading, EPOCHS)).toBeNull();
    expect((await serve[0].client.wait(queued.id)).state).toBe("succeeded");
  });

  it("refuses what a worker writes that was stopped past its lease and comes back", async () => {
    const { id } = await serve[0].client.submit(LONG);
    const reading = readAcross([serve[1].url], id);
    const late = named(await workerWithCheckpoint(serve[0], id));
    signal(late, "SIGSTOP");
    await until(async () => (await serve[0].client.job(id)).attempt === 2);
    signal(late, "SIGCONT");
    const ended = await until(async () => late.logged.find((entry) => entry.job_id === id && entry.msg === "job ended"));
    expect(ended).toMatchObject({ attempt: 1, state: "lost" });
    const job = await serve[0].client.wait(id);
    expect([job.attempt, shaOf(job)]).toEqual([2, sha256]);
    expect(faultOf(await reading, EPOCHS)).toBeNull();
    const { data } = await serve[0].client.models({ name: "long" });
    expect(new Set(data.map((model) => model.job)).size).toBe(data.length);
  });

  it("gives a worker's jobs away when it is to drain, from their checkpoints", async () => {
    const { id } = await serve[0].client.submit(LONG);
    const leaving = named(await workerWithCheckpoint(serve[0], id));
    const listed = (await serve[0].client.workers()).find(({ name }) => name === leaving.name);
    expect(listed).toMatchObject({ role: "work", slots: 1, draining: false, jobs: [{ id, attempt: 1 }] });
    expect(await serve[1].client.drainWorker(listed?.id ?? "")).toMatchObject({ draining: true });
    const job = await serve[0].client.wait(id);
    expect([job.attempt, shaOf(job)]).toEqual([2, sha256]);
    const after = await serve[0].client.workers();
    expect(after.find(({ name }) => name === leaving.name)).toMatchObject({ draining: true, jobs: [] });
    expect(await leaving.stop()).toBe(0);
    await until(async () => (await serve[0].client.workers()).every(({ name }) => name !== leaving.name));
    await replace(leaving);
  });

  it("serves a moved alias at the other process within a second, and hears a cancel on a worker within two", async () => {
    const [here, there] = serve;
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
});
