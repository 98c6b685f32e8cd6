import { describe, expect, it } from "vitest";
import type { CorrectedCell } from "../../../src/domain/datasets/corrections.ts";
import type { Column, ColumnValues } from "../../../src/domain/datasets/dataset.ts";
import { correctColumn } from "../../../src/worker/ingest/correct.ts";

const described = { missing: 0, distinct: 2, statistics: null, top: [], categories: null };
const COLUMNS: Column[] = [
  { ...described, name: "kind", type: "category", categories: ["a", "b"] },
  { ...described, name: "count", type: "integer" },
  { ...described, name: "fit", type: "boolean", categories: ["false", "true"] },
  { ...described, name: "when", type: "datetime" },
];
const VALUES: Readonly<Record<string, () => ColumnValues>> = {
  kind: () => Int32Array.of(0, 0, 1),
  count: () => Float64Array.of(1, 2, Number.NaN),
  fit: () => Int32Array.of(1, -1, 0),
  when: () => Float64Array.of(1, 2, 3),
};

function correct(name: string, cells: readonly CorrectedCell[], maxCategories = 10) {
  return correctColumn(
    {
      ...{ name, cells, rows: 3, parent: { id: "ds_1", sha256: "0".repeat(64) } },
      columnsJson: JSON.stringify(COLUMNS),
      aboutJson: JSON.stringify({ reading: { missing: { value: [], from: "default" } }, notes: [] }),
      previewLines: ['["a",1,true,"x"]', '["a",2,null,"y"]'],
      values: (VALUES[name] as () => ColumnValues)(),
    },
    maxCategories,
  );
}

function corrected(...args: Parameters<typeof correct>) {
  const result = correct(...args);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  const columns = JSON.parse(result.corrected.columnsJson) as Column[];
  return { ...result.corrected, column: columns.find(({ name }) => name === args[0]) as Column };
}

const refusalOf = (...args: Parameters<typeof correct>) => {
  const result = correct(...args);
  return result.ok ? [] : result.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
};

describe("correcting cells", () => {
  it("lists labels that are there afterwards, sorted, and shows them in the first rows", () => {
    const { column, values, previewLines } = corrected("kind", [
      { row: 2, value: "0" },
      { row: 1, value: null },
    ]);
    expect(column).toMatchObject({
      categories: ["0", "a"],
      missing: 1,
      distinct: 2,
      top: [
        { value: "0", count: 1 },
        { value: "a", count: 1 },
      ],
    });
    expect([...values]).toEqual([1, -1, 0]);
    expect(previewLines).toEqual(['["a",1,true,"x"]', '[null,2,null,"y"]']);
  });

  it("describes numbers and truths anew", () => {
    const { column, values } = corrected("count", [{ row: 2, value: 6 }]);
    expect(column).toMatchObject({ missing: 0, distinct: 3, statistics: { min: 1, max: 6, mean: 3 } });
    expect([...values]).toEqual([1, 2, 6]);
    const truths = corrected("fit", [{ row: 1, value: "true" }]);
    expect(truths.column).toMatchObject({ missing: 0, categories: ["false", "true"] });
    expect(truths.previewLines[1]).toBe('["a",2,true,"y"]');
  });

  it("says so in a note, and names the table by the corrections, in whatever order they come", () => {
    const cells = [
      { row: 0, value: "b" },
      { row: 1, value: "b" },
    ];
    const { sha256, aboutJson } = corrected("kind", cells);
    expect(JSON.parse(aboutJson as string).notes).toMatchObject([{ code: "cells_corrected", column: "kind" }]);
    expect(corrected("kind", cells.toReversed()).sha256).toBe(sha256);
    expect(corrected("kind", cells.slice(1)).sha256).not.toBe(sha256);
  });

  it("refuses what does not fit, with each place", () => {
    expect(refusalOf("kind", [{ row: 3, value: "a" }])).toEqual(["/cells/0/row the data set has 3 rows, counted from 0"]);
    const twice = [
      { row: 0, value: 1 },
      { row: 0, value: "a" },
    ];
    expect(refusalOf("kind", twice)).toEqual([
      "/cells/0/value must be a label as text, or null for missing",
      "/cells/1/row row 0 comes twice",
    ]);
    expect(refusalOf("count", [{ row: 0, value: 0.5 }])).toEqual([
      "/cells/0/value must be a whole number up to 2^53, or null for missing",
    ]);
    expect(refusalOf("when", [{ row: 0, value: 1 }])[0]).toContain("labels, truths and numbers can be corrected");
    expect(refusalOf("kind", [{ row: 0, value: "c" }], 2)[0]).toContain("TRAINYARD_MAX_CATEGORIES");
  });
});
