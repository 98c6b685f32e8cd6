import { describe, expect, it } from "vitest";
import type { Column } from "../../../../src/domain/datasets/dataset.ts";
import { commonLabels } from "../../../../src/training/data/labels/common-labels.ts";

const column = (name: string, labels: number): Column => ({
  ...{ name, type: "category", missing: 0, distinct: labels, statistics: null, top: [] },
  categories: Array.from({ length: labels }, (_, place) => `l${String(place).padStart(4, "0")}`),
});
const rowsOf = (count: number) => Int32Array.from({ length: count }, (_, row) => row);

describe("labels that are worth a feature", () => {
  it("are all of them where there is room", () => {
    const codes = Int32Array.from({ length: 250 }, (_, row) => (row < 200 ? row % 100 : row - 100));
    const values = new Map([
      ["few", codes.map((code) => code % 60)],
      ["many", codes],
    ]);
    expect(commonLabels([column("few", 60), column("many", 150)], values, rowsOf(250))).toEqual(new Map([["many", 150]]));
  });

  it("are counted among the rows to train on, and at least one", () => {
    const values = new Map([["many", rowsOf(5000)]]);
    expect(commonLabels([column("many", 5000)], values, rowsOf(3000))).toEqual(new Map([["many", 3000]]));
    expect(commonLabels([column("many", 5000)], values, rowsOf(5000))).toEqual(new Map([["many", 1]]));
  });

  it("are the first among equals", () => {
    const rows = 1 << 16;
    const codes = rowsOf(rows).map((row) => row % 1000);
    const [found] = commonLabels([column("many", 1000)], new Map([["many", codes]]), rowsOf(rows)).values();
    expect(found).toBe(512);
  });

  it("are all of some columns with six rows to a label", () => {
    const codes = rowsOf(9000).map((row) => row % 1500);
    expect(commonLabels([column("many", 1500)], new Map([["many", codes]]), rowsOf(9000))).toEqual(new Map([["many", 1500]]));
  });

  it("are 4,096 of all columns together at most", () => {
    const values = new Map(
      ["one", "other"].map((name, at) => [name, rowsOf(8000).map((row) => Math.floor(Math.sqrt(row * (at + 1) * 1600)))]),
    );
    const found = commonLabels([column("one", 3600), column("other", 5100)], values, rowsOf(8000));
    const total = [...found.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(3000);
    expect(total).toBeLessThanOrEqual(4096);
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
