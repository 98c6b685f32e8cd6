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

const count: Column = { ...described, name: "count", type: "integer" };
const kind = () => Int32Array.of(0, 0, 1);
const ABOUT = JSON.stringify({ reading: { missing: { value: [], from: "default" } }, notes: [] });

function correct(name: string, cells: readonly CorrectedCell[], maxCategories = 10, aboutJson: string | null = ABOUT) {
  return correctColumn(
    {
      ...{ name, cells, rows: 3, parent: { id: "ds_1", sha256: "0".repeat(64) } },
      columnsJson: JSON.stringify(COLUMNS),
      aboutJson,
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

  it("says so where nothing was known of how the table was read", () => {
    const { aboutJson } = corrected("kind", [{ row: 0, value: "b" }], 10, null);
    expect(JSON.parse(aboutJson)).toMatchObject({ reading: null, notes: [{ code: "cells_corrected" }] });
  });

  it("no longer lists odd cells that were corrected, nor their note", () => {
    const cellOf = (line: number, value: string) => ({ place: `line ${line}`, line, value });
    const about = (note: string) => ({
      reading: { header: { value: true, from: "found" }, missing: { value: [], from: "default" } },
      notes: [{ code: note, column: "count", line: 2, detail: "", cure: "" }],
    });
    const odd = { count: 2, cells: [cellOf(2, "x"), cellOf(3, "y")], read_as: "missing" as const };
    const table = (column: Column, values: ColumnValues, cells: CorrectedCell[], note = "cells_read_as_missing") => {
      const result = correctColumn(
        {
          ...{ name: "count", cells, rows: 3, parent: { id: "ds_1", sha256: "" }, previewLines: [], values },
          ...{ columnsJson: JSON.stringify([column]), aboutJson: JSON.stringify(about(note)) },
        },
        10,
      );
      if (!result.ok) throw new Error(JSON.stringify(result.errors));
      const [described] = JSON.parse(result.corrected.columnsJson) as [Column];
      const { notes } = JSON.parse(result.corrected.aboutJson) as { notes: { code: string }[] };
      return { odd: described.odd, codes: notes.map(({ code }) => code) };
    };
    const column: Column = { ...count, missing: 2, odd };
    const values = () => Float64Array.of(Number.NaN, Number.NaN, 1);
    expect(table(column, values(), [{ row: 0, value: 3 }])).toEqual({
      odd: { ...odd, count: 1, cells: [cellOf(3, "y")] },
      codes: ["cells_corrected", "cells_read_as_missing"],
    });
    const both = [0, 1].map((row) => ({ row, value: row === 0 ? 3 : null }));
    expect(table(column, values(), both)).toEqual({ odd: undefined, codes: ["cells_corrected"] });
    expect(table(column, values(), [{ row: 2, value: 3 }]).odd).toEqual(odd);
    // Of labels in doubt, one of two is left.
    const doubted: Column = { ...column, type: "category", categories: ["1", "x", "y"], odd: { ...odd, read_as: "label" } };
    expect(table(doubted, Int32Array.of(1, 2, 0), [{ row: 1, value: "2" }], "column_in_doubt")).toEqual({
      odd: { read_as: "label", count: 1, cells: [cellOf(2, "x")] },
      codes: ["cells_corrected", "column_in_doubt"],
    });
  });

  it("refuses more characters of labels than an upload may list, those of all columns together", () => {
    const others = Array.from({ length: 4193 }, (_, row) => `${row}`.padStart(1000, "0"));
    const columns = [COLUMNS[0], { ...described, name: "other", type: "category", categories: others }];
    const given = { name: "kind", rows: 3, parent: { id: "ds_1", sha256: "" }, previewLines: [], aboutJson: null };
    const result = correctColumn(
      { ...given, columnsJson: JSON.stringify(columns), values: kind(), cells: [{ row: 0, value: "z".repeat(1000) }] },
      10,
    );
    expect(result).toMatchObject({ ok: true });
    const columnsJson = JSON.stringify(columns);
    const cells = [0, 1].map((row) => ({ row, value: `${row}`.repeat(1000) }));
    const refused = correctColumn({ ...given, columnsJson, values: kind(), cells }, 10);
    expect(refused).toMatchObject({ ok: false, errors: [{ pointer: "/cells", detail: expect.stringContaining("4194304") }] });
  });

  it("refuses what does not fit, with each place", () => {
    expect(refusalOf("kind", [{ row: 3, value: "a" }])).toEqual(["/cells/0/row the data set has 3 rows, counted from 0"]);
    const twice = [
      { row: 0, value: 1 },
      { row: 0, value: "a" },
    ];
    expect(refusalOf("kind", twice)).toEqual([
      "/cells/0/value must be a label as text, or null for missing",
      "/cells/1/row this row is already in the list",
    ]);
    expect(refusalOf("count", [{ row: 0, value: 0.5 }])).toEqual([
      "/cells/0/value must be a whole number up to 2^53, or null for missing",
    ]);
    expect(refusalOf("when", [{ row: 0, value: 1 }])[0]).toContain(
      "only columns of labels, booleans or numbers can be corrected",
    );
    expect(refusalOf("kind", [{ row: 0, value: "c" }], 2)[0]).toContain("TRAINYARD_MAX_CATEGORIES");
  });
});
