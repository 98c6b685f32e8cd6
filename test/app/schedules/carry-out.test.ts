/** Runs of schedules whose job, table or server goes wrong under way: each ends, and says why. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDataset } from "../../../src/app/datasets/upload.ts";
import { carryOut, RunLost } from "../../../src/app/schedules/carry-out.ts";
import { changeSchedule, createSchedule, runSchedule } from "../../../src/app/schedules/change-schedules.ts";
import { type ProjectServices, servicesOf } from "../../../src/app/services.ts";
import { readingOptions } from "../../../src/domain/datasets/reading-options.ts";
import { TrainyardError } from "../../../src/domain/errors.ts";
import { isEndedRun, type ScheduleRun, scheduleBody } from "../../../src/domain/schedules/schedule.ts";
import type { FetchedTable } from "../../../src/domain/sources/source-fetcher.ts";
import { openStagedApp, type StagedApp } from "../../http/staged-app.ts";

let staged: StagedApp;
let tables = 0;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

/** A project whose source has a table that no other test has. */
function stage(more: Partial<ProjectServices> = {}): ProjectServices {
  const offset = ++tables * 100;
  const table = `x,y\n${Array.from({ length: 40 }, (_, row) => `${row},${offset + 2 * row}`).join("\n")}\n`;
  async function* bytes() {
    yield Buffer.from(table);
  }
  const fetched = { mediaType: "text/csv", fileName: "", format: null, gzip: false, etag: null };
  const sources = { fetch: async () => ({ isUnchanged: false as const, stream: bytes(), ...fetched }) };
  return { ...servicesOf(staged.services, "default"), sources, ...more };
}

const request = (name: string, more: object = {}) =>
  scheduleBody.parse({
    ...{ name, cron: "@daily", source: { url: "https://example.com/x.csv" } },
    job: { data: { dataset: { target: "y" } }, model: { layers: [{ type: "linear" }] }, epochs: 1 },
    ...more,
  });

/** Begins a run. */
async function begin(services: ProjectServices, name: string, more: object = {}): Promise<ScheduleRun> {
  const { schedule } = await createSchedule(services, request(name, more));
  return runSchedule(services, schedule.id);
}

/** Goes on with a run as far as it goes, as a process does that takes it. */
async function goOn(services: ProjectServices, { id, scheduleId }: ScheduleRun): Promise<ScheduleRun> {
  const { scheduleRuns, schedules } = staged.services.store;
  const claimed = await scheduleRuns.claim(id, "here", 1, 2);
  const schedule = await schedules.get(scheduleId);
  if (!claimed || !schedule) throw new Error("the run is nobody's to take");
  await carryOut(
    services,
    schedule,
    claimed,
    async (change) => {
      await scheduleRuns.save(id, "here", { ...change, finishedAt: isEndedRun(change.state) ? 3 : null });
    },
    new AbortController().signal,
  );
  await scheduleRuns.release(id, "here");
  return (await scheduleRuns.get(id)) as ScheduleRun;
}

/** Goes on until it has ended; returns how often it took. */
async function exhaust(services: ProjectServices, run: ScheduleRun) {
  for (let tries = 1; tries < 20; tries++) {
    const now = await goOn(services, run);
    if (isEndedRun(now.state)) return { tries, run: now };
    expect(now.document.retryAt).not.toBeNull();
  }
  throw new Error("it has no end");
}

