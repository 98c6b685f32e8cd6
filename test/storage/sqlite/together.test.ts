/** Transactions that wait at the same time are committed together, and none fails for another. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/storage/open.ts";
import { openSqliteConnection, type SqliteConnection } from "../../../src/storage/sqlite/sqlite-connection.ts";
import type { ConnectionLevel } from "../../../src/storage/sqlite/sqlite-protocol.ts";
import { DATABASE_FILE } from "../../../src/storage/sqlite/sqlite-store.ts";
import { aNewJob, largeTensors } from "../../contract/fixtures.ts";
import { temporaryFolder } from "../../contract/temporary.ts";

const UNLIMITED: ConnectionLevel = { synchronous: "FULL", maxBytes: null };

describe("transactions of a SQLite thread", () => {
  let path = "";
  let connection: SqliteConnection;
  beforeEach(async () => {
    const dataDir = await temporaryFolder();
    await (await openStore({ dataDir })).close();
    path = join(dataDir, DATABASE_FILE);
    connection = await openSqliteConnection({ path, role: "writer", busyTimeoutMs: 1000 });
  });
  afterEach(() => connection.close());

  const insert = (level: ConnectionLevel, job: object) =>
    connection.call(level, "insertJob", ["default", { ...aNewJob(), ...job }]) as Promise<{ id: string }>;
  const stored = async () => {
    const { rows } = await connection.query("select id from jobs order by id", []);
    return rows.map(({ id }) => id);
  };

  /** The commits in the write-ahead log: of their last page, a frame has the size of the database. */
  async function commits(): Promise<number> {
    const log = await readFile(`${path}-wal`).catch(() => Buffer.alloc(0));
    if (log.length === 0) return 0;
    const frame = 24 + log.readUInt32BE(8);
    let count = 0;
    for (let at = 32; at + frame <= log.length; at += frame) if (log.readUInt32BE(at + 4) !== 0) count++;
    return count;
  }

  it("are committed together when they wait at the same time, in bounded numbers", async () => {
    await connection.query("pragma wal_checkpoint(truncate)", []);
    const jobs = await Promise.all(Array.from({ length: 40 }, (_, index) => insert(UNLIMITED, { id: `job_${index}` })));
    expect(jobs.map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, index) => `job_${index}`));
    expect(await stored()).toHaveLength(40);
    expect(await commits()).toBe(3);
  });

  it("take back their own changes alone when they are refused", async () => {
    const within = { queuedJobs: 2, models: 10 };
    const jobs = [{ id: "a", within }, { id: "b", within }, { id: "c", within }, { id: "d" }];
    const outcomes = await Promise.allSettled(jobs.map((job) => insert(UNLIMITED, job)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[2]).toMatchObject({ reason: { name: "TrainyardError", code: "rate_limited" } });
    expect(await stored()).toEqual(["a", "b", "d"]);
  });

  it("do not fail for one that finds no room", async () => {
    const { rows } = await connection.query(
      "select page_count * page_size as bytes from pragma_page_count, pragma_page_size",
      [],
    );
    const level: ConnectionLevel = { synchronous: "FULL", maxBytes: Number(rows[0]?.bytes) + 200_000 };
    const jobs = [{ id: "a" }, { id: "b", payload: largeTensors(400_000) }, { id: "c" }];
    const outcomes = await Promise.allSettled(jobs.map((job) => insert(level, job)));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { code: "SQLITE_FULL" } });
    expect(await stored()).toEqual(["a", "c"]);
  });

  it("fail as one when the connection ends", async () => {
    const calls = ["a", "b"].map((id) => insert({ ...UNLIMITED }, { id }));
    const ended = connection.close();
    const outcomes = await Promise.allSettled(calls);
    await ended;
    expect(new Set(outcomes.map(({ status }) => status)).size).toBe(1);
  });
});
