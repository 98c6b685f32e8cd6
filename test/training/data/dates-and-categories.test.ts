/** Parts of dates, and categories that are bounded. */
import { describe, expect, it } from "vitest";
import { createValueReader } from "../../../src/domain/datasets/column-reader.ts";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { featureNames, type ValueColumn } from "../../../src/domain/datasets/preprocessing.ts";
import { preprocess } from "../../../src/domain/spec/preprocess-options.ts";
import { datetimePart, encodeValue } from "../../../src/training/data/encoding.ts";
import { type ColumnPlan, fitColumn, planColumns } from "../../../src/training/data/fit-columns.ts";
import { datasetOf } from "../dataset.ts";

function encoded(column: ValueColumn, value: number): number[] {
  const out = new Float32Array(featureNames(column).length);
  encodeValue(column, value, out, 0);
  return [...out];
}

describe("parts of a date", () => {
  it.each([
    // Python: date.isocalendar().week
    ["2021-01-03", 53],
    ["2021-01-04", 1],
    ["2019-12-30", 1],
    ["2019-12-29", 52],
    ["2024-12-29", 52],
    ["2024-12-30", 1],
    ["1970-01-01", 1],
    ["1969-12-28", 52],
    ["2000-02-29", 9],
    ["1600-02-29", 9],
  ])("%s is in ISO week %i", (date, week) => {
    const at = Date.parse(`${date}T23:59:59Z`);
    expect(datetimePart("week", at)).toBeCloseTo((week - 1) / 53, 12);
  });

  it("has quarters from 0, and an age in days before the latest time", () => {
    const quarters = ["01-31", "03-31", "04-01", "08-15", "12-31"].map((day) =>
      datetimePart("quarter", Date.parse(`2023-${day}`)),
    );
    expect(quarters).toEqual([0, 0, 0.25, 0.5, 0.75]);
    expect(datetimePart("age", Date.parse("2024-02-28T12:00Z"), Date.parse("2024-03-01"))).toBe(1.5);
  });

  it("counts age from the latest of the training rows, which is stored", () => {
    const days = [Date.parse("2024-01-01"), Date.parse("2024-01-11"), Date.parse("2024-03-01")];
    const [date] = datasetOf({ x: days }).columns as [Column];
    const plan: ColumnPlan = { kind: "datetime", column: { ...date, type: "datetime" }, parts: ["age"] };
    const column = fitColumn(plan, Float64Array.from(days), Int32Array.of(0, 1));
    expect(column).toMatchObject({ parts: [{ part: "age", latest: days[1], scaling: { offset: 5, scale: 5 } }] });
    expect(days.map((at) => encoded(column as ValueColumn, at)[0])).toEqual([1, -1, -11]);
  });
});

describe("max_categories", () => {
  const cells = ["b", "c", "a", "c", "b", "d", null, "c"];
  const categoriesOf = (category: object) => {
    const { columns, values } = datasetOf({ x: cells });
    const { plans } = planColumns(columns, preprocess.parse({ category }));
    const column = values.get("x") as Int32Array<ArrayBuffer>;
    const found = fitColumn(plans[0] as (typeof plans)[number], column, Int32Array.of(0, 1, 2, 3, 4, 5, 6));
    return found.kind === "category" ? found : null;
  };

  it("keeps the most frequent labels, the first of equals, in the column's order", () => {
    expect(categoriesOf({ max_categories: 2 })?.categories).toEqual(["b", "c"]);
    expect(categoriesOf({ max_categories: 3 })?.categories).toEqual(["a", "b", "c"]);
    expect(categoriesOf({ max_categories: null })?.categories).toEqual(["a", "b", "c", "d"]);
    expect(categoriesOf({ max_categories: 9 })).toEqual(categoriesOf({}));
  });

  it("makes the rest other", () => {
    const column = categoriesOf({ max_categories: 2 }) as ValueColumn;
    expect(featureNames(column)).toEqual(["x=b", "x=c", "x=other"]);
    const read = createValueReader(column);
    expect(["a", "b", "zebra"].map((label) => encoded(column, read(label) as number))).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 1],
    ]);
  });
});
