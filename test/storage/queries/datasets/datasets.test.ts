import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ColumnValues } from "../../../../src/domain/datasets/dataset.ts";
import type { NewDataset } from "../../../../src/domain/datasets/dataset-store.ts";
import { packTexts } from "../../../../src/domain/datasets/texts.ts";
import { createId } from "../../../../src/domain/id.ts";
import type { ResolvedSpec } from "../../../../src/domain/spec/spec.ts";
import type { Store } from "../../../../src/domain/store/store.ts";
import { openStore } from "../../../../src/storage/open.ts";
import { temporaryFolder } from "../../../contract/databases/temporary.ts";
import { aChunk, aNewJob } from "../../../contract/fixtures.ts";

async function open(dataDir?: string): Promise<{ store: Store; dataDir: string }> {
  const folder = dataDir ?? (await temporaryFolder());
  const store = await openStore({ dataDir: folder });
  onTestFinished(() => store.close());
  return { store, dataDir: folder };
}

/** Columns of a number, a label and a text; large enough for several chunks. */
function aDataset(sha256 = "ab".repeat(32), rows = 100_000): NewDataset {
  return {
    id: createId("dataset"),
    name: "penguins",
    format: "csv",
    sha256,
    bytes: 1234,
    createdAt: Date.now(),
    rows,
    names: ["size", "note", "kind"],
    columnsJson: JSON.stringify([{ name: "size" }, { name: "note" }, { name: "kind" }]),
    aboutJson: JSON.stringify({ reading: null, notes: ["two\nlines"] }),
    previewLines: ['[1,"a","x"]', '[2,"b","y"]'],
    values: new Map<string, ColumnValues>([
      ["size", Float64Array.from({ length: rows }, (_, row) => (row === 3 ? Number.NaN : row / 7))],
      ["kind", Int32Array.from({ length: rows }, (_, row) => (row % 5) - 1)],
    ]),
  };
}

const bytesOf = (values: ColumnValues | undefined) => new Uint8Array((values as ColumnValues).buffer);

function aJobOn(datasetId: string) {
  const job = aNewJob();
  const data = { dataset: { id: datasetId, features: ["size"], target: "kind" } } as unknown as ResolvedSpec["data"];
  return { ...job, spec: { ...job.spec, data } };
}

/** Rows of a table, counted beside the store. */
function count(dataDir: string, table: string): number {
  const database = new Database(join(dataDir, "trainyard.db"), { readonly: true });
  const { n } = database.prepare(`select count(*) as n from ${table}`).get() as { n: number };
  database.close();
  return n;
}

