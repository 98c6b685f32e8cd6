import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Column, DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import { type Split, split as splitSchema } from "../../../src/domain/spec/split.ts";
import { resolveSplit, type SplitResult, splitPresent, splitRows } from "../../../src/training/data/split.ts";
import { dealByClass, dealBySize } from "../../../src/training/data/splits/group-folds.ts";
import { datasetOf } from "../dataset.ts";
import { prepare, train } from "../train.ts";

interface Reference {
  readonly groups: readonly {
    readonly groups: number[];
    readonly labels: number[];
    readonly splits: number;
    readonly group: number[][];
    readonly stratified: number[][];
  }[];
  readonly times: readonly { readonly times: number[]; readonly splits: number; readonly last: number[] }[];
}

/** What scikit-learn does with the same tables: test/fixtures/splits/generate.py. */
const REFERENCE = JSON.parse(readFileSync("test/fixtures/splits/splits.json", "utf8")) as Reference;

const columnOf = (values: readonly number[]) => ({
  column: { name: "c", type: "integer", missing: 0, distinct: 2, statistics: null, top: [], categories: null } as Column,
  values: Float64Array.from(values),
});

function partsOf(result: SplitResult) {
  if (!result.ok) throw new Error(result.errors[0].detail);
  const { train: rest, validation, test } = result.parts;
  return { train: [...rest], validation: [...validation], test: [...test] };
}

/** A split as a body has it, with its defaults. */
const parsed = (given: object) => resolveSplit(splitSchema.parse(given), true) as Split;

describe("a split by group", () => {
  it.each(REFERENCE.groups.map((reference, index) => [index, reference] as const))(
    "deals groups to the folds of GroupKFold and StratifiedGroupKFold: table %i",
    (_, { groups, labels, splits, group, stratified }) => {
      const count = Math.max(...groups) + 1;
      const sizes = Array.from({ length: count }, (__, each) => groups.filter((other) => other === each).length);
      const counts = sizes.map(() => new Map<number, number>());
      groups.forEach((own, row) => {
        const label = labels[row] as number;
        counts[own]?.set(label, (counts[own]?.get(label) ?? 0) + 1);
      });
      const rowsOf = (foldOf: Int32Array) =>
        Array.from({ length: splits }, (__, fold) =>
          [...groups.keys()].filter((row) => foldOf[groups[row] as number] === fold),
        );
      expect(rowsOf(dealBySize(sizes, splits))).toEqual(group);
      expect(rowsOf(dealByClass(counts, Math.max(...labels) + 1, splits))).toEqual(stratified);
    },
  );

  it("holds out the first fold, row for row, where no fold is much too heavy", () => {
    const { groups, labels, group, stratified } = REFERENCE.groups[1] as Reference["groups"][number];
    const held = (given: object) =>
      partsOf(splitRows(60, parsed(given), 0, { classes: labels, column: columnOf(groups) })).validation;
    expect(held({ group: "c", validation: 0.2, stratify: false })).toEqual(group[0]);
    expect(held({ group: "c", validation: 0.2 })).toEqual(stratified[0]);
  });

  it("leaves a group that outweighs its fold to train", () => {
    const groups = [...new Array<number>(60).fill(0), ...Array.from({ length: 40 }, (_, row) => 1 + (row % 8))];
    const { validation } = partsOf(splitRows(100, parsed({ group: "c" }), 0, { classes: null, column: columnOf(groups) }));
    expect(validation.length).toBe(10);
    expect(validation.some((row) => row < 60)).toBe(false);
  });

  const tables = fc
    .record({
      groups: fc.array(fc.oneof(fc.nat(9), fc.constant(Number.NaN)), { minLength: 1, maxLength: 80 }),
      validation: fc.constantFrom(0, 0.1, 0.15, 0.2, 1 / 3, 0.5),
      test: fc.constantFrom(0, 0.1, 0.25),
      seed: fc.nat(),
      isStratified: fc.boolean(),
    })
    .map((table) => ({ ...table, classes: table.groups.map((_, row) => (row * 7 + table.seed) % 3) }));

  it("has no group on both sides, every row once, and every part that was asked for", () => {
    fc.assert(
      fc.property(tables, ({ groups, validation, test, seed, isStratified, classes }) => {
        const given = { group: "c", validation, test, stratify: isStratified };
        const result = splitRows(groups.length, given, seed, { classes, column: columnOf(groups) });
        const count = new Set(groups.filter((group) => !Number.isNaN(group))).size;
        const asked = Number(validation > 0) + Number(test > 0);
        if (!result.ok) {
          expect(count).toBeLessThanOrEqual(asked);
          return;
        }
        const parts = partsOf(result);
        expect(
          Object.values(parts)
            .flat()
            .sort((a, b) => a - b),
        ).toEqual([...groups.keys()]);
        const held = (rows: readonly number[]) => new Set(rows.map((row) => groups[row] as number));
        const [one, two, three] = [held(parts.train), held(parts.validation), held(parts.test)];
        one.delete(Number.NaN);
        expect(new Set([...one, ...two, ...three]).size).toBe(one.size + two.size + three.size);
        expect([parts.validation.length > 0, parts.test.length > 0]).toEqual([validation > 0, test > 0]);
        // Neither the seed nor the order in which rows come has a part in it.
        expect(partsOf(splitRows(groups.length, given, seed + 1, { classes, column: columnOf(groups) }))).toEqual(parts);
      }),
    );
  });
});