async function finishJob(run: ScheduleRun): Promise<void> {
  const { store } = staged.services;
  (await staged.nextRun()).finish();
  while ((await store.jobs.get(run.document.job as string))?.state !== "succeeded")
    await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("a run of a schedule", () => {
  it("fails after four attempts where its job is not taken, with the reason", async () => {
    const services = stage();
    const full = async () => {
      throw new TrainyardError("rate_limited", "the project has too many jobs");
    };
    const jobs = { ...services.store.jobs, insert: full };
    const run = await begin(services, "full");
    const blocked: ProjectServices = {
      ...services,
      store: new Proxy(services.store, { get: (store, key) => (key === "jobs" ? jobs : Reflect.get(store, key)) }),
    };
    const { tries, run: end } = await exhaust(blocked, run);
    expect([tries, end.state, end.document.error]).toEqual([4, "failed", "the project has too many jobs"]);
  });

  it("fails after four attempts where two models cannot be compared, however that goes wrong", async () => {
    const services = stage();
    const promote = { alias: "production" };
    const first = await goOn(services, await begin(services, "twice", { promote }));
    await finishJob(first);
    expect(await goOn(services, first)).toMatchObject({ state: "promoted" });
    const broken = stage();
    const second = await goOn(broken, await runSchedule(broken, first.scheduleId));
    await finishJob(second);
    const computePool = {
      ...broken.computePool,
      compareFresh: async () => {
        throw new TypeError("a secret of the inside");
      },
    };
    const { tries, run } = await exhaust({ ...broken, computePool }, second);
    expect([tries, run.state]).toEqual([4, "failed"]);
    expect(run.document.error).toContain("internal error; see the server log");
    expect(JSON.stringify(staged.logged)).toContain("a secret of the inside");
    expect(await services.store.models.find({ kind: "alias", name: "twice", alias: "production" })).toMatchObject({
      version: 1,
    });
  });

  it("goes on where its process died between training and promotion, and takes the webhook of the model along", async () => {
    const services = stage();
    const { store } = services;
    const promote = { alias: "production" };
    const first = await goOn(services, await begin(services, "killed", { promote }));
    await finishJob(first);
    const old = (await goOn(services, first)).document.model;
    await store.monitors.configure(old?.id ?? "", { webhook: "https://example.com/drift", sampleRows: 9 }, 1);
    const next = stage();
    const run = await goOn(next, await runSchedule(next, first.scheduleId));
    await finishJob(run);
    // Better than the old one, whatever the rows.
    const figures = [{ figure: "r2", a: 0.1, b: 0.9, difference: 0.8, from: 0.7, to: 0.9 }];
    const compared = { ok: true, seen: 0, comparison: { rows: 9, figures } };
    const computePool = { ...next.computePool, compareFresh: async () => compared as never };
    const dying = new Proxy(next.store, {
      get: (all, key) =>
        key !== "models" ? Reflect.get(all, key) : { ...all.models, setAlias: () => Promise.reject(new RunLost()) },
    });
    await expect(goOn({ ...next, computePool, store: dying }, run)).rejects.toThrow(RunLost);
    const left = await staged.services.store.scheduleRuns.get(run.id);
    expect(left).toMatchObject({ state: "comparing" });
    await staged.services.store.scheduleRuns.release(run.id, "here");
    const end = await goOn({ ...next, computePool }, run);
    expect([end.state, end.document.error]).toEqual(["promoted", null]);
    const named = await store.models.find({ kind: "alias", name: "killed", alias: "production" });
    expect(named?.id).toBe(end.document.model?.id);
    expect(await store.monitors.get(named?.id ?? "")).toMatchObject({ webhook: "https://example.com/drift", sampleRows: 9 });
  });

  it("deletes the oldest tables beyond `keep`, and none that a model in use was trained on or that somebody has uploaded", async () => {
    const services = stage();
    const { store } = services;
    const tables: string[] = [];
    const runOnce = async (scheduleId: string | null) => {
      const fresh = stage();
      const begun = scheduleId === null ? await begin(fresh, "kept", { keep: 2 }) : await runSchedule(fresh, scheduleId);
      const training = await goOn(fresh, begun);
      await finishJob(training);
      const end = await goOn(fresh, training);
      expect(end.state).toBe("trained");
      tables.push(end.document.dataset as string);
      return end;
    };
    const { scheduleId } = await runOnce(null);
    await store.models.setAlias("kept", "live", 1);
    for (let run = 0; run < 4; run++) {
      await runOnce(scheduleId);
      // Somebody uploads the bytes of the second table, and is told that they are this data set.
      if (run === 0) expect(await store.datasets.claim(tables[1] as string)).toBe(true);
    }
    const there = await Promise.all(tables.map(async (id) => (await store.datasets.describe(id)) !== null));
    // The first is that of kept@live, the second somebody's; two stay by number.
    expect(there).toEqual([true, true, false, true, true]);
  });

  it("leaves a table that the run of another schedule is at, before that has its job", async () => {
    const fresh = stage();
    const { store } = fresh;
    const first = await goOn(fresh, await begin(fresh, "shared", { keep: 1 }));
    await finishJob(first);
    await goOn(fresh, first);
    const { dataset } = first.document;
    const other = await begin(stage(), "other");
    const { scheduleRuns } = staged.services.store;
    await scheduleRuns.claim(other.id, "here", 1, 2);
    await scheduleRuns.save(other.id, "here", {
      ...{ state: "training", document: { ...other.document, dataset }, finishedAt: null },
    });
    const isThere = async () => (await store.datasets.describe(dataset as string)) !== null;
    const runAgain = async () => {
      const next = stage();
      const training = await goOn(next, await runSchedule(next, first.scheduleId));
      await finishJob(training);
      await goOn(next, training);
    };
    await runAgain();
    expect(await isThere()).toBe(true);
    await scheduleRuns.save(other.id, "here", {
      ...{ state: "failed", document: { ...other.document, dataset }, finishedAt: 3 },
    });
    await runAgain();
    expect(await isThere()).toBe(false);
  });

  it("deletes no table that somebody is being given, at whatever moment it tries", async () => {
    const fresh = stage();
    const run = await goOn(fresh, await begin(fresh, "raced"));
    const table = run.document.dataset as string;
    await finishJob(run);
    await goOn(fresh, run);
    const { datasets } = fresh.store;
    const deleteOld = () => datasets.delete(table, { unlessClaimed: true });
    const store = {
      ...fresh.store,
      // There is none when the upload looks for one; the schedule deletes its own as soon as it is the answer.
      datasets: {
        ...datasets,
        find: async () => null,
        insert: async (given: Parameters<typeof datasets.insert>[0]) => {
          const made = await datasets.insert(given);
          expect(await deleteOld()).toEqual({ deleted: false, usedBy: null });
          return made;
        },
      },
    };
    const { stream } = (await fresh.sources.fetch({ url: "" } as never, { etag: null } as never)) as FetchedTable;
    const upload = await fresh.uploadSpool.receive(stream);
    const asked = { name: "mine", format: "csv", gzip: false, options: readingOptions.parse({}) } as const;
    const given = await createDataset({ ...fresh, store }, upload, asked);
    expect([given.created, given.summary.id]).toEqual([false, table]);
    expect(await deleteOld()).toEqual({ deleted: false, usedBy: null });
  });

  it("fetches a table again that was deleted before its job was there", async () => {
    const services = stage();
    const removed: string[] = [];
    const { datasets } = services.store;
    const run = await begin(services, "gone");
    // The schedule that made the table deletes it in the moment before the job is submitted.
    const computePool = {
      ...services.computePool,
      prepare: async (...given: Parameters<ProjectServices["computePool"]["prepare"]>) => {
        if (removed.length === 0) {
          const { document } = (await services.store.scheduleRuns.get(run.id)) as ScheduleRun;
          removed.push(document.dataset as string);
          expect((await datasets.delete(document.dataset as string)).deleted).toBe(true);
        }
        return services.computePool.prepare(...given);
      },
    };
    const first = await goOn({ ...services, computePool }, run);
    expect(first).toMatchObject({ state: "training", document: { dataset: null, attempts: 1 } });
    expect(first.document).toMatchObject({ retryAt: expect.any(Number), error: expect.stringContaining("fetched again") });
    expect(first.document.isSubmitted).toBeFalsy();
    const second = await goOn({ ...services, computePool }, run);
    expect(second.document).toMatchObject({ isSubmitted: true, error: null });
    expect(second.document.dataset).not.toBe(removed[0]);
    await finishJob(second);
  });

  it("does not bring a job back that was deleted", async () => {
    const services = stage();
    const run = await goOn(services, await begin(services, "deleted"));
    expect(run).toMatchObject({ state: "training" });
    await finishJob(run);
    const job = run.document.job as string;
    await services.store.jobs.delete(job);
    expect(await goOn(services, run)).toMatchObject({ state: "failed", document: { error: "the job was deleted" } });
    expect(await services.store.jobs.get(job)).toBeNull();
  });

  it("trains again on the same table where the job was changed under way", async () => {
    const services = stage();
    const run = await goOn(services, await begin(services, "changed"));
    await changeSchedule(services, run.scheduleId, { job: { ...request("changed").job, seed: 9 } });
    await finishJob(run);
    expect(await goOn(services, run)).toMatchObject({ state: "trained" });
    expect(await services.store.schedules.get(run.scheduleId)).toMatchObject({ sha256: null });
  });
});
