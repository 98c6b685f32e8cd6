import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer } from "node:net";
import { Kysely, PostgresDialect } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createId } from "../../../src/domain/id.ts";
import { MIGRATION_NAMES } from "../../../src/storage/migrations.ts";
import { checkpointContract } from "../../contract/checkpoints.ts";
import { freshDatabase, migratedDatabase, openEmptyPostgres, openOnPostgres } from "../../contract/databases/postgres.ts";
import { findContract } from "../../contract/find.ts";
import { aChunk, aNewJob, aSuccess } from "../../contract/fixtures.ts";
import { forgetContract } from "../../contract/forgets.ts";
import { keyContract } from "../../contract/keys.ts";
import { queueOrderContract } from "../../contract/line.ts";
import { monitorContract } from "../../contract/monitors.ts";
import { outboxContract } from "../../contract/outbox.ts";
import { aNewDataset, projectContract } from "../../contract/projects.ts";
import { scheduleContract } from "../../contract/schedules.ts";
import { sharesContract } from "../../contract/shares.ts";
import { storeContract } from "../../contract/store.ts";
import { sweepContract } from "../../contract/sweeps.ts";
import { trackingContract } from "../../contract/tracking.ts";

storeContract("PostgreSQL", openEmptyPostgres);
findContract("PostgreSQL", openEmptyPostgres);
checkpointContract("PostgreSQL", openEmptyPostgres);
monitorContract("PostgreSQL", openEmptyPostgres);
sweepContract("PostgreSQL", openEmptyPostgres);
forgetContract("PostgreSQL", openEmptyPostgres);
scheduleContract("PostgreSQL", openEmptyPostgres);
keyContract("PostgreSQL", openEmptyPostgres);
queueOrderContract("PostgreSQL", openEmptyPostgres);
sharesContract("PostgreSQL", openEmptyPostgres);
projectContract("PostgreSQL", openEmptyPostgres);
trackingContract("PostgreSQL", openEmptyPostgres);
outboxContract("PostgreSQL", openEmptyPostgres);

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Ends every connection of a database but the one that asks. */
const cutAll = (admin: pg.Client) =>
  admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );

describe("opening a store on PostgreSQL", () => {
  it("brings an empty database to the newest schema once, however many processes start at once", async () => {
    const url = await freshDatabase();
    const opened = await Promise.all(Array.from({ length: 5 }, () => openOnPostgres(url, { size: 2 })));
    const admin = await connect(url);
    const { rows } = await admin.query("select name from kysely_migration order by name");
    expect(rows.map(({ name }) => name)).toEqual(MIGRATION_NAMES);
    const { id } = await (opened[0] as (typeof opened)[number]).store.jobs.insert(aNewJob());
    for (const { store } of opened) expect((await store.jobs.get(id))?.state).toBe("queued");
  });

  it("goes on where a first start ended between the migrator's tables and the migrations", async () => {
    const url = await freshDatabase();
    const db = new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) }) });
    await new Migrator({ db, provider: { getMigrations: () => Promise.resolve({}) } }).migrateToLatest();
    await db.destroy();
    const { store } = await openOnPostgres(url);
    expect((await store.jobs.insert(aNewJob())).id).toMatch(/^job_/);
  });

  it("refuses the database of a newer version, of another program, and one that does not answer, in one line without its password", async () => {
    const url = await freshDatabase();
    await (await openOnPostgres(url)).store.close();
    const admin = await connect(url);
    await admin.query("insert into kysely_migration values ('9999-future', 'now')");
    await expect(openOnPostgres(url)).rejects.toThrow(
      /^the database postgres:\/\/[^:]+:\d+\/\w+ cannot be used: a newer Trainyard/,
    );
    const other = await freshDatabase();
    await (await connect(other)).query("create table shop (id int)");
    await expect(openOnPostgres(other)).rejects.toThrow(/it is not a Trainyard database/);
    const nobody = "postgres://trainyard:secret@127.0.0.1:1/trainyard";
    const refused = await openOnPostgres(nobody).catch((error: Error) => error);
    expect(refused).toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/127\.0\.0\.1:1\/trainyard cannot be used: .*ECONNREFUSED/),
    });
    expect((refused as Error).message).not.toContain("secret");
  });

  it("waits for a database that is not there yet, says for what, and no longer than it may", async () => {
    const there = new URL(await freshDatabase());
    const gate = createServer((socket) => {
      const inner = connectSocket(Number(there.port), there.hostname);
      for (const each of [socket, inner]) each.on("error", () => undefined);
      socket.pipe(inner).pipe(socket);
    });
    gate.listen(0, "127.0.0.1");
    await once(gate, "listening");
    const { port } = gate.address() as AddressInfo;
    await new Promise((resolve) => gate.close(resolve));
    const url = new URL(there);
    [url.hostname, url.port] = ["127.0.0.1", String(port)];
    const waits: string[] = [];
    const onWaiting = (detail: string) => void waits.push(detail);
    await expect(openOnPostgres(url.href, { startWaitMs: 250, onWaiting })).rejects.toThrow(/ECONNREFUSED/);
    const opening = openOnPostgres(url.href, { startWaitMs: 20_000, onWaiting });
    setTimeout(() => gate.listen(port, "127.0.0.1"), 300);
    onTestFinished(() => void gate.close());
    const { store } = await opening;
    expect((await store.jobs.insert(aNewJob())).id).toMatch(/^job_/);
    expect(waits).toEqual([expect.stringContaining("ECONNREFUSED"), expect.stringContaining("ECONNREFUSED")]);
  });

  it("sorts text by its bytes, whatever language the database speaks", async () => {
    const { store } = await openOnPostgres(await freshDatabase());
    const { rows } = await (await connect(await freshDatabase())).query("select 'a' < 'B' collate \"C\" as bytewise");
    expect(rows[0].bytewise).toBe(false);
    for (const alias of ["b", "A", "a", "B"]) {
      const { id } = await store.jobs.insert(aNewJob());
      const { job } = await store.queue.lease(id, { lease: crypto.randomUUID(), workerId: "w", at: 1, runningJobs: 99 });
      await store.jobs.finish(id, job?.attempt ?? 0, 2, "done", aSuccess(id));
      await store.models.setAlias("moons", alias, 1);
    }
    expect((await store.models.find({ kind: "version", name: "moons", version: 1 }))?.aliases).toEqual(["A", "B", "a", "b"]);
  });
});

