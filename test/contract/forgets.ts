/** What every Store must do with runs that forget rows, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ForgetDocument } from "../../src/domain/forget/forget.ts";
import { createId } from "../../src/domain/id.ts";
import type { Store } from "../../src/domain/store/store.ts";

const DOCUMENT: ForgetDocument = {
  ...{ rows: [1], datasets: [], models: [], sweeps: [], eraseOthers: false, hashes: {} },
  ...{ waitsFor: null, error: null, receipt: null },
};

/** `open` gives an empty store; the suite closes it. */
export function forgetContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    const insert = (project: string) =>
      store.ofProject(project).forgets.insert({ id: createId("forget"), datasetId: "ds_x", document: DOCUMENT, createdAt: 1 });

    describe("runs that forget rows", () => {
      it("belong to a project, which has one at a time", async () => {
        const run = await insert("a");
        expect(run).toMatchObject({ project: "a", state: "retraining", document: DOCUMENT, finishedAt: null });
        await expect(insert("a")).rejects.toMatchObject({ code: "conflict" });
        await insert("b");
        expect(await store.ofProject("b").forgets.get(run.id)).toBeNull();
        expect(await store.ofProject("b").forgets.cancel(run.id, 5)).toBeNull();
        expect((await store.ofProject("a").forgets.list({ limit: 5 })).data).toEqual([run]);
        expect(await store.ofProject("a").forgets.cancel(run.id, 5)).toMatchObject({ state: "cancelled", finishedAt: 5 });
        await insert("a");
      });

      it("are held by one process, until its lease is over", async () => {
        const { id } = await insert("a");
        expect(await store.forgets.listFree(100)).toEqual([{ id, project: "a" }]);
        expect(await store.forgets.claim(id, "one", 100, 200)).toMatchObject({ id });
        expect(await store.forgets.claim(id, "two", 150, 300)).toBeNull();
        expect(await store.forgets.listFree(150)).toEqual([]);
        const change = { state: "erasing" as const, document: { ...DOCUMENT, waitsFor: "job_x" }, finishedAt: null };
        expect(await store.forgets.save(id, "two", change)).toBe(false);
        expect(await store.forgets.save(id, "one", change)).toBe(true);
        expect(await store.forgets.cancel(id, 5)).toBeNull();
        expect(await store.forgets.claim(id, "two", 201, 300)).toMatchObject({ document: { waitsFor: "job_x" } });
        expect(await store.forgets.renew(id, "one", 400)).toBe(false);
        expect(await store.forgets.save(id, "two", { ...change, state: "succeeded", finishedAt: 9 })).toBe(true);
        expect(await store.forgets.get(id)).toMatchObject({ state: "succeeded", finishedAt: 9 });
        expect(await store.forgets.listFree(1000)).toEqual([]);
        expect(await store.forgets.renew(id, "two", 400)).toBe(false);
      });

      it("say what was done to the files of the database", async () => {
        expect(await store.forgets.scrub()).toMatch(/VACUUM/);
      });
    });
  });
}
