import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { valuesOfEpoch } from "../../../src/domain/metrics/live-metrics.ts";
import { openStore } from "../../../src/storage/open.ts";
import { checkpointContract } from "../../contract/checkpoints.ts";
import { openEmptySqlite } from "../../contract/databases/sqlite.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { findContract } from "../../contract/find.ts";
import { aChunk, aNewJob, aSuccess } from "../../contract/fixtures.ts";
import { forgetContract } from "../../contract/forgets.ts";
import { keyContract } from "../../contract/keys.ts";
import { queueOrderContract } from "../../contract/line.ts";
import { monitorContract } from "../../contract/monitors.ts";
import { projectContract } from "../../contract/projects.ts";
import { scheduleContract } from "../../contract/schedules.ts";
import { sharesContract } from "../../contract/shares.ts";
import { storeContract } from "../../contract/store.ts";
import { sweepContract } from "../../contract/sweeps.ts";
import { trackingContract } from "../../contract/tracking.ts";

const CONTRACTS = [
  ...[storeContract, findContract, monitorContract, checkpointContract, sweepContract, forgetContract, scheduleContract],
  ...[keyContract, queueOrderContract, sharesContract, projectContract, trackingContract],
];
for (const contract of CONTRACTS) contract("SQLite", openEmptySqlite);

describe("opening a SQLite store", () => {
  it("makes the data directory", async () => {
    const store = await openStore({ dataDir: join(await temporaryFolder(), "a", "b") });
    await store.ping();
    await store.close();
  });

  it("finds what was there before", async () => {
    const dataDir = await temporaryFolder();
    const first = await openStore({ dataDir });
    const { id } = await first.jobs.insert(aNewJob());
    await first.queue.claim(1);
    await first.metrics.append(id, 1, aChunk(1, 5));
    await first.close();
    const second = await openStore({ dataDir });
    expect(await second.jobs.get(id)).toMatchObject({ state: "running", epochsDone: 5 });
    await second.close();
  });

  it("refuses a database that is in use, in one line", async () => {
    const dataDir = await temporaryFolder();
    const first = await openStore({ dataDir });
    await expect(openStore({ dataDir })).rejects.toThrow(/^the database .*trainyard\.db cannot be used: another process/);
    await first.close();
    await (await openStore({ dataDir })).close();
  });

  it("refuses a database that another program keeps locked", async () => {
    const dataDir = await temporaryFolder();
    await (await openStore({ dataDir })).close();
    const holder = new Worker(
      `const { parentPort, workerData } = require("node:worker_threads");
       const Database = require("better-sqlite3");
       const db = new Database(workerData);
       db.exec("begin exclusive");
       parentPort.postMessage("locked");
       parentPort.on("message", () => { db.close(); parentPort.close(); });`,
      { eval: true, workerData: join(dataDir, "trainyard.db") },
    );
    await once(holder, "message");
    await expect(openStore({ dataDir, busyTimeoutMs: 50 })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/another process is using it \(SQLITE_BUSY/),
    });
    holder.postMessage("go");
    await once(holder, "exit");
  });

  it("refuses what is not a database", async () => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, "trainyard.db"), "a text of some length, which no database starts with".repeat(50));
    await expect(openStore({ dataDir })).rejects.toThrow(/is not a SQLite database/);
  });

  it("refuses a data directory that is a file or cannot be written", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    await expect(openStore({ dataDir: join(folder, "file") })).rejects.toThrow(/data directory .*file cannot be written/);
    const closed = join(folder, "closed");
    await mkdir(closed);
    await chmod(closed, 0o555);
    // The superuser may write anywhere.
    if (process.getuid?.() !== 0) await expect(openStore({ dataDir: closed })).rejects.toThrow(/cannot be written/);
  });
});

describe("a store whose transactions run in the thread of the database", () => {
  /** The life of a job and what is refused, without what differs from one call to the next. */
  async function lifeOfJob(callsProcedures: boolean) {
    const store = await openStore({ dataDir: await temporaryFolder(), callsProcedures });
    try {
      const within = { queuedJobs: 1, models: 10 };
      const job = { ...aNewJob(), id: "job_1", createdAt: 1, within };
      const queued = await store.jobs.insert(job);
      const refused = await store.jobs
        .insert({ ...job, id: "job_2" })
        .catch(({ name, code, message }) => ({ name, code, message }));
      const claimed = await store.queue.claim(2);
      const seq = await store.metrics.append("job_1", 1, aChunk(1, 5));
      const late = await store.metrics.append("job_1", 2, aChunk(6, 9));
      const gap = await store.metrics.append("job_1", 1, aChunk(7, 9)).catch((error: Error) => error.message);
      const ended = await store.jobs.finish("job_1", 1, 3, "cancelled", { state: "cancelled", metrics: null });
      const again = await store.jobs.transition("job_1", { from: ["running"], to: { state: "paused", at: 4, reason: "" } });
      const events = await store.events.read("job_1", 0, 10);
      await store.jobs.insert({ ...job, id: "job_3" });
      await store.queue.claim(5);
      await store.metrics.append("job_3", 1, aChunk(1, 9));
      const { metrics, model, ...success } = aSuccess("job_3");
      const kept = {
        ...success,
        model: { ...model, id: "mdl_1" },
        metrics: { ...metrics, best: { ...metrics.best, epoch: 4 } },
      };
      const succeeded = await store.jobs.finish("job_3", 1, 6, "done", kept);
      return { queued, refused, claimed, seq, late, gap, ended, again, events, succeeded };
    } finally {
      await store.close();
    }
  }

  it("stores, refuses and fails as one whose statements are sent there", async () => {
    const [there, here] = [await lifeOfJob(true), await lifeOfJob(false)];
    expect(there).toEqual(here);
    expect(there).toMatchObject({
      refused: { name: "TrainyardError", code: "rate_limited" },
      seq: 3,
      late: null,
      ended: { lastSeq: 4 },
      succeeded: { metrics: { best: valuesOfEpoch(aChunk(1, 9), 4) } },
    });
  });
});
