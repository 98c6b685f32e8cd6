import { describe, expect, it, onTestFinished } from "vitest";
import { createId } from "../../src/domain/id.ts";
import type { Job } from "../../src/domain/jobs/job.ts";
import { priorityOf } from "../../src/queue/messages.ts";
import type { PgBossQueueOptions } from "../../src/queue/pgboss.ts";
import { migratedDatabase, openQueueOnPostgres } from "../contract/databases/postgres.ts";
import { aChunk, aNewJob, aSuccess } from "../contract/fixtures.ts";
import { queueContract } from "../contract/queue.ts";

queueContract("the queue of pg-boss", async () => openQueueOnPostgres(await migratedDatabase()));

async function open(options: Partial<PgBossQueueOptions> = {}, url?: string) {
  const opened = await openQueueOnPostgres(url ?? (await migratedDatabase()), options);
  onTestFinished(opened.close);
  return opened;
}

const MB = 1e6;

describe("the queue of pg-boss", () => {
  it("queues a job and its message together, or neither", async () => {
    const { store, runSql } = await open();
    const job = aNewJob();
    await store.jobs.insert(job);
    await expect(store.jobs.insert(job)).rejects.toThrow();
    const [row] = await runSql("select count(*) as count from pgboss.job where name = 'train'");
    expect(row?.count).toBe(1);
  });

  it("gives the jobs of one queue to two processes, each once", async () => {
    const url = await migratedDatabase();
    const [one, two] = [await open({}, url), await open({}, url)];
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await one.store.jobs.insert(aNewJob())).id));
    const claimed: string[] = [];
    const drain = async ({ queue }: typeof one) => {
      for (let job = await queue.claim(); job; job = await queue.claim()) claimed.push(job.id);
    };
    await Promise.all([drain(one), drain(two)]);
    expect(claimed.toSorted()).toEqual(ids.toSorted());
  });

  it("passes over a job that was cancelled while it waited", async () => {
    const { store, queue } = await open();
    const { id } = await store.jobs.insert(aNewJob());
    const next = await store.jobs.insert(aNewJob());
    await store.jobs.transition(id, { from: ["queued"], to: { state: "cancelled", at: 1, reason: "a test" } });
    expect((await queue.claim())?.id).toBe(next.id);
    expect(await queue.claim()).toBeNull();
  });

  it("queues a job again that comes back, and waits where it has to", async () => {
    const { store, queue } = await open();
    const { id } = await store.jobs.insert(aNewJob());
    const job = (await queue.claim()) as Job;
    const to = { state: "queued", at: Date.now(), reason: "a test" } as const;
    await store.jobs.transition(id, { from: ["running"], to, notBefore: Date.now() + 3_600_000 });
    await queue.hold(job).release(true);
    expect(await queue.claim()).toBeNull();
    await store.jobs.transition(id, { from: ["queued"], to: { state: "paused", at: 1, reason: "a test" } });
    await store.jobs.transition(id, { from: ["paused"], to, anew: true });
    expect(await queue.claim()).toMatchObject({ id, attempt: 2 });
  });

  const ROOM = { freeBytes: 50 * MB, totalBytes: 100 * MB };

  it("takes what fits the room, and leaves what another process may take", async () => {
    const { store, queue } = await open();
    const ids = [];
    for (const size of [80, 200, 10]) ids.push((await store.jobs.insert({ ...aNewJob(), memoryBytes: size * MB })).id);
    expect((await queue.claim(ROOM))?.id).toBe(ids[2]);
    expect(await queue.claim(ROOM)).toBeNull();
  });

  it("makes room for a job that has waited long, whatever smaller ones come", async () => {
    const { store, queue } = await open();
    const old = await store.jobs.insert({ ...aNewJob(), memoryBytes: 90 * MB, createdAt: Date.now() - 3_600_000 });
    await store.jobs.insert({ ...aNewJob(), memoryBytes: 10 * MB });
    expect(await queue.claim(ROOM)).toBeNull();
    expect(await queue.claim(ROOM)).toBeNull();
    expect((await queue.claim({ freeBytes: 100 * MB, totalBytes: 100 * MB }))?.id).toBe(old.id);
  });

  it("orders by priority, where a step is worth a minute of waiting, and a job that comes back goes first in its second", () => {
    const now = Date.now();
    const key = (priority: number, waitedMs: number) => now - waitedMs - priority * 60_000;
    expect(priorityOf(key(1, 0), 0)).toBeGreaterThan(priorityOf(key(0, 50_000), 0));
    expect(priorityOf(key(1, 0), 0)).toBeLessThan(priorityOf(key(0, 70_000), 0));
    expect(priorityOf(key(0, 0), 3)).toBe(priorityOf(key(0, 0), 0) + 1);
    expect(Math.abs(priorityOf(key(100, 0), 0))).toBeLessThan(2 ** 31);
  });

  it("hands a job whose lease has lapsed to whoever looks next, and refuses what the first holder writes then", async () => {
    const url = await migratedDatabase();
    const abandoned: string[] = [];
    const dead = await open({}, url);
    const { id } = await dead.store.jobs.insert(aNewJob());
    const job = (await dead.queue.claim()) as Job;
    await dead.store.metrics.append(id, 1, aChunk(1, 5));
    const lost = new Promise<void>((resolve) => dead.queue.hold(job).lost.addEventListener("abort", () => resolve()));
    const heir = await open(
      {
        onAbandoned: async (left) => {
          abandoned.push(left.id);
          const to = { state: "queued", at: Date.now(), reason: "its worker was lost" } as const;
          await heir.store.jobs.transition(left.id, { from: ["running"], to, attempt: left.attempt });
        },
      },
      url,
    );
    // As the queue's monitor does when nobody keeps the lease up.
    await heir.runSql("update pgboss.job set state = 'retry', retry_count = retry_count + 1 where name = 'train'");
    expect(await heir.queue.claim()).toMatchObject({ id, attempt: 2, epochsDone: 5 });
    expect(abandoned).toEqual([id]);
    await lost;
    expect(await dead.store.metrics.append(id, 1, aChunk(6, 9))).toBeNull();
    expect(await dead.store.jobs.finish(id, 1, 5, "late", aSuccess(id))).toBeNull();
    expect(await heir.store.metrics.append(id, 2, aChunk(6, 9))).not.toBeNull();
    await dead.queue.hold(job).release(true);
    expect(await heir.store.jobs.get(id)).toMatchObject({ state: "running", attempt: 2 });
  });

  it("does not take a job for abandoned that runs under another message", async () => {
    const { store, queue, runSql } = await open({ onAbandoned: () => Promise.reject(new Error("it is not")) });
    const { id } = await store.jobs.insert(aNewJob());
    await runSql(
      `insert into pgboss.job (name, data, singleton_key) select name, data, singleton_key from pgboss.job where name = 'train'`,
    );
    expect((await queue.claim())?.id).toBe(id);
    expect(await queue.claim()).toBeNull();
    expect(await store.jobs.get(id)).toMatchObject({ state: "running", attempt: 1 });
  });

  it("leaves a job to others whose end could not be stored, and asks for it back before the longest lease is over", async () => {
    const { store, queue, runSql } = await open({ maxLeaseSeconds: 1 });
    await store.jobs.insert(aNewJob());
    const job = (await queue.claim()) as Job;
    const hold = queue.hold(job);
    await new Promise<void>((resolve) => hold.expiring.addEventListener("abort", () => resolve()));
    await hold.release(false);
    const [row] = await runSql("select state::text as state from pgboss.job where name = 'train'");
    expect(row?.state).toBe("active");
  });

  it("gives each project its turn, and no more than it may have under way, whichever process asks", async () => {
    const url = await migratedDatabase();
    const [one, two] = [await open({ runningJobs: 2 }, url), await open({ runningJobs: 2 }, url)];
    const insert = async (project: string, count: number) => {
      for (let index = 0; index < count; index++) await one.store.ofProject(project).jobs.insert(aNewJob());
    };
    await insert("many", 5);
    await insert("few", 1);
    const claimed = [];
    for (const { queue } of [one, two, one, two, one]) claimed.push((await queue.claim())?.project ?? null);
    expect(claimed.filter((project) => project === "few")).toHaveLength(1);
    expect(claimed.slice(0, 2).toSorted()).toEqual(["few", "many"]);
    expect(claimed.filter((project) => project === "many")).toHaveLength(2);
    expect(claimed.slice(3)).toEqual([null, null]);
  });

  it("finds the jobs of lost workers even where their project may have no more under way", async () => {
    const url = await migratedDatabase();
    const dead = await open({ runningJobs: 1 }, url);
    const { id } = await dead.store.jobs.insert(aNewJob());
    await dead.store.jobs.insert(aNewJob());
    await dead.queue.claim();
    const heir = await open(
      {
        runningJobs: 1,
        onAbandoned: async (left) => {
          const to = { state: "queued", at: Date.now(), reason: "its worker was lost" } as const;
          await heir.store.jobs.transition(left.id, { from: ["running"], to, attempt: left.attempt });
        },
      },
      url,
    );
    expect(await heir.queue.reclaimLost()).toBe(0);
    await heir.runSql("update pgboss.job set state = 'retry', retry_count = retry_count + 1 where state = 'active'");
    expect(await heir.queue.reclaimLost()).toBe(1);
    expect((await heir.queue.claim())?.id).toBe(id);
  });

  it("gives a queued job a message that has none", async () => {
    const { store, queue, runSql } = await open();
    const { id } = await store.jobs.insert({ ...aNewJob(), createdAt: Date.now() - 60_000 });
    await runSql("delete from pgboss.job where name = 'train'");
    expect(await queue.claim()).toBeNull();
    expect(await queue.reconcile()).toBe(1);
    expect(await queue.reconcile()).toBe(0);
    expect((await queue.claim())?.id).toBe(id);
  });

  it("wakes another process when there is work", async () => {
    const url = await migratedDatabase();
    const here = await open({ pollMs: 3_600_000 }, url);
    const there = await open({ pollMs: 3_600_000, workerId: createId("worker") }, url);
    const woken = new Promise<void>((resolve) => there.queue.onWork(resolve));
    await here.queue.enqueue((await here.store.jobs.insert(aNewJob())).id);
    await woken;
  });
});
