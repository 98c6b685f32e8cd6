import { describe, expect, it } from "vitest";
import type { Column, DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import { prepare } from "../train.ts";

const ROWS = 60;
const plain = { missing: 0, distinct: 40, statistics: null, top: [], categories: null };
const x: Column = { ...plain, name: "x", type: "number" };
const layers = [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }];

/** A table with a target that has one odd cell. */
function dataset(target: Partial<Column>, values: Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>): DatasetRows {
  const cells = [{ place: "line 9", line: 9, value: "inf" }];
  const y: Column = { ...plain, name: "y", type: "number", odd: { count: 1, cells, read_as: "missing" }, ...target };
  const numbers = Float64Array.from({ length: ROWS }, (_, row) => row / 3);
  return {
    rows: ROWS,
    sha256: "",
    columns: [x, y],
    values: new Map<string, Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>([
      ["x", numbers],
      ["y", values],
    ]),
  };
}

const errorsOf = (data: DatasetRows) => {
  const spec = { data: { dataset: { id: "ds_x", target: "y" } }, model: { layers }, epochs: 1 };
  const prepared = prepare(spec, {}, data);
  return prepared.ok ? [] : prepared.errors;
};
const numbers = Float64Array.from({ length: ROWS }, (_, row) => (row === 7 ? Number.NaN : row * 1.5));
const codes = (count: number) => Int32Array.from({ length: ROWS }, (_, row) => row % count);
const labels = (count: number) => Array.from({ length: count }, (_, index) => `l${String(index).padStart(2, "0")}`);

describe("a target with a cell that is no number", () => {
  it("is refused with the line, the cell and the cure", () => {
    expect(errorsOf(dataset({ missing: 1 }, numbers))).toEqual([
      {
        pointer: "/data/dataset/target",
        detail: expect.stringMatching(/1 value of y .*line 9 \("inf"\): correct them or leave/),
      },
    ]);
  });

  it("is refused where it would have very many classes", () => {
    const odd = { count: 20, cells: [{ place: "line 9", line: 9, value: "low" }], read_as: "label" as const };
    const many = dataset({ type: "category", categories: labels(40), odd }, codes(40));
    expect(errorsOf(many)).toEqual([
      { pointer: "/data/dataset/target", detail: expect.stringContaining('types={"y":"category"}') },
    ]);
    expect(errorsOf(dataset({ type: "category", categories: labels(4), distinct: 4, odd }, codes(4)))).toEqual([]);
  });

  it("is no hindrance in a feature", () => {
    const data = dataset({}, numbers);
    const [first, y] = data.columns as [Column, Column];
    const swapped = {
      ...data,
      columns: [
        { ...first, odd: y.odd },
        { ...y, odd: undefined },
      ],
    };
    expect(errorsOf(swapped as DatasetRows)).toEqual([]);
  });
});

describe("a target of numbers with decimals", () => {
  /** Of the first `rows` values; the others are missing. */
  const specOf = (
    given: Float64Array<ArrayBuffer>,
    rest: object = {},
    rows = ROWS,
    statistics: Column["statistics"] = null,
  ) => {
    const values = given.map((value, row) => (row < rows ? value : Number.NaN));
    const distinct = new Set(values.slice(0, rows)).size;
    const data = dataset({ odd: undefined, distinct, missing: ROWS - rows, statistics } as Partial<Column>, values);
    const prepared = prepare(
      { data: { dataset: { id: "ds_x", target: "y" } }, model: { layers }, epochs: 1, ...rest },
      {},
      data,
    );
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
    return prepared;
  };
  const every = (value: (row: number) => number) => Float64Array.from({ length: ROWS }, (_, row) => value(row));

  it("that are all .0 and few is of classes, which a note says and the task overrides", () => {
    const values = every((row) => 1 + (row % 3));
    const classes = specOf(values);
    expect([classes.spec.task, classes.classes]).toEqual(["multiclass_classification", ["1", "2", "3"]]);
    expect(classes.notes.map(({ code }) => code)).toContain("task_guessed");
    expect(specOf(values, { task: "regression" }).spec.task).toBe("regression");
  });

  it("is a regression where they are many, or not all whole", () => {
    expect(specOf(every((row) => row)).spec.task).toBe("regression");
    expect(specOf(every((row) => (row % 3) / 2)).spec.task).toBe("regression");
  });

  it("is a regression, which a note says, where they hardly repeat or are far apart, as the prices of a few houses are", () => {
    const spread = {
      min: 0,
      max: 100_000,
      mean: 0,
      sd: 1,
      histogram: { edges: [], counts: [] },
    } as unknown as Column["statistics"];
    for (const prepared of [
      specOf(
        every((row) => row % 20),
        {},
        ROWS - 10,
      ),
      specOf(
        every((row) => (row % 6) * 20_000),
        {},
        ROWS,
        spread,
      ),
    ]) {
      expect(prepared.spec.task).toBe("regression");
      expect(prepared.notes.map(({ code }) => code)).toContain("task_guessed");
    }
    // Codes may be far apart where they are very few, and two values are classes of few rows too.
    expect(
      specOf(
        every((row) => (row % 3) * 20_000),
        {},
        ROWS,
        spread,
      ).spec.task,
    ).toBe("multiclass_classification");
    expect(
      specOf(
        every((row) => (row > 4 ? Number.NaN : row % 2)),
        {},
        5,
      ).spec.task,
    ).toBe("binary_classification");
  });
});

describe("a target that cannot be meant", () => {
  const times = Float64Array.from({ length: ROWS }, (_, row) => Date.UTC(2024, 0, 1) + row * 86_400_000);

  it("is refused where it has dates, unless a task is given", () => {
    const data = dataset({ type: "datetime", odd: undefined } as Partial<Column>, times);
    expect(errorsOf(data)).toEqual([
      { pointer: "/data/dataset/target", detail: expect.stringMatching(/^y is a column of dates: predict a number instead/) },
    ]);
    const spec = { data: { dataset: { id: "ds_x", target: "y" } }, model: { layers }, epochs: 1, task: "regression" };
    expect(prepare(spec, {}, data)).toMatchObject({ ok: true });
  });

  it("is refused where it has texts, with their number", () => {
    const data = dataset({ type: "text", odd: undefined, distinct: 58 } as Partial<Column>, codes(4));
    expect(errorsOf({ ...data, values: new Map([["x", numbers]]) })).toEqual([
      { pointer: "/data/dataset/target", detail: expect.stringContaining("58 different values in 60 rows") },
    ]);
  });

  it("has a note where it numbers the rows", () => {
    const data = dataset(
      { type: "integer", odd: undefined, distinct: ROWS } as Partial<Column>,
      times.map((_, row) => row + 1),
    );
    const prepared = prepare({ data: { dataset: { id: "ds_x", target: "y" } }, model: { layers }, epochs: 1 }, {}, data);
    expect(prepared.ok && prepared.notes.map(({ code, column }) => `${column}: ${code}`)).toContain("y: id_like_column");
  });
});
