/** What every Store must do with the monitoring of models, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createId } from "../../src/domain/id.ts";
import type { JudgedWindow } from "../../src/domain/monitoring/monitor-store.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { aModel, someWeights } from "./fixtures.ts";

const WINDOW = 10;
const counted = (rows: number, ...counts: number[]) => ({ rows, counts: Float64Array.from(counts) });

/** `open` gives an empty store; the suite closes it. */
export function monitorContract(name: string, open: () => Promise<Store>): void {
  describe(`${name}: monitors`, () => {
    let store: Store;
    let id: string;
    beforeEach(async () => {
      store = await open();
      id = await aStoredModel("asked");
    });
    afterEach(() => store.close());

    async function aStoredModel(name: string): Promise<string> {
      const model = { ...aModel("job_a"), id: createId("model"), name, jobId: null };
      return (await store.models.insert(model, someWeights())).id;
    }

    it("adds up counts, and closes a window when it is full", async () => {
      const { monitors } = store;
      expect(await monitors.get(id)).toBeNull();
      const first = await monitors.add(id, counted(6, 4, 2), WINDOW, 100);
      expect(first).toMatchObject({ unjudged: [], monitor: { rows: 6, openRows: 6, windows: 0, enabled: true } });
      const second = await monitors.add(id, counted(7, 3, 4), WINDOW, 200);
      expect(second?.monitor).toMatchObject({ rows: 13, openRows: 0, windows: 1 });
      expect(second?.unjudged).toEqual([
        { number: 1, rows: 13, startedAt: 100, endedAt: 200, counts: Float64Array.from([7, 6]), verdict: null },
      ]);
      const third = await monitors.add(id, counted(1, 1, 0), WINDOW, 300);
      expect(third).toMatchObject({ unjudged: [], monitor: { rows: 14, openRows: 1 } });
    });

    it("adds up what several processes count at once", async () => {
      await Promise.all(Array.from({ length: 12 }, () => store.monitors.add(id, counted(2, 1, 1), 1000, 1)));
      expect(await store.monitors.get(id)).toMatchObject({ rows: 24, openRows: 24 });
    });

    it("judges a window once, with its message, and says what has drifted", async () => {
      await store.monitors.add(id, counted(10, 5, 5), WINDOW, 1);
      const verdict = { columns: [{ psi: 0.3, p: 1e-9 }], drifted: ["age"] };
      const judged: JudgedWindow = { number: 1, verdict, at: 5, message: { url: "https://example.com/", body: "{}" } };
      expect(await store.monitors.judge(id, judged)).toBe(true);
      expect(await store.monitors.judge(id, judged)).toBe(false);
      expect((await store.monitors.get(id))?.drifted).toEqual(["age"]);
      expect(await store.monitors.listWindows(id, 5)).toMatchObject([{ number: 1, verdict }]);
      const { data } = await store.deliveries.list(id, { after: undefined, limit: 10 });
      expect(data).toMatchObject([{ url: "https://example.com/", body: "{}", state: "pending", nextAt: 5 }]);
    });

    it("keeps the newest windows, newest first", async () => {
      for (let window = 1; window <= 50; window++) await store.monitors.add(id, counted(10, 10), WINDOW, window);
      const windows = await store.monitors.listWindows(id, 100);
      expect(windows.map(({ number }) => number)).toEqual(Array.from({ length: 48 }, (_, index) => 50 - index));
    });

    it("drops counts of a model that is switched off, is gone, or never was", async () => {
      expect(await store.monitors.configure(id, { enabled: false, webhook: "https://example.com/" }, 1)).toMatchObject({
        enabled: false,
        webhook: "https://example.com/",
      });
      expect(await store.monitors.configure(id, { webhook: null }, 1)).toMatchObject({ enabled: false, webhook: null });
      expect(await store.monitors.add(id, counted(10, 1), WINDOW, 1)).toBeNull();
      expect(await store.monitors.add(createId("model"), counted(10, 1), WINDOW, 1)).toBeNull();
      expect(await store.monitors.keepAnswers(createId("model"), "a", [1], 1)).toBe(false);
      expect(await store.monitors.configure(createId("model"), {}, 1)).toBeNull();
    });

    it("compares answers with the truth, each once, however large the values are", async () => {
      const { monitors } = store;
      await monitors.keepAnswers(id, "a", [1e9 + 1, 1e9 + 2], 10);
      await monitors.keepAnswers(id, "b", [1e9 + 4], 20);
      expect(await monitors.sums(id)).toMatchObject({ answers: 3, labelled: 0 });
      const truth = (predictionId: string, row: number, value: number) => ({ predictionId, row, truth: 1e9 + value });
      expect(await monitors.label(id, [truth("a", 0, 9), truth("a", 2, 1), truth("c", 0, 1)])).toEqual([true, false, false]);
      await monitors.label(id, [truth("a", 0, 1), truth("a", 1, 4), truth("b", 0, 1)]);
      // The answers are 1, 2, 4, and the truths 1, 4, 1 with a mean of 2.
      expect(await monitors.sums(id)).toEqual({
        answers: 3,
        labelled: 3,
        right: 1,
        absolute: 5,
        squared: 13,
        variation: 6,
      });
      expect(await monitors.deleteOldAnswers(15, 10)).toBe(2);
      expect(await monitors.sums(id)).toMatchObject({ answers: 1, labelled: 1 });
    });

    it("keeps answers of a stream block by block", async () => {
      const { monitors } = store;
      await monitors.keepAnswers(id, "s", Float64Array.from([1, 0]), 10);
      await monitors.keepAnswers(id, "s", [1], 10, 2);
      const truth = (row: number) => ({ predictionId: "s", row, truth: 1 });
      expect(await monitors.label(id, [truth(0), truth(1), truth(2), truth(3)])).toEqual([true, true, true, false]);
      expect(await monitors.sums(id)).toMatchObject({ answers: 3, labelled: 3, right: 2 });
      // The answers of a model that has overflowed cannot be compared with anything.
      expect(await monitors.keepAnswers(id, "odd", [Number.NaN, 1, Number.POSITIVE_INFINITY], 10)).toBe(true);
      const odd = [0, 1, 2].map((row) => ({ predictionId: "odd", row, truth: 1 }));
      expect(await monitors.label(id, odd)).toEqual([false, true, false]);
    });

    it("keeps a sample of the newest rows only if one is asked for", async () => {
      const { monitors } = store;
      const rows = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => ({ row: `{"x":${from + index}}`, answer: from + index }));
      const kept = async (page = { before: null as number | null, limit: 10 }) => (await monitors.listRows(id, page)).data;
      expect(await monitors.keepRows(id, rows(1, 2), 1, 1)).toBe(false);
      expect(await monitors.configure(id, { sampleRows: 5 }, 1)).toMatchObject({ sampleRows: 5 });
      expect(await monitors.keepRows(id, rows(1, 4), 10, 9)).toBe(true);
      await monitors.keepRows(id, rows(5, 4), 20, 19);
      expect(await kept()).toEqual(
        [8, 7, 6, 5, 4].map((n) => ({ number: n, row: `{"x":${n}}`, answer: n, askedAt: n > 4 ? 20 : 10 })),
      );
      const page = await monitors.listRows(id, { before: null, limit: 2 });
      expect([page.hasMore, page.nextAfter]).toEqual([true, "7"]);
      expect((await kept({ before: 7, limit: 2 })).map(({ number }) => number)).toEqual([6, 5]);
      expect(await monitors.deleteOldRows(15, 10)).toBe(1);
      await monitors.configure(id, { sampleRows: 2 }, 1);
      expect((await kept()).map(({ number }) => number)).toEqual([8, 7]);
      expect((await store.ofProject("other").monitors.listRows(id, { before: null, limit: 9 })).data).toEqual([]);
      await store.ofProject("other").forgets.eraseTraces([], 5000);
      expect(await kept()).toHaveLength(2);
      // Forgotten rows may be among the sampled ones, whatever the model was trained on.
      await store.forgets.eraseTraces([], 5000);
      expect(await kept()).toEqual([]);
      // Rows that a process held in memory, and that may have been asked before the erasure, are refused.
      expect(await monitors.keepRows(id, rows(1, 1), 6500, 4900)).toBe(false);
      expect(await monitors.keepRows(id, rows(1, 1), 8500, 6500)).toBe(true);
      expect(await kept()).toHaveLength(1);
      await monitors.configure(id, { sampleRows: 0 }, 1);
      expect(await kept()).toEqual([]);
    });

    it("sums the newest labelled answers alone where that is asked", async () => {
      const { monitors } = store;
      for (let at = 1; at <= 6; at++) await monitors.keepAnswers(id, `p${at}`, [at], at);
      await monitors.label(
        id,
        [1, 2, 3, 4, 5].map((at) => ({ predictionId: `p${at}`, row: 0, truth: at <= 3 ? at : 0 })),
      );
      expect(await monitors.sums(id, 3)).toMatchObject({ answers: 3, labelled: 3, right: 1, absolute: 9 });
      expect(await monitors.sums(id)).toMatchObject({ answers: 6, labelled: 5, right: 3 });
    });

    it("reports once that a live score has fallen, and once that it has recovered", async () => {
      const { monitors } = store;
      await monitors.configure(id, { webhook: "https://example.com/" }, 1);
      expect(await monitors.get(id)).toMatchObject({ scoreDrop: 0.05, scoreFell: false });
      const change = (fell: boolean) => ({ fell, at: 9, message: { url: "https://example.com/", body: `{"fell":${fell}}` } });
      const told = await Promise.all([true, true, true].map((fell) => monitors.setScore(id, 0.5, change(fell))));
      expect(told.filter(Boolean)).toHaveLength(1);
      expect(await monitors.get(id)).toMatchObject({ scoreFell: true });
      expect(await monitors.listFigures(1)).toMatchObject([{ liveScore: 0.5, scoreFell: true }]);
      expect(await monitors.setScore(id, 0.9, change(false))).toBe(true);
      expect(await monitors.setScore(id, 0.9, change(false))).toBe(false);
      const { data } = await store.deliveries.list(id, { after: undefined, limit: 10 });
      expect(data.map(({ body }) => body).toSorted()).toEqual(['{"fell":false}', '{"fell":true}']);
      await monitors.setScore(id, 0.5, change(true));
      expect(await monitors.configure(id, { scoreDrop: 0.05 }, 1)).toMatchObject({ scoreFell: true });
      // Changing the bound resets the verdict.
      expect(await monitors.configure(id, { scoreDrop: null }, 1)).toMatchObject({ scoreDrop: null, scoreFell: false });
      expect(await store.ofProject("other").monitors.setScore(id, 1, change(true))).toBe(false);
    });

    it("lists the figures of the models that were used last", async () => {
      const { monitors } = store;
      const other = await aStoredModel("other");
      await monitors.add(id, counted(10, 5, 5), WINDOW, 1);
      const verdict = {
        columns: [
          { psi: 0.3, p: 1 },
          { psi: 0.1, p: 1 },
        ],
        drifted: [],
      };
      await monitors.judge(id, { number: 1, verdict, at: 5, message: null });
      expect(await monitors.setScore(id, 0.75, null)).toBe(false);
      await monitors.add(other, counted(1, 1), WINDOW, 7);
      const found = await monitors.listFigures(10);
      expect(found).toMatchObject([
        { name: "other", version: 1, psi: null, liveScore: null, scoreFell: false },
        { name: "asked", version: 1, psi: 0.3, liveScore: 0.75, scoreFell: false },
      ]);
      expect(await monitors.listFigures(1)).toHaveLength(1);
      await monitors.configure(other, { enabled: false }, 8);
      expect((await monitors.listFigures(10)).map(({ name }) => name)).toEqual(["asked"]);
    });

    it("removes everything with the model, and shows another project nothing", async () => {
      await store.monitors.add(id, counted(10, 10), WINDOW, 1);
      await store.monitors.keepAnswers(id, "a", [1], 1);
      const other = store.ofProject("other").monitors;
      expect(await other.get(id)).toBeNull();
      expect(await other.listWindows(id, 9)).toEqual([]);
      expect(await other.keepAnswers(id, "b", [1], 1)).toBe(false);
      expect(await other.label(id, [{ predictionId: "a", row: 0, truth: 1 }])).toEqual([]);
      expect((await store.models.delete(id)).deleted).toBe(true);
      expect(await store.monitors.get(id)).toBeNull();
      expect(await store.monitors.listWindows(id, 9)).toEqual([]);
      expect((await store.monitors.sums(id)).answers).toBe(0);
    });
  });
}
