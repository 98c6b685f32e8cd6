import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import type { NewDataset } from "../../src/domain/datasets/dataset-store.ts";
import { COPIED, copyStore, NOT_COPIED, type TableReport } from "../../src/storage/copy-store.ts";
import { openStore } from "../../src/storage/open.ts";
import { openDatabase } from "../../src/storage/open-database.ts";
import { freshDatabase } from "../contract/databases/postgres.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";
import { aChunk, aModel, aNewJob, aSuccess, largeTensors, someWeights } from "../contract/fixtures.ts";

const MAIN = join(import.meta.dirname, "../../src/offline/copy-store.ts");

const DATASET: NewDataset = {
  id: "ds_00000000-0000-7000-8000-000000000001",
  name: "flowers 🌷",
  format: "csv",
  sha256: "ab".repeat(32),
  bytes: 1000,
  rows: 100_000,
  names: ["x", "kind", "note"],
  columnsJson: "[]",
  previewLines: ["[1,2]"],
  values: new Map<string, Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>([
    ["x", Float64Array.from({ length: 100_000 }, (_, row) => row / 7)],
    ["kind", Int32Array.from({ length: 100_000 }, (_, row) => row % 3)],
  ]),
  createdAt: 1,
};

/** An installation with something of everything. */
async function fill(dataDir: string) {
  const store = await openStore({ dataDir });
  const done = await store.jobs.insert(aNewJob({ payload: largeTensors(1_000_000) }));
  await store.queue.claim(1);
  await store.metrics.append(done.id, 1, aChunk(1, 300));
  await store.jobs.finish(done.id, 1, 9, "done", aSuccess(done.id));
  await store.models.setAlias("moons", "live", 1);
  await store.ofProject("other").models.insert({ ...aModel("job_none"), name: "Moons" }, someWeights());
  const running = await store.jobs.insert(aNewJob({ name: "in the middle" }));
  await store.queue.claim(2);
  await store.metrics.append(running.id, 1, aChunk(1, 7));
  const queued = await store.jobs.insert(aNewJob({ name: 'a "quoted" 名前' }));
  await store.datasets.insert(DATASET);
  await store.secrets.getOrCreate("webhook", "whsec_x");
  const jobs = (await store.jobs.list({}, { limit: 10 })).data;
  const model = await store.models.find({ kind: "alias", name: "moons", alias: "live" });
  const weights = await store.models.readWeights(model?.id ?? "");
  await store.close();
  return { done, running, queued, jobs, model, weights };
}

async function open(address: string) {
  const database = await openDatabase(address);
  onTestFinished(database.close);
  return database;
}

describe("copying a whole store", () => {
  it("brings everything from SQLite to PostgreSQL, bit by bit, and back", async () => {
    const dataDir = await temporaryFolder();
    const before = await fill(dataDir);
    const url = await freshDatabase();
    const [source, target] = [await open(`sqlite:${dataDir}`), await open(url)];
    const reports = await copyStore(source.db, target.db, () => undefined);
    expect(reports.find(({ table }) => table === "jobs")?.rows).toBe(3);
    expect((await target.store.jobs.list({}, { limit: 10 })).data).toEqual(before.jobs);
    const model = await target.store.models.find({ kind: "alias", name: "moons", alias: "live" });
    expect(model).toEqual(before.model);
    expect(await target.store.models.readWeights(model?.id ?? "")).toEqual(before.weights);
    expect(await target.store.jobs.readPayload(before.done.id)).toEqual(largeTensors(1_000_000));
    expect(await target.store.metrics.read(before.done.id, 1, 300)).toEqual([aChunk(1, 300)]);
    expect(await target.store.datasets.readColumns(DATASET.id, ["x", "kind"])).toEqual(DATASET.values);
    const back = await open(`sqlite:${await temporaryFolder()}`);
    expect(await copyStore(target.db, back.db, () => undefined)).toEqual(reports);
  });

  it("says so when what came out is not what went in", async () => {
    const dataDir = await temporaryFolder();
    await fill(dataDir);
    const [source, target] = [await open(`sqlite:${dataDir}`), await open(await freshDatabase())];
    const tamper = async ({ table }: TableReport) => {
      if (table === "jobs") await sql`create rule forget as on insert to events do instead nothing`.execute(target.db);
    };
    let tampering = Promise.resolve();
    const copying = copyStore(source.db, target.db, (report) => {
      tampering = tamper(report);
    });
    await expect(copying).rejects.toThrow(/the copy of (events|metric_chunks)/);
    await tampering;
  });

  it("copies into an empty database only", async () => {
    const dataDir = await temporaryFolder();
    await fill(dataDir);
    const [source, target] = [await open(`sqlite:${dataDir}`), await open(await freshDatabase())];
    await target.store.secrets.getOrCreate("webhook", "whsec_y");
    await expect(copyStore(source.db, target.db, () => undefined)).rejects.toThrow(/secrets already has rows/);
  });

  it("knows every table", async () => {
    const { db } = await open(await freshDatabase());
    const tables = (await db.introspection.getTables()).map(({ name }) => name).filter((name) => !name.startsWith("kysely_"));
    expect([...COPIED.map(([table]) => table), ...NOT_COPIED].toSorted()).toEqual(tables.toSorted());
  });
});

describe("the program", () => {
  it("copies, says what it has compared, and queues what was running", async () => {
    const dataDir = await temporaryFolder();
    const { running } = await fill(dataDir);
    const url = await freshDatabase();
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, "--from", `sqlite:${dataDir}`, "--to", url]);
    expect(stdout).toMatch(/^jobs +3 rows {2}[0-9a-f]{16}$/m);
    expect(stdout).toMatch(/the count and SHA-256 of each table are equal on both sides/);
    const { store } = await open(url);
    expect(await store.jobs.get(running.id)).toMatchObject({ state: "queued", epochsDone: 7 });
  });

  it("ends with one line when it cannot", async () => {
    const run = promisify(execFile)(process.execPath, [MAIN, "--from", "mysql:x", "--to", "y"]);
    await expect(run).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^trainyard: "mysql:x" is not a database address[^\n]+\n$/),
    });
  });
});
