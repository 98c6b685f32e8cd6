import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { chunked, contentsOf, faultOf, LIMITS } from "../tables/tables.ts";

const DELIMITERS = [",", ";", "\t", "|"] as const;
const LINE_ENDS = ["\n", "\r\n", "\r"] as const;

/** Cells as people have them, with everything that must be quoted, and beyond ASCII. */
const cell = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc
    .array(fc.constantFrom('"', '""', "\n", "\r\n", "\r", ",", ";", "\t", "|", " ", "ü", "日本", "😀", "a", "1.5", ""), {
      maxLength: 6,
    })
    .map((parts) => parts.join("")),
);

const table = fc
  .integer({ min: 1, max: 6 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }));

interface Writing {
  readonly delimiter: string;
  readonly lineEnd: string;
  readonly quoteAll: boolean;
  readonly mark: boolean;
  readonly lastLineEnd: boolean;
}

const writing: fc.Arbitrary<Writing> = fc.record({
  delimiter: fc.constantFrom(...DELIMITERS),
  lineEnd: fc.constantFrom(...LINE_ENDS),
  quoteAll: fc.boolean(),
  mark: fc.boolean(),
  lastLineEnd: fc.boolean(),
});

/** What has a delimiter, a quote or a line end in it must be in quotes, and so must the empty cell of a row of one. */
function isQuoted(text: string, width: number, { delimiter, quoteAll }: Writing): boolean {
  return quoteAll || /["\r\n]/.test(text) || text.includes(delimiter) || (width === 1 && text === "");
}

/** Spaces around a cell without quotes are not part of it. */
const bare = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, "");

/** What a reader is to make of written rows. */
const asRead = (rows: readonly (readonly string[])[], how: Writing) =>
  rows.map((row) => row.map((text) => (isQuoted(text, row.length, how) ? text : bare(text))));

/** For csv-parse, which keeps those spaces. */
const cast = (text: string, { quoting }: { readonly quoting: boolean }) => (quoting ? text : bare(text));

/** A writer that follows RFC 4180. */
function write(rows: readonly (readonly string[])[], how: Writing): string {
  const { delimiter, lineEnd, mark, lastLineEnd } = how;
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const written = (text: string, width: number) => (isQuoted(text, width, how) ? quoted(text) : text);
  const lines = rows.map((row) => row.map((text) => written(text, row.length)).join(delimiter));
  return (mark ? "\ufeff" : "") + lines.join(lineEnd) + (lastLineEnd ? lineEnd : "");
}

/** U+FEFF at the very beginning of an unmarked file is a mark, whatever was meant. */
const startsWithMark = (rows: readonly (readonly string[])[]) => rows[0]?.[0]?.startsWith("\ufeff") ?? false;
/** Lone surrogates have no UTF-8. */
const wellFormed = (rows: readonly (readonly string[])[]) => rows.flat().every((text) => text.isWellFormed());

/** `null`: the delimiter is to be found out. */
const csv = (content: string, delimiter: string | null = ",", header: "true" | "false" | "auto" = "auto") =>
  createCsvTable(chunked(content), { delimiter: delimiter ?? undefined, header }, LIMITS);

