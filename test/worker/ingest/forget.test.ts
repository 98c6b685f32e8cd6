import { describe, expect, it } from "vitest";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { matchRows, withoutRows } from "../../../src/worker/ingest/forget.ts";

const column = (own: Partial<Column>) =>
  ({ name: "when", type: "datetime", categories: null, missing: 0, distinct: 3, ...own }) as Column;
const hours = Float64Array.from([11, 12, 13], (hour) => Date.UTC(2024, 3, 3, hour));

describe("rows with a key", () => {
  it.each([
    ["ymd", "2024-04-03T12:00:00", 1],
    ["ymd", "2024-04-03 12:00", 1],
    ["ymd", "2024-04-03T14:00+02:00", 1],
    ["dmy", "03/04/2024 13:00", 2],
    ["epoch_s", String(Date.UTC(2024, 3, 3, 11) / 1000), 0],
  ] as const)("are found by a time as the column's cells are read: %s %s", (date_format, key, row) => {
    const matched = matchRows({ column: column({ reading: { date_format } }), values: hours, keys: [key], most: 10 });
    expect(matched).toEqual({ ok: true, positions: [row] });
  });

  it.each(["1", "soon", ""])("are none where the key is no time: %j", (key) => {
    expect(matchRows({ column: column({}), values: hours, keys: [key], most: 10 })).toMatchObject({
      ok: false,
      errors: [{ pointer: "/keys/values/0" }],
    });
  });
});

describe("a column without some rows", () => {
  it.each([
    ["DAYS", [1, 2], "day"],
    ["kWH", [1, 2], "kWh"],
    ["Widgets", [1, 2], "widget"],
    ["EUR", [1, 2], "EUR"],
    ["h:mm:ss", [1, 2], "h:mm:ss"],
    ["kg", [1, Number.NaN], undefined],
  ])("has a unit that no cell of theirs spelled: %s", (unit, others, left) => {
    const numbers = column({ name: "age", type: "number", reading: { unit } });
    const values = Float64Array.from([others[0] as number, others[1] as number]);
    const remaining = withoutRows({ column: numbers, values, rows: 2, missing: [], positions: [0] });
    expect(remaining.column.reading?.unit).toBe(left);
    if (left === undefined) expect(remaining.column).not.toHaveProperty("reading");
  });

  it("has no word of theirs that was read as missing, and those of the table still", () => {
    const numbers = column({ name: "age", type: "number", reading: { missing: ["n/a", "see Ada Lovelace"], decimal: "," } });
    const values = Float64Array.from([30, Number.NaN, 50]);
    const remaining = withoutRows({ column: numbers, values, rows: 3, missing: ["n/a"], positions: [1] });
    expect(remaining.column.reading).toEqual({ missing: ["n/a"], decimal: "," });
    const none = withoutRows({
      ...{
        column: column({ type: "number", reading: { missing: ["see Ada Lovelace"] } }),
        rows: 3,
        missing: [],
        positions: [1],
      },
      values: Float64Array.from([30, Number.NaN, 50]),
    });
    expect(JSON.stringify(none.column)).not.toContain("Ada");
  });
});