describe("a split by time", () => {
  it.each(REFERENCE.times.map((reference, index) => [index, reference] as const))(
    "holds out the last rows of TimeSeriesSplit: table %i",
    (_, { times, splits, last }) => {
      const sources = { classes: null, column: columnOf(times) };
      expect(
        partsOf(splitRows(times.length, parsed({ time: "c", validation: 1 / (splits + 1) }), 0, sources)).validation,
      ).toEqual(last);
    },
  );

  const tables = fc.record({
    times: fc.array(fc.oneof(fc.integer({ min: -5, max: 20 }), fc.constant(Number.NaN)), { minLength: 1, maxLength: 60 }),
    validation: fc.constantFrom(0, 0.1, 0.2, 0.5),
    test: fc.constantFrom(0, 0.1, 0.25, 0.9),
  });

  it("trains on what came first, keeps a time together, and uses every row once", () => {
    fc.assert(
      fc.property(tables, ({ times, validation, test }) => {
        const result = splitRows(times.length, { time: "c", validation, test }, 0, { classes: null, column: columnOf(times) });
        const count = new Set(times.filter((time) => !Number.isNaN(time))).size;
        const asked = Number(validation > 0) + Number(test > 0);
        if (!result.ok) {
          expect(count).toBeLessThanOrEqual(asked);
          return;
        }
        const parts = partsOf(result);
        expect(
          Object.values(parts)
            .flat()
            .sort((a, b) => a - b),
        ).toEqual([...times.keys()]);
        const of = (rows: readonly number[]) => rows.map((row) => times[row] as number).filter((time) => !Number.isNaN(time));
        const last = (rows: readonly number[]) => Math.max(...of(rows), Number.NEGATIVE_INFINITY);
        const first = (rows: readonly number[]) => Math.min(...of(rows), Number.POSITIVE_INFINITY);
        expect(last(parts.train)).toBeLessThan(first([...parts.validation, ...parts.test]));
        expect(last(parts.validation)).toBeLessThan(first(parts.test));
        expect([parts.validation.length > 0, parts.test.length > 0]).toEqual([validation > 0, test > 0]);
        expect([...parts.validation, ...parts.test].every((row) => !Number.isNaN(times[row]))).toBe(true);
      }),
    );
  });

  it("cuts at the change of time that is nearest to the share", () => {
    const held = (times: readonly number[]) =>
      partsOf(splitRows(10, parsed({ time: "c" }), 0, { classes: null, column: columnOf(times) })).validation;
    expect(held([1, 2, 3, 4, 5, 6, 7, 7, 7, 9])).toEqual([9]);
    expect(held([1, 2, 3, 4, 5, 6, 7, 9, 9, 9])).toEqual([7, 8, 9]);
    expect(held([1, 1, 1, 2, 2, 2, 2, 2, 2, 2])).toEqual([3, 4, 5, 6, 7, 8, 9]);
  });

  it("is of the rows that have a target", () => {
    const present = Int32Array.of(0, 2, 4, 6, 8);
    const column = columnOf([9, 0, 1, 0, 2, 0, 3, 0, 4, 0]);
    expect(partsOf(splitPresent(present, 10, parsed({ time: "c" }), 0, { classes: null, column }))).toEqual({
      train: [2, 4, 6, 8],
      validation: [0],
      test: [],
    });
  });
});

