/** What every Store must do with schedules and their runs, whatever database is behind it. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/id.ts";
import { NEW_RUN, resultText, type ScheduleDocument } from "../../src/domain/schedules/schedule.ts";
import type { Store } from "../../src/domain/store/store.ts";

const DOCUMENT: ScheduleDocument = {
  ...{ name: "nightly", cron: "0 3 * * *", timezone: "UTC", source: { url: "https://example.com/x.csv" } },
  ...{ job: { data: { dataset: { target: "y" } } }, promote: null, webhook: { url: "https://example.com/hook" }, keep: null },
};

/** `open` gives an empty store; the suite closes it. */
export function scheduleContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    const insert = (project: string, nextAt: number | null = 100, within = 2) =>
      store.ofProject(project).schedules.insert({
        ...{ id: createId("schedule"), document: DOCUMENT, paused: nextAt === null, nextAt, createdAt: 1, within },
      });
    const runOf = (scheduleId: string, at = 5) => ({
      ...{ id: createId("scheduleRun"), scheduleId, document: { ...NEW_RUN, dueAt: at }, createdAt: at },
    });

    describe("imports", () => {
      it("belong to a project, and report their progress until they end", async () => {
        const { imports } = store.ofProject("a");
        const id = createId("import");
        const started = { id, state: "fetching", bytes: 5, createdAt: 10 } as const;
        const fresh = { ...started, datasetId: null, error: null, heardAt: 10, finishedAt: null };
        expect(await imports.insert(started)).toEqual(fresh);
        expect(await imports.get(id)).toEqual(fresh);
        const other = store.ofProject("b").imports;
        expect([await other.get(id), await other.cancel(id)]).toEqual([null, null]);
        expect(await other.change(id, { state: "failed", bytes: 6 }, 11)).toBe(true);
        // More bytes than 32 bits can count.
        expect(await imports.change(id, { state: "reading", bytes: 5e9 }, 20)).toBe(false);
        expect(await imports.cancel(id)).toEqual({ ...fresh, state: "reading", bytes: 5e9, heardAt: 20 });
        expect(await imports.change(id, { state: "reading", bytes: 5e9 }, 30)).toBe(true);
        const error = { code: "invalid", detail: "no table" };
        await imports.change(id, { state: "failed", bytes: 5e9, error }, 40);
        const end = { ...fresh, state: "failed", bytes: 5e9, error, heardAt: 40, finishedAt: 40 };
        // A late change from before the end changes nothing.
        expect(await imports.change(id, { state: "reading", bytes: 1 }, 50)).toBe(true);
        expect([await imports.get(id), await imports.cancel(id)]).toEqual([end, end]);
        expect([await store.imports.deleteOld(40, 9), await store.imports.deleteOld(41, 9)]).toEqual([0, 1]);
        expect(await imports.get(id)).toBeNull();
      });
    });

    describe("imports that are cancelled before they are under way", () => {
      it("stay cancelled when a process tries to start them", async () => {
        const { imports } = store.ofProject("a");
        const id = createId("import");
        const cancelled = await imports.insert({ id, state: "cancelled", bytes: 0, createdAt: 10 });
        expect(cancelled).toMatchObject({ state: "cancelled", finishedAt: 10 });
        expect(await imports.insert({ id, state: "fetching", bytes: 5, createdAt: 20 })).toEqual(cancelled);
        expect(await imports.change(id, { state: "reading", bytes: 9 }, 30)).toBe(true);
        const other = createId("import");
        const begun = await imports.insert({ id: other, state: "fetching", bytes: 5, createdAt: 20 });
        expect(await imports.insert({ id: other, state: "cancelled", bytes: 0, createdAt: 30 })).toEqual(begun);
      });
    });

    describe("schedules", () => {
      it("belong to a project, which has a maximum of them", async () => {
        const schedule = await insert("a");
        expect(schedule).toMatchObject({ project: "a", document: DOCUMENT, paused: false, etag: null, sha256: null });
        const { id } = schedule;
        const again = { ...schedule, within: 1 };
        expect(await store.ofProject("a").schedules.insert(again)).toEqual(schedule);
        await insert("b");
        await insert("a", null);
        await expect(insert("a")).rejects.toMatchObject({ code: "conflict" });
        const [own, other] = [store.ofProject("a"), store.ofProject("b")];
        expect((await own.schedules.list({ limit: 1 })).hasMore).toBe(true);
        expect((await own.schedules.list({ limit: 5 })).data.map((each) => each.id)).toContain(id);
        expect(await other.schedules.get(id)).toBeNull();
        expect(await other.schedules.change(id, { paused: true })).toBeNull();
        expect(await other.schedules.delete(id)).toBe(false);
        await expect(other.scheduleRuns.insert(runOf(id))).rejects.toMatchObject({ code: "not_found" });
        expect(await own.schedules.change(id, { paused: true, nextAt: null, etag: "e", sha256: "s" })).toMatchObject({
          ...{ paused: true, nextAt: null, etag: "e", sha256: "s", document: DOCUMENT },
        });
        expect(await own.schedules.delete(id)).toBe(true);
        expect(await own.schedules.get(id)).toBeNull();
      });

      it("begin one run when they are due, however many processes see it", async () => {
        const { id } = await insert("a", 100);
        await insert("b", 200);
        expect((await store.schedules.listDue(99, 5)).length).toBe(0);
        expect((await store.schedules.listDue(100, 5)).map((each) => each.id)).toEqual([id]);
        const fired = await Promise.all([1, 2, 3].map(() => store.schedules.fire(id, 100, 300, runOf(id))));
        expect(fired.filter((run) => run !== null)).toHaveLength(1);
        expect(await store.schedules.get(id)).toMatchObject({ nextAt: 300 });
        // The previous run is still under way: this time is skipped, and not made up for.
        expect(await store.schedules.fire(id, 300, 500, runOf(id))).toBeNull();
        expect(await store.schedules.get(id)).toMatchObject({ nextAt: 500 });
        expect((await store.ofProject("a").scheduleRuns.list(id, { limit: 5 })).data).toHaveLength(1);
        await expect(store.ofProject("a").scheduleRuns.insert(runOf(id))).rejects.toMatchObject({ code: "conflict" });
      });

      it("have runs that one process holds, until its lease is over", async () => {
        const own = store.ofProject("a");
        const { id: schedule } = await insert("a");
        const { id, document } = await own.scheduleRuns.insert(runOf(schedule));
        expect(await own.scheduleRuns.insert({ ...runOf(schedule), id })).toMatchObject({ id });
        expect((await store.scheduleRuns.listFree(100, 5)).map((run) => run.id)).toEqual([id]);
        expect(await store.scheduleRuns.claim(id, "one", 100, 200)).toMatchObject({ id, state: "fetching" });
        expect(await store.scheduleRuns.claim(id, "two", 150, 300)).toBeNull();
        expect(await store.scheduleRuns.listFree(150, 5)).toEqual([]);
        const change = { state: "training" as const, document: { ...document, job: "job_x" }, finishedAt: null };
        expect(await store.scheduleRuns.save(id, "two", change)).toBe(false);
        expect(await store.scheduleRuns.save(id, "one", change)).toBe(true);
        expect(await store.scheduleRuns.claim(id, "two", 201, 300)).toMatchObject({ document: { job: "job_x" } });
        expect(await store.scheduleRuns.renew(id, "one", 400)).toBe(false);
        await store.scheduleRuns.release(id, "two");
        expect(await store.scheduleRuns.claim(id, "three", 202, 300)).not.toBeNull();
        expect(await store.ofProject("b").scheduleRuns.get(id)).toBeNull();
        const end = {
          ...change,
          state: "kept" as const,
          finishedAt: 250,
          known: { etag: "e", sha256: "s", of: createHash("sha256").update(resultText(DOCUMENT)).digest("hex") },
        };
        expect(await store.scheduleRuns.save(id, "three", end)).toBe(true);
        expect(await store.scheduleRuns.renew(id, "three", 400)).toBe(false);
        expect(await own.schedules.get(schedule)).toMatchObject({ etag: "e", sha256: "s" });
        const [delivery] = await store.deliveries.claim(1000, 5, 10);
        expect(JSON.parse(delivery?.body ?? "{}")).toMatchObject({
          type: "schedule.kept",
          data: { id, schedule, job: "job_x" },
        });
        // A schedule that was changed during the run does not record what the run made.
        const { id: late } = await own.scheduleRuns.insert(runOf(schedule));
        await own.schedules.change(schedule, { document: { ...DOCUMENT, job: {} }, etag: null, sha256: null });
        await store.scheduleRuns.claim(late, "late", 260, 270);
        expect(await store.scheduleRuns.save(late, "late", end)).toBe(true);
        expect(await own.schedules.get(schedule)).toMatchObject({ etag: null, sha256: null });
        const { id: next } = await own.scheduleRuns.insert(runOf(schedule));
        await store.scheduleRuns.claim(next, "four", 300, 400);
        await store.scheduleRuns.releaseAll();
        expect((await store.scheduleRuns.listFree(301, 5)).map((run) => run.id)).toEqual([next]);
        expect(await own.schedules.delete(schedule)).toBe(true);
        expect(await store.scheduleRuns.save(next, "four", end)).toBe(false);
        expect(await own.scheduleRuns.get(next)).toBeNull();
      });
    });
  });
}
