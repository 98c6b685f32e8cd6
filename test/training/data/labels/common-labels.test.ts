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
    const values = new Map([["many", rowsOf(600)]]);
    expect(commonLabels([column("many", 600)], values, rowsOf(500))).toEqual(new Map([["many", 500]]));
    expect(commonLabels([column("many", 600)], values, rowsOf(600))).toEqual(new Map([["many", 1]]));
  });

  it("are 512 of all columns together at most", () => {
    const values = new Map(
      ["one", "other"].map((name, at) => [name, rowsOf(4000).map((row) => Math.floor(Math.sqrt(row * (at + 1) * 40)))]),
    );
    const found = commonLabels([column("one", 400), column("other", 566)], values, rowsOf(4000));
    const total = [...found.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(400);
    expect(total).toBeLessThanOrEqual(512);
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
