/** Folds of a search where the split of the job is by groups or by time. */
import { describe, expect, it } from "vitest";
import { searchFolds } from "../../../src/training/auto/folds.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { datasetOf } from "../dataset.ts";
import { jobRecord, prepare, train } from "../train.ts";

const ROWS = 120;
const patients = Array.from({ length: ROWS }, (_, row) => `patient ${(row * 7) % 12}`);
const days = Array.from({ length: ROWS }, (_, row) => ((row * 53) % ROWS) + 0.5);
const x = Array.from({ length: ROWS }, (_, row) => ((row * 31) % 17) / 2);
const y = x.map((value, row) => 2 * value + (row % 5) / 10);
const dataset = datasetOf({ patient: patients, day: days, x, y });

function foldsOf(split: object | null, table = dataset) {
  const spec = { data: { dataset: { id: "ds_1", target: "y" } }, task: "regression", split, model: { auto: { trials: 2 } } };
  const prepared = prepare(spec, {}, table);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const job = jobRecord(prepared, 0);
  const data = loadData({ job, payload: null, dataset: table, checkpoint: null });
  if (!("auto" in job.spec.model)) throw new Error("the network is given");
  const folds = searchFolds(data.train, data.dealtBy, 0, job.spec.model.auto, 1);
  return { data, folds, run: train(spec, { dataset: table }) };
}

describe("the folds of a search", () => {
  it("have no group on both sides where the split is by groups", () => {
    const { data, folds, run } = foldsOf({ group: "patient", validation: 0, test: 0.25 });
    const { groups } = data.dealtBy;
    expect(folds).toHaveLength(5);
    for (const fold of folds) {
      const trained = new Set(Array.from(fold.train, (row) => groups?.[row]));
      expect(Array.from(fold.validation).some((row) => trained.has(groups?.[row]))).toBe(false);
    }
    expect(run.result.state).toBe("succeeded");
  });

  it("predict later rows from earlier ones where the split is by time", () => {
    const { data, folds, run } = foldsOf({ time: "day", validation: 0, test: 0.25 });
    const { times } = data.dealtBy;
    const at = (row: number) => times?.[row] as number;
    for (const { train: rows, validation } of folds)
      expect(Math.max(...Array.from(rows, at))).toBeLessThan(Math.min(...Array.from(validation, at)));
    expect(run.result.state).toBe("succeeded");
  });

  it("are fewer where the groups are", () => {
    const few = datasetOf({ patient: patients.map((_, row) => `patient ${row % 4}`), x, y });
    const { folds, run } = foldsOf({ group: "patient", validation: 0, test: 0.25 }, few);
    expect(folds).toHaveLength(3);
    expect(run.result.state).toBe("succeeded");
  });

  it("are dealt by chance without such a split", () => {
    const { data, folds } = foldsOf(null);
    expect(data.dealtBy).toEqual({ groups: null, times: null });
    expect(folds).toHaveLength(5);
  });
});
