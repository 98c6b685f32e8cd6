import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExactJson } from "../../../src/domain/untrusted-json.ts";
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

/** Cells as writers write them, and what they are: numbers of every form, escapes, labels that come again. */
const written = fc.oneof(
  fc.constantFrom("0", "-0", "1.0", "-1.50", "1e2", "12E-3", "0.30000000000000004", "1e400", "null", "true", "false"),
  fc.constantFrom("9007199254740993", "-12345678901234567890", "123456789012345", "1234567890123456", "0.1234567890123456789"),
  fc.constantFrom('""', '"a"', '"b"', '"NA"', '"\\u00e9\\n"', '"\\ud83d\\ude00"', '"\\\\"', '"größe"', '"}"', '"],["'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.string({ unit: "grapheme" }).map((text) => JSON.stringify(text)),
);
const key = fc.constantFrom("a", "b", "10", "2", "ä", "c d", "\\u0061");
const blank = fc.constantFrom("", " ", "\n", "\r\n\t");

describe("plain rows, which are read without the parser", () => {
  const row = fc.array(fc.tuple(key, written, blank), { minLength: 1, maxLength: 5 });
  const textOf = (cells: readonly (readonly [string, string, string])[]) =>
    `{${cells.map(([name, cell, space]) => `${space}"${name}"${space}:${space}${cell}${space}`).join(",")}}`;

  it("are what the parser makes of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
        const parsed = rows.map((cells) => parseExactJson(textOf(cells)) as Record<string, unknown>);
        const names = [...new Set(parsed.flatMap((each) => Object.keys(each)))];
        const expected = parsed.map((each) => {
          const places = Object.keys(each).map((name) => names.indexOf(name));
          const width = Math.max(...places) + 1;
          return Array.from({ length: width }, (_, place) => {
            const name = names[place] as string;
            return Object.hasOwn(each, name) ? String(each[name]) : undefined;
          });
        });
        const text = `[${rows.map(textOf).join(" ,\n")}]`;
        expect(await contentsOf(createJsonTable(chunked(text), LIMITS))).toEqual({ names, rows: expected });
        const lines = rows.map((cells) => textOf(cells).replaceAll(/[\r\n]/g, "")).join("\r\n");
        expect(await contentsOf(createNdjsonTable(chunked(lines), LIMITS))).toEqual({ names, rows: expected });
      }),
    );
  });

  it("and what is wrong with others are the same wherever chunks end: byte by byte, all of it is the parser's", async () => {
    const edit = fc.record({
      at: fc.nat(200),
      remove: fc.nat(2),
      insert: fc.constantFrom("", ",", "}", '"', "\\", "\u0000", "[", "1", "\n"),
    });
    const outcome = async (text: string, places: readonly number[]) => {
      const table = () => createJsonTable(chunked(text, places), LIMITS);
      const fault = await faultOf(table());
      return fault === "no fault" ? contentsOf(table()) : fault;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), fc.boolean(), edit, async (rows, asArrays, change) => {
        const { at, remove, insert } = change;
        const arrays = `{"columns":["x","y"],"rows":[${rows.map((cells) => `[${cells.map(([, cell]) => cell).join()}]`).join()}]}`;
        const text = asArrays ? arrays : `[${rows.map(textOf).join()}]`;
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + insert + text.slice(place + remove);
        const everywhere = Array.from({ length: new TextEncoder().encode(changed).length }, (_, byte) => byte);
        expect(await outcome(changed, [])).toEqual(await outcome(changed, everywhere));
      }),
      { numRuns: 300 },
    );
  });

  it("are found wrong where their bytes are no UTF-8", async () => {
    const bytes = Buffer.from('[{"a":"x"},{"a":"y"},{"a":"\u00e9"}]');
    bytes[bytes.indexOf(0xa9)] = 0x28;
    expect(await faultOf(createJsonTable(chunked(bytes), LIMITS))).toBe(
      "malformed: line 1, character 22: the value is not UTF-8: save the file as UTF-8, or upload it with encoding=latin1 (or utf-16, shift_jis, ...) if it is that",
    );
  });
});

describe("faults of tables in JSON", () => {
  it.each(
    [
      ['{"a": 1}\n{"a": nul}\n', "malformed: line 2, character 7: expected a value"],
      ['{"a": 1}\n\n{"a": 1,}\n', "malformed: line 3, character 9: expected a name in double quotes"],
      [
        '{"a": 1}\n[1]\n',
        'invalid: line 2: a row must be an object with one member for each column; pandas writes that with orient="records"',
      ],
      [
        '{"a": 1, "b": {"c": 2}}\n',
        "invalid: line 1, column 2 (b): a cell must be a text, a number, a boolean or null; nested values are not allowed",
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
    ['[{"a": 1}] x', "malformed: line 1, character 12: there is something after the table"],
    ["3", /^malformed: line 1, character 1: a table is an array of objects/],
    ["", /^malformed: line 1, character 1: /],
    ['{"columns": ["a"], "rows": [[1],\n[1, 2]]}', "invalid: line 2: the row has 2 values, but the first row has 1"],
    ['{"columns": ["a", "b"], "rows": [[1]]}', "invalid: there are 2 columns, but the rows have 1 values"],
    ['{"columns": ["a", "a"], "rows": [[1, 2]]}', 'invalid: columns 1 and 2 are both called "a"'],
    ['{"columns": ["a"]}', "invalid: is required: an array of arrays"],
    ['{"rows": [[1]]}', "invalid: is required: the names of the columns"],
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