/** Patients with several visits each. */
function visits(): DatasetRows {
  const rows = Array.from({ length: 60 }, (_, row) => row);
  return datasetOf({
    age: rows.map((row) => 20.5 + ((row * 37) % 41)),
    patient: rows.map((row) => 100 + (row % 12)),
    site: rows.map((row) => ["north", "south", "west"][row % 3] as string),
    day: rows.map((row) => (row * 17) % 60),
    outcome: rows.map((row) => ((row * row) % 7 < 3 ? "well" : "ill")),
    dose: rows.map((row) => row / 8),
  });
}

const job = (split: object, source: object = {}, rest: object = {}) => ({
  data: { dataset: { id: "ds_1", target: "outcome", ...source } },
  model: { layers: [{ type: "linear" }] },
  epochs: 2,
  split,
  ...rest,
});

function resolved(spec: object) {
  const prepared = prepare(spec, {}, visits());
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return prepared.spec;
}

describe("a job that splits by a column", () => {
  it.each([
    ["group", { group: "patient" }, { group: "patient", validation: 0.2, test: 0, stratify: true }],
    ["time", { time: "day", test: 0.1 }, { time: "day", validation: 0.2, test: 0.1 }],
    ["labels", { column: "patient", validation: [100, "101"] }, { column: "patient", validation: ["100", "101"], test: [] }],
  ])("resolves its defaults, and keeps the column out of the features: %s", (_, given, expected) => {
    const spec = resolved(job(given));
    const { features } = (spec.data as { dataset: { features: string[] } }).dataset;
    expect(spec.split).toEqual(expected);
    expect(features).not.toContain(Object.values(given)[0]);
    expect(features).toContain("age");
  });

  it.each([{ group: "patient" }, { time: "day" }])("takes the column for a feature where it is asked to: %o", (given) => {
    const features = ["age", ...Object.values(given)];
    expect(resolved(job(given, { features })).data).toMatchObject({ dataset: { features } });
  });

  it("trains to the weights of the same rows by their positions", () => {
    const dataset = visits();
    const rows = [...dataset.values.get("day")!.keys()];
    const day = dataset.values.get("day") as Float64Array;
    const late = rows.filter((row) => (day[row] as number) >= 48);
    const features = ["age", "site"];
    const weights = (split: object) => {
      const { result } = train(job(split, { features }), { dataset });
      return result.state === "succeeded" ? result.model.sha256 : result.state;
    };
    expect(weights({ time: "day" })).toBe(weights({ validation_rows: late }));
    const patient = dataset.values.get("patient") as Float64Array;
    const chosen = rows.filter((row) => patient[row] === 103 || patient[row] === 107);
    expect(weights({ column: "patient", validation: [103, "107"] })).toBe(weights({ validation_rows: chosen }));
    // A row that is named twice is held out once, and so many names are kept apart from the spec.
    const often = Array.from({ length: 1001 }, () => chosen).flat();
    expect(weights({ validation_rows: often })).toBe(weights({ validation_rows: chosen }));
  });

  const refusals: readonly (readonly [string, object, string, string])[] = [
    ["a column that is not there", job({ group: "patients" }), "/split/group", "there is no column patients"],
    ["a target as a group", job({ group: "outcome" }), "/split/group", "outcome is the target: it cannot split"],
    ["labels as times", job({ time: "site" }), "/split/time", "must be a column of dates or numbers"],
    [
      "numbers as labels",
      job({ column: "dose", validation: ["1"] }),
      "/split/column",
      "must be a category, boolean or integer",
    ],
    [
      "a label of an integer column that no row has",
      job({ column: "patient", validation: [99] }),
      "/split/validation/0",
      'no row of patient is "99": its labels are "100", "101"',
    ],
    [
      "too few groups",
      job({ group: "outcome", validation: 0.2, test: 0.1 }, { target: "dose" }),
      "/split/group",
      "outcome has 2 groups: too few to train on some and hold out validation and test",
    ],
    [
      "classes of a regression",
      job({ group: "patient", stratify: true }, { target: "dose" }),
      "/split/stratify",
      "is only for classes; a regression has none",
    ],
    [
      "rows in the request",
      { ...job({ group: "g" }), data: { inline: { features: [[1], [2]], targets: [1, 2] } } },
      "/split/group",
      "is only for data sets",
    ],
    [
      "a group and a time",
      job({ group: "patient", time: "day" }),
      "/split/time",
      "cannot be combined with the other fields here",
    ],
  ];
  it.each(refusals)("is refused for %s", (_, given, pointer, detail) => {
    const prepared = prepare(given, {}, visits());
    if (prepared.ok) throw new Error("it was accepted");
    const found = Object.fromEntries(prepared.errors.map((error) => [error.pointer, error.detail]));
    expect(found[pointer]).toContain(detail);
  });
});