describe("data sets in the store", () => {
  it("are read back equal, whole and by column", async () => {
    const { store } = await open();
    const given = aDataset();
    const { created, summary } = await store.datasets.insert(given);
    expect(created).toBe(true);
    expect(summary).toMatchObject({ id: given.id, name: "penguins", rows: 100_000, columnCount: 3, bytes: 1234 });
    expect(await store.datasets.get(given.id)).toEqual({ ...summary, columns: JSON.parse(given.columnsJson) });
    const { columnsJson, aboutJson } = given;
    expect(await store.datasets.find(given.sha256, "csv")).toEqual({ summary, columnsJson, aboutJson });
    expect(await store.datasets.find(given.sha256, "json")).toBeNull();
    expect(await store.datasets.readPreview(given.id)).toEqual({ names: given.names, lines: given.previewLines });
    const columns = await store.datasets.readColumns(given.id, ["kind", "size"]);
    expect([...columns.keys()]).toEqual(["kind", "size"]);
    expect(columns.get("size")).toEqual(given.values.get("size"));
    expect(columns.get("kind")).toEqual(given.values.get("kind"));
  });

  it("are copied but for their own columns, within the quota", async () => {
    const { store, dataDir } = await open();
    const texts = packTexts(Array.from({ length: 100_000 }, (_, row) => `no. ${row}`));
    const given = aDataset();
    await store.datasets.insert({ ...given, values: new Map([...given.values, ["note", texts]]) });
    const kind = Int32Array.from({ length: 100_000 }, () => 1);
    const copy = { ...aDataset("cd".repeat(32)), values: new Map([["kind", kind]]), copyOf: given.id };
    const chunks = count(dataDir, "dataset_chunks");
    await expect(store.datasets.insert({ ...copy, within: { datasetBytes: 2000 } })).rejects.toMatchObject({
      code: "too_large",
    });
    expect(count(dataDir, "dataset_chunks")).toBe(chunks);
    await store.datasets.insert(copy);
    expect(count(dataDir, "dataset_chunks")).toBe(2 * chunks);
    const names = ["size", "note", "kind"];
    const read = await store.datasets.readColumns(copy.id, names);
    const original = await store.datasets.readColumns(given.id, names);
    for (const name of ["size", "note"]) expect(Buffer.compare(bytesOf(read.get(name)), bytesOf(original.get(name)))).toBe(0);
    expect(read.get("kind")).toEqual(kind);
  });

  it("keep the texts of a column, of any length", async () => {
    const { store } = await open();
    const given = aDataset();
    const texts = packTexts(Array.from({ length: 100_000 }, (_, row) => (row % 3 === 0 ? null : `no. ${row}, naïve 東京`)));
    await store.datasets.insert({ ...given, values: new Map([...given.values, ["note", texts]]) });
    const columns = await store.datasets.readColumns(given.id, ["note", "size"]);
    expect(Buffer.from(columns.get("note") as Uint8Array).equals(Buffer.from(texts))).toBe(true);
    expect(columns.get("size")).toEqual(given.values.get("size"));
  });

  it("have no values for text that was not kept, for unknown columns, and for unknown data sets", async () => {
    const { store } = await open();
    const { id } = aDataset();
    await expect(store.datasets.readColumns(id, ["size"])).rejects.toMatchObject({ code: "not_found" });
    const given = aDataset();
    await store.datasets.insert(given);
    await expect(store.datasets.readColumns(given.id, ["note"])).rejects.toThrow('the column "note" is text');
    await expect(store.datasets.readColumns(given.id, ["nose"])).rejects.toThrow('there is no column "nose"');
    expect(await store.datasets.get("ds_none")).toBeNull();
    expect(await store.datasets.readPreview("ds_none")).toBeNull();
  });

  it("are listed newest first, in pages", async () => {
    const { store } = await open();
    const ids: string[] = [];
    for (let each = 0; each < 3; each++) ids.unshift((await store.datasets.insert(aDataset(`${each}`, 2))).summary.id);
    const first = await store.datasets.list({ limit: 2 });
    expect(first).toMatchObject({ hasMore: true, nextAfter: ids[1] });
    const second = await store.datasets.list({ limit: 2, after: ids[1] });
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(ids);
    expect(second.hasMore).toBe(false);
  });

  it("are one when two uploads of the same bytes end at the same time", async () => {
    const { store, dataDir } = await open();
    const inserted = await Promise.all([store.datasets.insert(aDataset()), store.datasets.insert(aDataset())]);
    expect(inserted.map(({ created }) => created).sort()).toEqual([false, true]);
    expect(inserted[0]?.summary.id).toBe(inserted[1]?.summary.id);
    expect(count(dataDir, "datasets")).toBe(1);
    expect(count(dataDir, "dataset_chunks")).toBe(4 + 2);
  });

  it("let the metrics of a running job through while they are written", async () => {
    const { store } = await open();
    const { id } = await store.jobs.insert(aNewJob());
    await store.queue.claim(1);
    let inserted = false;
    const insertion = store.datasets.insert(aDataset("ef".repeat(32), 1_000_000)).then(() => {
      inserted = true;
    });
    for (let epoch = 1; epoch <= 3; epoch++) expect(await store.metrics.append(id, 1, aChunk(epoch, epoch))).not.toBeNull();
    expect(inserted).toBe(false);
    await insertion;
  });

  it("are deleted with their chunks", async () => {
    const { store, dataDir } = await open();
    const { id } = (await store.datasets.insert(aDataset())).summary;
    expect(await store.datasets.delete(id)).toEqual({ deleted: true, usedBy: null });
    expect(await store.datasets.delete(id)).toEqual({ deleted: false, usedBy: null });
    expect(await store.datasets.get(id)).toBeNull();
    expect(count(dataDir, "datasets") + count(dataDir, "dataset_chunks")).toBe(0);
  });

  it("stay while a job that has not ended uses them", async () => {
    const { store } = await open();
    const { id } = (await store.datasets.insert(aDataset())).summary;
    const job = await store.jobs.insert(aJobOn(id));
    await store.jobs.insert(aNewJob({ name: `mentions "id":"${id}"` }));
    expect(await store.datasets.delete(id)).toEqual({ deleted: false, usedBy: job.id });
    await store.queue.claim(1);
    expect(await store.datasets.delete(id)).toEqual({ deleted: false, usedBy: job.id });
    await store.jobs.finish(job.id, 1, 2, "cancelled", { state: "cancelled", metrics: null });
    expect(await store.datasets.delete(id)).toEqual({ deleted: true, usedBy: null });
  });

  it("leave nothing when an upload or a deletion was cut off, after the next start", async () => {
    const { store, dataDir } = await open();
    const kept = (await store.datasets.insert(aDataset("1"))).summary.id;
    const torn = (await store.datasets.insert(aDataset("2"))).summary.id;
    await store.close();
    const database = new Database(join(dataDir, "trainyard.db"));
    database.prepare("update datasets set ready = 0 where id = ?").run(torn);
    database.close();
    const again = (await open(dataDir)).store;
    expect(await again.datasets.get(torn)).toBeNull();
    expect((await again.datasets.list({ limit: 9 })).data).toHaveLength(1);
    expect(await again.datasets.removeUnfinished(Date.now() + 1)).toBe(1);
    expect([count(dataDir, "datasets"), count(dataDir, "dataset_chunks")]).toEqual([1, 6]);
    expect((await again.datasets.readColumns(kept, ["kind"])).get("kind")).toHaveLength(100_000);
  });
});
