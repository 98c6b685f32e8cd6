import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonFault } from "../../../src/formats/tables/json-fault.ts";
import { createJsonTable } from "../../../src/formats/tables/json-table.ts";
import { createNdjsonTable } from "../../../src/formats/tables/ndjson.ts";
import { chunked, contentsOf, faultOf, LIMITS } from "./tables.ts";

const value = fc.oneof(fc.string({ unit: "grapheme" }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const rowsOf = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));
const cuts = fc.array(fc.nat(), { maxLength: 12 });
const asTexts = (rows: readonly (readonly unknown[])[]) => rows.map((row) => row.map((cell) => String(cell === 0 ? 0 : cell)));
const toObject = (row: readonly unknown[]) => Object.fromEntries(row.map((cell, column) => [`c${column}`, cell]));
const spacing = fc.constantFrom(undefined, 1, "\t");

describe("tables in JSON", () => {
  it("are read back equal as an array of objects, wherever chunks end", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, cuts, spacing, async (rows, places, space) => {
        const text = JSON.stringify(rows.map(toObject), null, space);
        const contents = await contentsOf(createJsonTable(chunked(text, places), LIMITS));
        expect(contents.rows).toEqual(asTexts(rows));
        expect(contents.names).toEqual(rows[0]?.map((_, column) => `c${column}`));
      }),
    );
  });

  it("are read back equal as columns and rows, in either order", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, cuts, spacing, fc.boolean(), async (rows, places, space, columnsFirst) => {
        const columns = rows[0]?.map((_, column) => `name ${column}`) ?? [];
        const text = JSON.stringify(columnsFirst ? { columns, rows } : { rows, columns }, null, space);
        expect(await contentsOf(createJsonTable(chunked(`\ufeff${text}\n`, places), LIMITS))).toEqual({
          names: columns,
          rows: asTexts(rows),
        });
      }),
    );
  });

  it("are read back equal as NDJSON, with a byte order mark, CRLF and empty lines", async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, cuts, fc.constantFrom("\n", "\r\n", "\n\n"), async (rows, places, end) => {
        const text = `\ufeff${rows.map((row) => JSON.stringify(toObject(row)) + end).join("")}`;
        expect((await contentsOf(createNdjsonTable(chunked(text, places), LIMITS))).rows).toEqual(asTexts(rows));
      }),
    );
  });

  it("have the columns of all rows, in the order in which they come", async () => {
    const { names, rows } = await contentsOf(createNdjsonTable(chunked('{"b": 1}\n{"a": "x", "b": 2}\n'), LIMITS));
    expect(names).toEqual(["b", "a"]);
    expect(rows).toEqual([["1"], ["2", "x"]]);
  });
});

describe("faults of tables in JSON", () => {
  it.each(
    [
      ['{"a": 1}\n{"a": nul}\n', "malformed: line 2, character 7: expected a value"],
      ['{"a": 1}\n\n{"a": 1,}\n', "malformed: line 3, character 9: expected a name in double quotes"],
      ['{"a": 1}\n[1]\n', "invalid: line 2: a row is an object, one member a column"],
      [
        '{"a": 1, "b": {"c": 2}}\n',
        "invalid: line 1, column 2 (b): a cell is a text, a number, a boolean or null, nothing nested",
      ],
      [
        `{"a": "${"x".repeat(1001)}"}\n`,
        "too_large: line 1, column 1 (a): the cell has more bytes than the limit of 1000 (TRAINYARD_MAX_CELL_BYTES)",
      ],
      [
        '{"a": 1}\n'.repeat(1001),
        "too_large: line 1001: the table has more rows than the limit of 1000 (TRAINYARD_MAX_DATASET_ROWS)",
      ],
    ].map(([text, expected]) => ({ text: String(text), expected })),
  )("of NDJSON: $expected", async ({ text, expected }) => {
    expect(await faultOf(createNdjsonTable(chunked(text, [3, 11]), LIMITS))).toBe(expected);
  });

  it.each([
    ['[{"a": 1},\n {"a": 2,, "b": 3}]', "malformed: line 2, character 10: expected a name in double quotes"],
    ['[{"a": 1}\n {"a": 2}]', "malformed: line 2, character 2: expected ]"],
    ['[{"a": 1},\n {"a": 2}', "malformed: line 2, character 10: the text ends before its ]"],
    ['[{"a": 1}] x', "malformed: line 1, character 12: something follows the table"],
    ["3", /^malformed: line 1, character 1: a table is an array of objects/],
    ["", /^malformed: line 1, character 1: /],
    ['{"columns": ["a"], "rows": [[1],\n[1, 2]]}', "invalid: line 2: the row has 2 values, and the first one 1"],
    ['{"columns": ["a", "b"], "rows": [[1]]}', "invalid: there are 2 columns, and rows have 1 values"],
    ['{"columns": ["a", "a"], "rows": [[1, 2]]}', 'invalid: columns 1 and 2 are both called "a"'],
    ['{"columns": ["a"]}', "invalid: must be there: an array of arrays"],
    ['{"rows": [[1]]}', "invalid: must be there: the names of the columns"],
    ['{"index": [1]}', /^malformed: line 1, character \d+: "index" is not a member here/],
  ])("JSON %j", async (text, expected) => {
    const fault = await faultOf(createJsonTable(chunked(text, [2, 9]), LIMITS));
    if (typeof expected === "string") expect(fault).toBe(expected);
    else expect(fault).toMatch(expected);
  });

  it("are found in every text that JSON.parse refuses, at a place within it", () => {
    const fragment = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"a"',
      "1",
      "-",
      "tru",
      "true",
      "null",
      " ",
      "\\",
      "\n",
      "0",
      ".5",
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 10 }), (parts) => {
        const text = parts.join("");
        const { at, expected } = findJsonFault(text);
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(expected === "the end" && at === text.length).toBe(valid);
        expect(at).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 2000 },
    );
  });
});
