/** What every Store must do with runs that forget rows, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ForgetDocument } from "../../src/domain/forget/forget.ts";
import { createId, type IdKind } from "../../src/domain/id.ts";
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

      /** Answers a request of a project with an idempotency key. */
      const answered = async (project: string, key: string, { route = "POST /v1/x", made = "", body = "" }) => {
        const name = { project, route, key };
        const claim = { ...name, owner: "us", ownedUntil: 9, resourceId: made, at: 1, expiredBefore: 0, isFull: false };
        await store.idempotency.claim(claim);
        await store.idempotency.fingerprint(name, "us", "a hash");
        await store.idempotency.answer(name, "us", { status: 200, headers: {}, body });
        return () => store.idempotency.claim({ ...claim, owner: "them", isFull: true });
      };

      it("erase the answers that tell of what was erased, on every page of them, and those of rows", async () => {
        const [erased, kept, run] = (["job", "job", "forget"] as const).map((kind: IdKind) => createId(kind));
        const gone = [
          await answered("a", "made", { made: erased! }),
          await answered("a", "asked", { route: "POST /v1/models/:id/predict", body: "a row" }),
        ];
        const left = [
          await answered("b", "made", { made: erased! }),
          await answered("a", "other", { made: kept!, body: `{"id":"${kept}"}` }),
        ];
        for (let index = 0; index < 50; index++) {
          const told = await answered("a", `told-${index}`, { route: `POST /v1/${index % 3}`, body: `{"of":["${erased}"]}` });
          (index % 2 === 0 ? gone : left).push(
            index % 2 === 0 ? told : await answered("a", `told-${index}`, { route: `POST /v1/y${index}`, body: "nothing" }),
          );
        }
        const forgetting = await answered("a", "forget", { made: run!, body: `{"id":"${run}","datasets":["${erased}"]}` });
        await store.ofProject("a").forgets.eraseTraces([erased!], 1);
        for (const ask of gone) expect(await ask()).toMatchObject({ kind: "full" });
        for (const ask of left) expect(await ask()).toMatchObject({ kind: "answered", fingerprint: "a hash" });
        // A client that lost its answer gets it again. Nothing says which rows it asked to forget.
        expect(await forgetting()).toMatchObject({ kind: "answered", fingerprint: "forgotten" });
      });

      it("take the hashes of what they made out of their records when that is erased", async () => {
        const [table, model, other] = [createId("dataset"), createId("model"), createId("model")];
        const entry = { job: null, job_name: "x", model: null, retrained_as: null, is_question: false, why_not: null };
        const made = (id: string) => ({ ...entry, replaced_by: { id, name: "x", version: 2, sha256: "a hash" } });
        const document: ForgetDocument = {
          ...DOCUMENT,
          datasets: [{ id: createId("dataset"), name: "t", replaced_by: table, sha256: "a hash" }],
          models: [made(model), made(other)],
        };
        const forgets = store.ofProject("a").forgets;
        const run = await forgets.insert({ id: createId("forget"), datasetId: "ds_x", document, createdAt: 1 });
        const erase = () => forgets.eraseTraces([table, model], 1);
        await erase();
        expect((await forgets.get(run.id))?.document).toEqual(document);
        await forgets.cancel(run.id, 5);
        await erase();
        const { datasets, models } = (await forgets.get(run.id))!.document;
        expect(datasets).toMatchObject([{ replaced_by: table, sha256: null }]);
        expect(models.map((each) => each.replaced_by?.sha256)).toEqual([null, "a hash"]);
      });

      it("record what was done to the files of the database", async () => {
        expect(await store.forgets.scrub()).toMatch(/VACUUM/);
      });
    });
  });
}
