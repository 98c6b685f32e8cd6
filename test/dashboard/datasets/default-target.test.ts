import { describe, expect, it } from "vitest";
import { defaultTarget } from "../../../src/dashboard/datasets/default-target.ts";
import type { Column } from "../../../src/domain/datasets/dataset.ts";

const ROWS = 100;
const column = (name: string, type: Column["type"], distinct: number, more: Partial<Column> = {}): Column => ({
  ...{ name, type, distinct, missing: 0, statistics: null, top: [], categories: null, ...more },
});
const reaching = (min: number, max: number): Partial<Column> => ({
  statistics: {
    min,
    max,
    mean: 0,
    sd: 1,
    quantiles: { q05: 0, q25: 0, q50: 0, q75: 0, q95: 0 },
    histogram: { edges: [], counts: [] },
  },
});
const age = column("age", "integer", 60);
const sex = column("sex", "category", 2);

describe("the target that a form begins with", () => {
  it.each([
    ["the last column", [age, sex], "sex", "Chosen as the last column"],
    ["no text", [sex, column("note", "text", 90)], "sex", "Chosen because note is text"],
    ["no times", [sex, column("at", "datetime", 90)], "sex", "Chosen because at is times"],
    ["no constant", [sex, column("version", "integer", 1)], "sex", "Chosen because version has one value"],
    ["no column without values", [sex, column("empty", "category", 0)], "sex", "Chosen because empty has one value"],
    ["no name of each row", [sex, column("name", "category", 97)], "sex", "Chosen because name hardly repeats a label"],
    [
      "no number of the row",
      [sex, column("nr", "integer", 100, reaching(1, 100))],
      "sex",
      "Chosen because nr numbers the rows",
    ],
    [
      "no id far apart",
      [sex, column("user_id", "integer", 100, reaching(1, 1e9))],
      "sex",
      "Chosen because user_id numbers the rows",
    ],
    ["a price that never repeats", [sex, column("price", "number", 100, reaching(1, 9))], "price", "Chosen as the last column"],
    [
      "whole amounts far apart",
      [sex, column("income", "integer", 100, reaching(1, 9e5))],
      "income",
      "Chosen as the last column",
    ],
    ["what is called one", [column("class", "category", 3), age, sex], "class", "Chosen by its name"],
    ["what can be one, whatever it is called", [sex, column("label", "text", 90)], "sex", "Chosen because label is text"],
  ])("is %s", (_, columns, name, why) => {
    expect(defaultTarget({ rows: ROWS, columns })).toEqual({ name, why });
  });

  it("is none where none can be", () => {
    expect(defaultTarget({ rows: ROWS, columns: [column("note", "text", 90), column("v", "number", 1)] })).toBeNull();
  });
});