describe("CSV that a correct writer wrote", () => {
  it("is read back equal, wherever its chunks end", async () => {
    await fc.assert(
      fc.asyncProperty(table, writing, fc.array(fc.nat(), { maxLength: 12 }), async (rows, how, cuts) => {
        fc.pre(wellFormed(rows) && !startsWithMark(rows));
        const text = write(rows, how);
        const options = { delimiter: how.delimiter, header: "false" } as const;
        expect((await contentsOf(createCsvTable(chunked(text, cuts), options, LIMITS))).rows).toEqual(asRead(rows, how));
      }),
      { numRuns: 500 },
    );
  });

  it("is read back equal when every chunk is one byte", async () => {
    const rows = [
      ['say "hi"', "a\r\nb", "😀"],
      ["", "\r", "x,y"],
    ];
    const text = write(rows, { delimiter: ",", lineEnd: "\r\n", quoteAll: false, mark: true, lastLineEnd: true });
    const cuts = Array.from({ length: 200 }, (_, at) => at);
    expect((await contentsOf(createCsvTable(chunked(text, cuts), { delimiter: ",", header: "false" }, LIMITS))).rows).toEqual(
      rows,
    );
  });

  it("is read as csv-parse reads it", async () => {
    await fc.assert(
      fc.asyncProperty(table, writing, async (rows, how) => {
        fc.pre(wellFormed(rows) && !startsWithMark(rows));
        const text = write(rows, how);
        const expected = parse(text, {
          bom: true,
          delimiter: how.delimiter,
          record_delimiter: ["\r\n", "\n", "\r"],
          skip_empty_lines: true,
          cast,
        });
        expect((await contentsOf(csv(text, how.delimiter, "false"))).rows).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("is refused where csv-parse refuses it, and read as it reads it elsewhere, whatever the text", async () => {
    const fragment = fc.constantFrom('"', ",", "\n", "\r\n", "a", " ", "1");
    await fc.assert(
      fc.asyncProperty(fc.array(fragment, { maxLength: 14 }), async (parts) => {
        const text = parts.join("");
        // Spaces beside the quotes around a cell are passed over. csv-parse then takes a line of spaces for no row, and what
        // follows a closing quote and a space for part of the cell.
        const trim = / "|" /.test(text);
        fc.pre(!trim || !/^ +$|" +[^ ,\r\n]/m.test(text));
        let expected: string[][] | null;
        try {
          expected = parse(text, {
            delimiter: ",",
            record_delimiter: ["\r\n", "\n", "\r"],
            skip_empty_lines: true,
            trim,
            cast,
          });
        } catch {
          expected = null;
        }
        const fault = await faultOf(csv(text, ",", "false"));
        expect(fault === "no fault").toBe(expected !== null);
        if (expected) expect((await contentsOf(csv(text, ",", "false"))).rows).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("the delimiter", () => {
  it.each([...DELIMITERS])("is found out when it is %j", async (delimiter) => {
    const text = `name${delimiter}size${delimiter}note\n"a, b; c|d\te"${delimiter}1${delimiter}x\nb${delimiter}2${delimiter}y\n`;
    const { names, rows } = await contentsOf(csv(text, null));
    expect(names).toEqual(["name", "size", "note"]);
    expect(rows).toEqual([
      ["a, b; c|d\te", "1", "x"],
      ["b", "2", "y"],
    ]);
  });

  it("is a comma when there is one column", async () => {
    expect(await contentsOf(csv("word\nyes\nno\n", null))).toEqual({ names: ["word"], rows: [["yes"], ["no"]] });
  });

  it("may be any character that is given", async () => {
    expect((await contentsOf(csv("a~b\n1~2\n", "~"))).rows).toEqual([["1", "2"]]);
  });
});

describe("the header", () => {
  it("is there when no cell of the first row is a number, a date or a truth", async () => {
    expect((await contentsOf(csv("id,when\n1,2020-01-01\n"))).names).toEqual(["id", "when"]);
    for (const first of ["id,1", "id,2020-01-01", "id,true", "id,id", "id,007"]) {
      expect((await contentsOf(csv(`${first}\nx,y\n`))).names).toEqual(["column_1", "column_2"]);
    }
  });

  it("is there, or not, as it is said", async () => {
    expect((await contentsOf(csv("2019,2020\n1,2\n", ",", "true"))).names).toEqual(["2019", "2020"]);
    expect((await contentsOf(csv("a,b\nc,d\n", ",", "false"))).rows).toHaveLength(2);
  });

  it("names a column without a name by its place", async () => {
    expect((await contentsOf(csv(",a\n0,1\n"))).names).toEqual(["column_1", "a"]);
  });
});

describe("faults of CSV", () => {
  it.each(
    [
      ['a,b\n1,"2\n3\n', "malformed: line 2, character 3: the quote that opens here is never closed"],
      [
        'a,b\n1,2\n3,"x"y\n',
        "malformed: line 3, character 6: a closing quote must be followed by a delimiter or the end of the line",
      ],
      ['a,b\n"1\n\n2",5"\n', /^malformed: line 4, character 5: a quote in the middle of a cell/],
      ["a,b\n1,2\n3\n", "invalid: line 3: column 2 is missing: the row has 1 cells, but the table has 2 columns"],
      ["a,b\n1,2,3\n", "invalid: line 2: column 3 is one too many: the row has 3 cells, but the table has 2 columns"],
      ['a,b\n"x\ny",2\n1\n', /^invalid: line 4: /],
      [
        `a,b\n1,${"x".repeat(1001)}\n`,
        "too_large: line 2, column 2: the cell has more bytes than the limit of 1000 (TRAINYARD_MAX_CELL_BYTES)",
      ],
      [`a\n"${"x".repeat(5000)}`, /^(malformed|too_large): line 2, (character|column) 1/],
      [
        `${"a,".repeat(50)}a\n`,
        "too_large: line 1: the table has 51 columns, more than the limit of 50 (TRAINYARD_MAX_DATASET_COLUMNS)",
      ],
      ["1\n".repeat(1001), "too_large: line 1001: the table has more rows than the limit of 1000 (TRAINYARD_MAX_DATASET_ROWS)"],
    ].map(([text, expected]) => ({ text: String(text), expected })),
  )("$expected", async ({ text, expected }) => {
    const fault = await faultOf(csv(text, ",", text.startsWith("a,b,a") ? "true" : "auto"));
    if (expected instanceof RegExp) expect(fault).toMatch(expected);
    else expect(fault).toBe(expected);
  });

  it("says where the text is not UTF-8", async () => {
    const latin1 = Buffer.from("name,city\na,Köln\nb,Zürich\n", "latin1");
    const options = { delimiter: ",", header: "auto" } as const;
    expect(await faultOf(createCsvTable(chunked(latin1), options, LIMITS))).toMatch(
      /^malformed: line 2, character 4: not UTF-8: .*encoding=latin1/,
    );
    const utf16 = Buffer.from("\ufeffa,b\n1,2\n", "utf16le");
    expect(await faultOf(createCsvTable(chunked(utf16), options, LIMITS))).toMatch(
      /UTF-16; save it as UTF-8, or upload it with encoding=utf-16/,
    );
  });
});