describe("a store on PostgreSQL", () => {
  it("refuses text with the character NUL, which PostgreSQL cannot hold", async () => {
    const { store } = await openOnPostgres(await migratedDatabase());
    await expect(store.secrets.getOrCreate("a\u0000b", "x")).rejects.toMatchObject({ code: "invalid" });
  });

  it("deletes no data set under a job that is being submitted on it", async () => {
    const url = await migratedDatabase();
    const admin = await connect(url);
    const isWaitedFor = () =>
      vi.waitFor(
        async () => {
          const { rows } = await admin.query(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          );
          expect(rows.length).toBeGreaterThan(0);
        },
        { timeout: 20_000, interval: 10 },
      );
    let deletion: Promise<unknown> | undefined;
    const { store } = await openOnPostgres(url, {
      onQueued: async ({ job: { id } }) => {
        deletion = store.datasets.delete(dataset.id);
        // The job is stored, and nobody else can see it yet.
        await isWaitedFor();
        queued = id;
      },
    });
    let queued = "";
    const dataset = aNewDataset();
    await store.datasets.insert(dataset);
    const job = aNewJob();
    const data = { dataset: { id: dataset.id, features: ["x"], target: "x" } } as never;
    await store.jobs.insert({ ...job, spec: { ...job.spec, data } });
    expect(await deletion).toEqual({ deleted: false, usedBy: queued });
  });

  it("answers as if nothing had happened when its connections are cut between two requests", async () => {
    const url = await migratedDatabase();
    const { store } = await openOnPostgres(url);
    const admin = await connect(url);
    const { id } = await store.jobs.insert(aNewJob());
    for (let round = 0; round < 5; round++) {
      await cutAll(admin);
      expect((await store.jobs.get(id))?.id).toBe(id);
      await cutAll(admin);
      await store.jobs.insert(aNewJob());
    }
    expect((await store.jobs.list({}, { limit: 100 })).data).toHaveLength(6);
  });

  it("stores every chunk once, in order, and each change of state once, while its connections are cut", async () => {
    const url = await migratedDatabase();
    const { store } = await openOnPostgres(url);
    const admin = await connect(url);
    const { id } = await store.jobs.insert(aNewJob());
    await store.queue.claim(1);
    /** Cuts a connection at least, in the middle of what is being stored. */
    const whileCut = async <T>(storing: Promise<T>): Promise<T> => {
      while ((await cutAll(admin)).rowCount === 0);
      return storing;
    };
    const chunks = Array.from({ length: 40 }, (_, index) => aChunk(index * 5 + 1, index * 5 + 5));
    const seqs: (number | null)[] = [];
    for (let start = 0; start < chunks.length; start += 5) {
      const appended = chunks.slice(start, start + 5).map((chunk) => store.metrics.append(id, 1, chunk));
      seqs.push(...(await whileCut(Promise.all(appended))));
    }
    const to = { state: "cancelling", at: 9, reason: "while connections are cut" } as const;
    const moved = await whileCut(store.jobs.transition(id, { from: ["running"], to }));
    const ended = await whileCut(store.jobs.finish(id, 1, 10, "done", { state: "cancelled", metrics: null }));
    expect(seqs).toEqual(chunks.map((_, index) => index + 3));
    expect([moved?.state, ended?.state]).toEqual(["cancelling", "cancelled"]);
    const events = await store.events.read(id, 0, 1000, 1e9);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 44 }, (_, index) => index + 1));
    expect((await store.jobs.get(id))?.epochsDone).toBe(200);
  });

  it("says that it is away while it is, and that it is back", async () => {
    const url = new URL(await migratedDatabase());
    const { store } = await openOnPostgres(url.href, { retryMs: 0, probeMs: 20 });
    const admin = await connect(url.href);
    const back = Promise.withResolvers<void>();
    const heard: string[] = [];
    store.onHealth(({ status }) => {
      heard.push(status);
      if (status === "ok") back.resolve();
    });
    // A connection that is cut while nobody uses it is noticed too.
    await store.jobs.get("job_none");
    await cutAll(admin);
    await back.promise;
    expect(heard.slice(0, 2)).toEqual(["failing", "ok"]);
    await expect(store.ping()).resolves.toBeUndefined();
  });

  it("gives each webhook to one of several processes", async () => {
    const url = await migratedDatabase();
    const [one, two] = [(await openOnPostgres(url)).store, (await openOnPostgres(url)).store];
    const count = 20;
    for (let index = 0; index < count; index++) {
      const job = aNewJob();
      const webhook = { url: "https://example.com/hook" };
      await one.jobs.insert({ ...job, spec: { ...job.spec, webhook } });
      await one.jobs.transition(job.id, { from: ["queued"], to: { state: "cancelled", at: 5, reason: "a test" } });
    }
    const claims = await Promise.all([one, two, one, two].map((store) => store.deliveries.claim(10, count, 60_000)));
    const ids = claims.flat().map(({ id }) => id);
    expect(ids).toHaveLength(count);
    expect(new Set(ids).size).toBe(count);
  });

  it("has what the processes say of themselves, and what they are told", async () => {
    const url = await migratedDatabase();
    const [one, two] = [(await openOnPostgres(url)).store, (await openOnPostgres(url)).store];
    const id = createId("worker");
    const beat = {
      id,
      name: "n",
      role: "work",
      version: "1",
      slots: 2,
      memoryBytes: 5e9,
      startedAt: 1,
      heartbeatAt: 100,
    } as const;
    expect(await one.workers.recordHeartbeat(beat)).toBe(false);
    const job = await one.jobs.insert(aNewJob());
    const lease = { lease: crypto.randomUUID(), workerId: id, at: 1, runningJobs: 1 };
    expect(await one.queue.lease(job.id, lease)).toMatchObject({ result: "taken" });
    const other = await one.jobs.insert(aNewJob());
    expect(await two.queue.lease(other.id, { ...lease, lease: crypto.randomUUID() })).toMatchObject({ result: "full" });
    expect(await two.queue.lease(job.id, lease)).toMatchObject({ result: "abandoned" });
    expect(await two.workers.list(100)).toEqual([
      { ...beat, isDraining: false, jobs: [{ id: job.id, project: "default", attempt: 1, memoryBytes: 4096 }] },
    ]);
    expect(await two.workers.drain(id)).toBe(true);
    expect(await one.workers.recordHeartbeat({ ...beat, heartbeatAt: 200 })).toBe(true);
    expect(await two.workers.list(201)).toEqual([]);
    await one.workers.deregister(id);
    expect(await two.workers.drain(id)).toBe(false);
  });
});
