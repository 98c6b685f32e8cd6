import { describe, expect, it } from "vitest";
import type { Column } from "../../../../src/domain/datasets/dataset.ts";
import { commonLabels } from "../../../../src/training/data/labels/common-labels.ts";

const column = (name: string, labels: number): Column => ({
  ...{ name, type: "category", missing: 0, distinct: labels, statistics: null, top: [] },
  categories: Array.from({ length: labels }, (_, place) => `l${String(place).padStart(4, "0")}`),
});
const rowsOf = (count: number) => Int32Array.from({ length: count }, (_, row) => row);

describe("labels that are worth a feature", () => {
  it("are all of a column with few, and those of five rows of one with many", () => {
    const codes = Int32Array.from({ length: 600 }, (_, row) => (row < 500 ? row % 100 : row - 450));
    const values = new Map([
      ["few", codes.map((code) => code % 60)],
      ["many", codes],
    ]);
    // 100 labels of five rows, 50 to 99 with one more, 100 to 149 with one alone.
    expect(commonLabels([column("few", 60), column("many", 150)], values, rowsOf(600))).toEqual(new Map([["many", 100]]));
  });

  it("are counted among the rows to train on, and at least one", () => {
    const values = new Map([["many", rowsOf(400).map((row) => row % 100)]]);
    expect(commonLabels([column("many", 100)], values, rowsOf(400))).toEqual(new Map([["many", 1]]));
  });

  it("are as many as there is room for, the most frequent of all columns", () => {
    const rows = 1 << 20;
    const codes = new Int32Array(rows);
    for (let row = 0; row < rows; row++) codes[row] = row % 2 === 0 ? 0 : (row >> 1) % 100;
    const [found = 0] = commonLabels([column("many", 100)], new Map([["many", codes]]), rowsOf(rows)).values();
    expect(found).toBeGreaterThan(0);
    expect(found * rows).toBeLessThanOrEqual(32 * 1024 * 1024);
  });
});
