/** What a store does when its disk has no room, and when its file is not what was written. */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, onTestFinished, vi } from "vitest";
import type { StoreHealth } from "../../../src/domain/operation/store-health.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { openStore } from "../../../src/storage/open.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { aCheckpoint, aNewJob, largeTensors } from "../../contract/fixtures.ts";

const MB = 1024 * 1024;

async function opened(dataDir: string, options: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store> {
  const store = await openStore({ dataDir, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Writes over every page of a database behind the first few, which say what it is. */
async function damage(dataDir: string, from: number): Promise<void> {
  const path = join(dataDir, "trainyard.db");
  const file = await open(path, "r+");
  const { size } = await stat(path);
  const garbage = Buffer.alloc(size - from, 0xa5);
  await file.write(garbage, 0, garbage.length, from);
  await file.close();
}

it("a full database refuses what adds with storage_full, takes changes of state, tells of it, and is well when there is room", async () => {
  const store = await opened(await temporaryFolder(), { maxDatabaseBytes: 4 * MB, probeMs: 20 });
  const heard: StoreHealth["status"][] = [];
  store.onHealth(({ status }) => void heard.push(status));
  const ids: string[] = [];
  const fill = async () => {
    for (;;) ids.push((await store.jobs.insert(aNewJob({ payload: largeTensors(MB / 4) }))).id);
  };
  await expect(fill()).rejects.toMatchObject({ code: "storage_full", message: expect.stringMatching(/MAX_DATABASE_BYTES/) });
  expect(store.health()).toMatchObject({ status: "full" });
  await expect(store.ping()).rejects.toMatchObject({ code: "unavailable" });
  await expect(store.jobs.insert(aNewJob())).rejects.toMatchObject({ code: "storage_full" });
  // What is there can be read, ended and deleted.
  for (const id of ids) {
    const to = { state: "cancelled", at: 1, reason: "a test" } as const;
    expect(await store.jobs.transition(id, { from: ["queued"], to })).not.toBeNull();
  }
  for (const id of ids) expect(await store.jobs.delete(id)).toBe(true);
  await vi.waitUntil(() => store.health().status === "ok", { timeout: 30_000 });
  await store.ping();
  expect((await store.jobs.insert(aNewJob({ payload: largeTensors(MB / 4) }))).state).toBe("queued");
  expect(heard).toEqual(["full", "ok"]);
});

it("keeps a checkpoint whole when there is no room to erase the one before it", async () => {
  const dataDir = await temporaryFolder();
  const store = await opened(dataDir);
  const { id } = await store.jobs.insert(aNewJob());
  await store.queue.claim(1);
  const database = new DatabaseSync(join(dataDir, "trainyard.db"));
  database.exec("CREATE TRIGGER no_room BEFORE DELETE ON blob_chunks BEGIN SELECT RAISE(ABORT, 'no room'); END");
  for (let epoch = 1; epoch <= 5; epoch++) {
    const stored = await store.checkpoints.insert(id, 1, epoch, aCheckpoint({ epoch, tensors: largeTensors(1000) }));
    expect(await store.checkpoints.read(stored?.id ?? "")).toMatchObject({ epoch });
  }
  const left = () => database.prepare("SELECT count(DISTINCT blob_id) AS count FROM blob_chunks").get();
  expect(left()).toEqual({ count: 5 });
  database.exec("DROP TRIGGER no_room");
  await store.checkpoints.removeUnfinished(10);
  const { data } = await store.checkpoints.list(id, { limit: 10 });
  expect(left()).toEqual({ count: data.length });
  database.close();
});

it("keeps some room on the disk, and makes it again at the next start", async () => {
  const dataDir = await temporaryFolder();
  const first = await openStore({ dataDir, reserveBytes: MB });
  expect((await stat(join(dataDir, "trainyard.reserve"))).size).toBe(MB);
  await first.close();
  await (await open(join(dataDir, "trainyard.reserve"), "w")).close();
  await opened(dataDir, { reserveBytes: MB });
  expect((await stat(join(dataDir, "trainyard.reserve"))).size).toBe(MB);
});

it("a damaged database is refused at the start, in one line with the cure", async () => {
  const dataDir = await temporaryFolder();
  const store = await openStore({ dataDir });
  await store.jobs.insert(aNewJob({ payload: largeTensors(MB) }));
  await store.close();
  await damage(dataDir, 4 * 4096);
  await expect(openStore({ dataDir })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^the database [^\n]+ it is damaged \(SQLITE_CORRUPT[^\n]+trainyard restore FILE`$/),
  });
});

it("a database that is damaged while it is used is found out, writes no more, and says what an operator must do", async () => {
  const dataDir = await temporaryFolder();
  const before = await openStore({ dataDir });
  const { id } = await before.jobs.insert(aNewJob({ payload: largeTensors(MB) }));
  await before.close();
  const store = await opened(dataDir);
  const heard: StoreHealth["status"][] = [];
  store.onHealth(({ status }) => void heard.push(status));
  await damage(dataDir, 4 * 4096);
  await expect(store.jobs.readPayload(id)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("trainyard restore FILE"),
  });
  expect(heard).toEqual(["damaged"]);
  await expect(store.ping()).rejects.toMatchObject({ code: "unavailable" });
  const to = { state: "cancelled", at: 1, reason: "a test" } as const;
  await expect(store.jobs.transition(id, { from: ["queued"], to })).rejects.toMatchObject({ code: "unavailable" });
  await expect(store.jobs.insert(aNewJob())).rejects.toMatchObject({ code: "unavailable" });
});
