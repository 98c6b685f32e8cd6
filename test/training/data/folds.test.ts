import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fold, type FoldRequest, foldsOf } from "../../../src/training/data/folds.ts";

interface Reference {
  readonly groups: readonly {
    readonly groups: number[];
    readonly labels: number[];
    readonly splits: number;
    readonly group: number[][];
    readonly stratified: number[][];
  }[];
  readonly chance: readonly { labels: number[]; splits: number; sizes: number[]; counts: number[][] }[];
  readonly rolling: readonly { times: number[]; splits: number; parts: [number[], number[]][] }[];
}

/** What scikit-learn does with the same tables: test/fixtures/splits/generate.py. */
const REFERENCE = JSON.parse(readFileSync("test/fixtures/splits/splits.json", "utf8")) as Reference;

const request = (given: Partial<FoldRequest> & { readonly rows: number; readonly count: number }): FoldRequest => ({
  among: null,
  classes: null,
  groups: null,
  times: null,
  repeats: 1,
  seed: 0,
  ...given,
});

function cut(given: Parameters<typeof request>[0]): readonly Fold[] {
  const result = foldsOf(request(given));
  if (!result.ok) throw new Error(result.detail);
  return result.folds;
}

const held = (folds: readonly Fold[]) => folds.map(({ validation }) => [...validation]);

describe("folds as scikit-learn cuts them", () => {
  it.each([...REFERENCE.chance.entries()])("have the sizes of KFold and StratifiedKFold: table %i", (_, given) => {
    const { labels, splits: count, sizes, counts } = given;
    const rows = labels.length;
    expect(held(cut({ rows, count, seed: 3 })).map(({ length }) => length)).toEqual(sizes);
    const stratified = held(cut({ rows, count, seed: 3, classes: labels }));
    const countsOf = (fold: number[]) =>
      (counts[0] ?? []).map((__, label) => fold.filter((row) => labels[row] === label).length);
    expect(stratified.map(countsOf)).toEqual(counts);
  });

  it.each([...REFERENCE.groups.entries()])("are GroupKFold's and StratifiedGroupKFold's by group: table %i", (_, given) => {
    const { groups, labels, splits: count, group, stratified } = given;
    const values = Int32Array.from(groups);
    expect(held(cut({ rows: groups.length, count, groups: values }))).toEqual(group);
    expect(held(cut({ rows: groups.length, count, groups: values, classes: labels }))).toEqual(stratified);
  });

  it.each([...REFERENCE.rolling.entries()])("are TimeSeriesSplit's by time: table %i", (_, { times, splits, parts }) => {
    const folds = cut({ rows: times.length, count: splits, times: Float64Array.from(times) });
    expect(folds.map(({ train, validation }) => [[...train], [...validation]])).toEqual(parts);
  });
});

describe("folds", () => {
  const table = fc.record({
    rows: fc.integer({ min: 4, max: 80 }),
    count: fc.integer({ min: 2, max: 4 }),
    repeats: fc.integer({ min: 1, max: 3 }),
    classes: fc.option(fc.array(fc.nat(3), { minLength: 80, maxLength: 80 }), { nil: null }),
    seed: fc.nat(),
  });

  it("validate each row once in each repeat, train on all others, and are the same for the same seed", () => {
    fc.assert(
      fc.property(table, (given) => {
        const { rows, count, repeats } = given;
        const result = foldsOf(request(given));
        // A class of few rows may leave a fold without any.
        if (!result.ok) return;
        expect(result.folds).toHaveLength(count * repeats);
        expect(foldsOf(request(given))).toEqual(result);
        const all = Array.from({ length: rows }, (_, row) => row);
        for (const { train, validation } of result.folds) {
          expect([...train, ...validation].sort((a, b) => a - b)).toEqual(all);
          expect([...train]).toEqual([...train].sort((a, b) => a - b));
        }
        for (let repeat = 0; repeat < repeats; repeat++)
          expect(
            held(result.folds.slice(repeat * count, (repeat + 1) * count))
              .flat()
              .sort((a, b) => a - b),
          ).toEqual(all);
      }),
    );
  });

  it("are cut anew in each repeat and by each seed", () => {
    const [first, , second] = cut({ rows: 50, count: 2, repeats: 2 });
    expect(first).not.toEqual(second);
    expect(cut({ rows: 50, count: 2, seed: 1 })[0]).not.toEqual(first);
  });

  it("hold rows of one time together, and train on those before alone", () => {
    const times = Float64Array.from([3, 1, 1, 2, 2, 2, 4, 4, 1, 3, Number.NaN]);
    for (const { train, validation } of cut({ rows: 11, count: 3, times })) {
      const known = [...train].filter((row) => row !== 10).map((row) => times[row] as number);
      expect(Math.max(...known)).toBeLessThan(Math.min(...[...validation].map((row) => times[row] as number)));
      expect([...train]).toContain(10);
    }
  });

  it("deal only the rows that they are given", () => {
    const among = Int32Array.from([1, 4, 5, 8, 9, 11]);
    const folds = cut({ rows: 12, count: 3, among, groups: Int32Array.from([0, 1, 0, 0, 2, 2, 0, 0, 3, 3, 0, -1]) });
    expect(
      held(folds)
        .flat()
        .sort((a, b) => a - b),
    ).toEqual([1, 4, 5, 8, 9]);
    for (const { train } of folds) expect([...train]).toContain(11);
  });

  it.each([
    [{ rows: 3, count: 4 }, "3 rows cannot be cut into 4 folds"],
    [{ rows: 5, count: 3, groups: Int32Array.from([0, 0, 1, 1, -1]) }, "2 groups cannot be dealt to 3 folds"],
    [{ rows: 5, count: 2, times: Float64Array.from([1, 1, 1, 2, 2]) }, "2 different times are too few for 2 folds"],
    [{ rows: 3, count: 2, times: Float64Array.from([Number.NaN, Number.NaN, Number.NaN]) }, "0 different times are too few"],
  ])("that cannot be cut say why: %#", (given, detail) => {
    const result = foldsOf(request(given));
    expect(result).toMatchObject({ ok: false, detail: expect.stringContaining(detail) });
  });
});
