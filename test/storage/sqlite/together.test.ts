/** Transactions that wait at the same time are committed together, and none fails for another. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../src/storage/open.ts";
import { createCaller } from "../../../src/storage/sqlite/sqlite-caller.ts";
import { openSqliteConnection, type SqliteConnection } from "../../../src/storage/sqlite/sqlite-connection.ts";
import { SqliteError } from "../../../src/storage/sqlite/sqlite-error.ts";
import { createProcedures } from "../../../src/storage/sqlite/sqlite-procedures.ts";
import type { ConnectionLevel, SqliteCall, SqliteResult } from "../../../src/storage/sqlite/sqlite-protocol.ts";
import { DATABASE_FILE } from "../../../src/storage/sqlite/sqlite-store.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { aNewJob, largeTensors } from "../../contract/fixtures.ts";

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

  it("that fail on a full disk are seen to before anybody else has the connection", async () => {
    const order: string[] = [];
    const { rows } = await connection.query(
      "select page_count * page_size as bytes from pragma_page_count, pragma_page_size",
      [],
    );
    const level: ConnectionLevel = { synchronous: "FULL", maxBytes: Number(rows[0]?.bytes) + 50_000 };
    const seen = async (error: Error) => {
      await nextTurn();
      order.push("seen to");
      return error;
    };
    const job = { ...aNewJob(), payload: largeTensors(400_000) };
    const call = connection.call(level, "insertJob", ["default", job], seen);
    const next = connection.acquire(UNLIMITED).then(() => order.push("next"));
    await expect(call).rejects.toMatchObject({ code: "SQLITE_FULL" });
    await next;
    connection.release();
    expect(order).toEqual(["seen to", "next"]);
  });

  it("fail as one when the connection ends", async () => {
    const calls = ["a", "b"].map((id) => insert({ ...UNLIMITED }, { id }));
    const ended = connection.close();
    const outcomes = await Promise.allSettled(calls);
    await ended;
    expect(new Set(outcomes.map(({ status }) => status)).size).toBe(1);
  });
});

describe("procedures in one transaction", () => {
  let database: Database.Database;
  let statements: string[] = [];
  let failing: string | null = null;
  let procedures: ReturnType<typeof createProcedures>;
  beforeEach(async () => {
    const dataDir = await temporaryFolder();
    await (await openStore({ dataDir })).close();
    database = new Database(join(dataDir, DATABASE_FILE));
    statements = [];
    failing = null;
    procedures = createProcedures({
      run: (sql, parameters) => {
        if (/^(begin|commit|rollback|savepoint|release)/.test(sql)) statements.push(sql);
        if (sql === failing) throw Object.assign(new Error(sql), { code: "SQLITE_BUSY" });
        const statement = database.prepare(sql);
        if (statement.reader) return { rows: statement.all(parameters) as SqliteResult["rows"], changes: 0 };
        return { rows: [], changes: statement.run(parameters).changes };
      },
      isInTransaction: () => database.inTransaction,
      keepTemporary: (where) => void statements.push(where),
      failureOf: (error) => ({ message: String(error), code: (error as { code: string }).code }),
    });
  });
  afterEach(() => database.close());

  const calls = (...ids: string[]): SqliteCall[] =>
    ids.map((id) => ({ name: "insertJob", args: ["default", { ...aNewJob(), id }] }));

  it("keep what a savepoint may take back in memory: no other folder need be writable, nor have room", async () => {
    expect(await procedures(calls("a", "b"))).toMatchObject([{ ok: true }, { ok: true }]);
    const nested = ["savepoint nested", "release nested"];
    expect(statements).toEqual(["memory", "begin immediate", ...nested, ...nested, "commit", "default"]);
  });

  it("have no savepoint where one comes alone", async () => {
    expect(await procedures(calls("a"))).toMatchObject([{ ok: true }]);
    expect(statements).toEqual(["begin immediate", "commit"]);
  });

  it("wait once for another process that holds the database, however many they are", async () => {
    failing = "begin immediate";
    const failed = { ok: false, failure: { code: "SQLITE_BUSY" } };
    expect(await procedures(calls("a", "b", "c"))).toMatchObject([failed, failed, failed]);
    expect(statements).toEqual(["memory", "begin immediate", "default"]);
  });

  it("are tried alone where what all did cannot be committed", async () => {
    failing = "commit";
    expect(await procedures(calls("a", "b"))).toMatchObject([{ ok: false }, { ok: false }]);
    expect(statements.filter((text) => text === "begin immediate")).toHaveLength(3);
    failing = null;
    expect(await procedures(calls("a", "b"))).toMatchObject([{ ok: true }, { ok: true }]);
  });
});

describe("callers of procedures", () => {
  /** Answers calls with these codes in turn; null: with success. */
  const callerOf = (usesReserve: boolean, ...codes: (string | null)[]) => {
    const released: string[] = [];
    const call: SqliteConnection["call"] = async (_level, _name, _args, onFailure) => {
      const code = codes.shift();
      if (code) throw await onFailure?.(new SqliteError(code, code));
      return "done";
    };
    const onFailure = async (error: SqliteError) => {
      released.push(error.code);
      return error;
    };
    return { released, call: createCaller({ connection: { call }, level: UNLIMITED, onFailure, usesReserve }) };
  };

  it("try what the reserve is for once more when a full disk has released it", async () => {
    const { released, call } = callerOf(true, "SQLITE_FULL", null);
    expect(await call("transitionJob", [])).toBe("done");
    expect(released).toEqual(["SQLITE_FULL"]);
    await expect(callerOf(true, "SQLITE_FULL", "SQLITE_FULL", null).call("transitionJob", [])).rejects.toThrow("SQLITE_FULL");
  });

  it("try nothing else again", async () => {
    await expect(callerOf(false, "SQLITE_FULL", null).call("insertJob", [])).rejects.toThrow("SQLITE_FULL");
    await expect(callerOf(true, "SQLITE_IOERR", null).call("transitionJob", [])).rejects.toThrow("SQLITE_IOERR");
  });
});
