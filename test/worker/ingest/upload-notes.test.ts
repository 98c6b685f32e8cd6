import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { MISSING_WORDS } from "../../../src/domain/datasets/missing-words.ts";
import { aboutTable } from "../../../src/domain/datasets/table-reading.ts";
import type { IngestedTable } from "../../../src/domain/datasets/upload.ts";
import { NOTES, UPLOAD_NOTES, type UploadNoteCode } from "../../../src/domain/notes.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { createNdjsonTable } from "../../../src/formats/tables/ndjson.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { chunked } from "../../formats/tables/tables.ts";

const LIMITS = parseConfig({}).datasetLimits;
type Options = Parameters<typeof readTable>[1];

const csv = (text: string, options: Partial<Options> = {}) =>
  readTable(createCsvTable(chunked(text), { header: "auto" }, LIMITS), { types: {}, ...options }, LIMITS);
const columnsOf = ({ columnsJson }: IngestedTable): Column[] => JSON.parse(columnsJson) as Column[];
const aboutOf = ({ aboutJson }: IngestedTable) => aboutTable.parse(JSON.parse(aboutJson ?? ""));
const notesOf = async (text: string) => aboutOf(await csv(text)).notes;

/** A CSV with a column `v` of these cells beside one of numbers. */
const column = (cells: readonly string[]): string => `x,v\n${cells.map((cell, row) => `${row % 7},${cell}\n`).join("")}`;
const numbers = (count: number): string[] => Array.from({ length: count }, (_, row) => String(row * 1.5));

/** The codes that are planted here so far, each with a table that has nothing else to say. */
const PLANTED: Partial<
  Record<UploadNoteCode, { readonly text: string; readonly line: number | null; readonly detail: RegExp }>
> = {
  cells_read_as_missing: {
    text: column([...numbers(40), "n.a."]),
    line: 42,
    detail: /^1 of the 41 values of v is not a number and was read as missing: line 42 \("n\.a\."\)$/,
  },
  column_in_doubt: {
    text: column([...numbers(20), "low", "high", "low", "high"]),
    line: 22,
    detail: /^v was read as labels because 4 of its 24 values are not numbers or dates: line 22 \("low"\)/,
  },
  letters_behind_numbers: {
    text: column(Array.from({ length: 30 }, (_, row) => `${row + 1}A`)),
    line: null,
    detail: /^v was read as labels because "A" right behind its numbers, as in "1A", may be part of a name$/,
  },
  bounds_read_as_numbers: {
    text: column([...numbers(20), "<0.5", "<0.5"]),
    line: null,
    detail: /^2 values of v are bounds, such as "<0\.5", and were read as the number beside the sign$/,
  },
  missing_codes: {
    text: column([...numbers(40).map((text) => String(Number(text) + 60)), "0", "0", "0"]),
    line: null,
    detail: /^v is 0 in 3 rows and at least 60 in all others$/,
  },
  ambiguous_numbers: {
    text: column(["1,234", "2,345", "3,456"].map((cell) => `"${cell}"`)),
    line: null,
    detail: /^v could be read in two ways: "1,234" was read with a decimal point and a comma between thousands/,
  },
  ambiguous_dates: {
    text: column(["05/01/2024", "06/02/2024", "07/03/2024"]),
    line: null,
    detail: /"05\/01\/2024" was read with the month first, not with the day first/,
  },
  header_guessed: {
    text: "region,2019,2020\nnorth,1.5,2\nsouth,3,4\n",
    line: null,
    detail: /^the first row was read as names, although some of them are numbers \(2019, 2020\)/,
  },
  title_lines: {
    text: "Sales;;\n;;\nid;a;b\n1;2;3\n",
    line: 1,
    detail: /^lines 1, 2 are above the column names in line 3 and were left out as a title$/,
  },
  names_repeated: {
    text: "v,x,v\n1,2,3\n4,5,7\n",
    line: null,
    detail: /^columns have the same name: another "v" is "v_2"$/,
  },
  lines_skipped: { text: "# made by tool\na,b\n1,2\n", line: 1, detail: /^line 1: skipped as comments/ },
  index_column: { text: ",a\n1,x\n2,y\n3,z\n", line: null, detail: /^column_1 has no name and counts the rows/ },
  large_integers: {
    text: column(["9007199254740993", "9007199254740995", "17"]),
    line: null,
    detail: /^v has whole numbers beyond 2\^53/,
  },
  duplicate_rows: {
    text: "x,label\n1,a\n2,a\n1,a\n2,b\n1,a\n",
    line: null,
    detail: /^2 of 5 rows repeat an earlier one in every column, first row 3 \(the same as row 1\)$/,
  },
};

it("a column of words such as NA alone is of labels where they are texts, and empty where they are not", async () => {
  const rows = ["NA", "None", "null", "NA"].map((v, x) => ({ x, v }));
  const json = await readTable(
    createNdjsonTable(chunked(rows.map((row) => `${JSON.stringify(row)}\n`).join("")), LIMITS),
    { types: {} },
    LIMITS,
  );
  const quoted = await csv(`x,v\n${rows.map(({ x, v }) => `${x},"${v}"\n`).join("")}`);
  for (const table of [json, quoted])
    expect(columnsOf(table)[1]).toMatchObject({ categories: ["NA", "None", "null"], missing: 0 });
  const plain = await csv(`x,v\n${rows.map(({ x, v }) => `${x},${v}\n`).join("")}`);
  expect(columnsOf(plain)[1]).toMatchObject({ categories: ["None"], missing: 3 });
});

it("the word None is a label among labels, and missing among numbers, dates and booleans", async () => {
  const cells = (row: number) => [
    ["None", "Apnea", "Insomnia", ""][row % 4],
    row % 5 ? row / 2 : "None",
    row % 6 ? row % 7 < 3 : "none",
  ];
  const text = Array.from({ length: 40 }, (_, row) => `${cells(row).join(",")},${row % 8 ? "2024-03-01" : "None"}\n`).join("");
  const table = await csv(`disorder,hours,snores,night\n${text}`);
  expect(columnsOf(table).map(({ type, missing, categories }) => ({ type, missing, categories }))).toEqual([
    { type: "category", missing: 10, categories: ["Apnea", "Insomnia", "None"] },
    { type: "number", missing: 8, categories: null },
    { type: "boolean", missing: 7, categories: ["false", "true"] },
    { type: "datetime", missing: 5, categories: null },
  ]);
});

describe("a note", () => {
  it.each(Object.entries(PLANTED))(
    "%s is there where its cause was planted, and no other",
    async (code, { text, line, detail }) => {
      const notes = await notesOf(text);
      expect(notes).toMatchObject([{ code, line, detail: expect.stringMatching(detail), cure: expect.any(String) }]);
      expect(UPLOAD_NOTES).toHaveProperty(code);
    },
  );

  it("is not made of lines that were to be skipped, which the reading has", async () => {
    const text = "made by\nsome tool\n# a comment\na,b\n1,2\n3,4\n";
    const table = createCsvTable(chunked(text), { header: "auto", skipLines: 2 }, LIMITS);
    const { notes, reading } = aboutOf(await readTable(table, { types: {} }, LIMITS));
    expect(notes).toMatchObject([
      { code: "lines_skipped", line: 3, detail: "line 3: skipped as comments, separator lines or repeated column names" },
    ]);
    expect(reading?.skipped_lines).toEqual([1, 2, 3]);
  });

  it("is documented", async () => {
    const page = await readFile(new URL("../../../docs/tables.md", import.meta.url), "utf8");
    for (const code of Object.keys(NOTES)) expect(page).toContain(`\`${code}\``);
  });

  it("is not made of a plain table", async () => {
    expect(await notesOf("a,b,c,d\n1,2.5,x,2024-01-01\n2,NA,y,2024-02-01\n")).toEqual([]);
  });
});

describe("a stray cell", () => {
  it.each(["n.a.", "-", ".", "#N/A", "<NA>", "\\N", "#DIV/0!", "inf", "-Infinity", "1e400", "seven"])(
    "%s leaves a column of numbers as it is, and is missing",
    async (word) => {
      const table = await csv(column([...numbers(79), word]));
      const [, v] = columnsOf(table);
      expect(v).toMatchObject({ type: "number", missing: 1, odd: { count: 1, read_as: "missing" } });
      expect(v?.odd?.cells).toEqual([{ place: "line 81", line: 81, value: word }]);
      expect(table.values.get("v")?.at(-1)).toBeNaN();
      expect(table.values.get("v")?.at(-2)).toBe(78 * 1.5);
    },
  );

  it.each([
    [["1", "x"], "category"],
    [[...numbers(9), "x"], "number"],
    [[...numbers(8), "x"], "category"],
    [[...numbers(38), "x", "y"], "number"],
    [[...numbers(37), "x", "y", "z"], "category"],
    [[...numbers(2), "-", "-", "-", "-"], "number"],
    [["-", "-", "-"], "category"],
    [["true", "false", "-", "true"], "boolean"],
    [["true", "false", "#N/A", "yes"], "category"],
    [["2024-01-01", "2024-01-02", "n.a."], "datetime"],
    [["007", ...numbers(40)], "category"],
    [["A", "-", "B", "-"], "category"],
  ])("decides by how many there are: %j is %s", async (cells, type) => {
    expect(columnsOf(await csv(column(cells)))[1]?.type).toBe(type);
  });

  it("that a program wrote is missing among labels too", async () => {
    const table = await csv(column(["a", "b", "\\N", "#REF!", "a", "-"]));
    expect(columnsOf(table)[1]).toMatchObject({ type: "category", missing: 2, distinct: 3, categories: ["-", "a", "b"] });
    expect(table.values.get("v")).toEqual(new Int32Array([1, 2, -1, -1, 1, 0]));
  });

  it("is refused where the type was given, unless its word is known", async () => {
    const cells = column([...numbers(40), "-"]);
    expect(columnsOf(await csv(cells, { types: { v: "number" } }))[1]).toMatchObject({ type: "number", missing: 1 });
    await expect(csv(column([...numbers(40), "seven"]), { types: { v: "number" } })).rejects.toThrow(
      'line 42, column 2 (v): "seven" is not a finite number',
    );
  });

  it("in JSON is one as well, and a number that is a text among numbers is that number", async () => {
    const values = [...Array(30).keys(), "n.a.", "30.5"];
    const text = values.map((v) => `${JSON.stringify({ v })}\n`).join("");
    const table = await readTable(createNdjsonTable(chunked(text), LIMITS), { types: {} }, LIMITS);
    expect(columnsOf(table)[0]).toMatchObject({ type: "number", missing: 1 });
    expect([...(table.values.get("v") ?? [])].slice(-2)).toEqual([Number.NaN, 30.5]);
  });

  it("that no list knows is missing in the column from then on", async () => {
    expect(columnsOf(await csv(column([...numbers(79), "seven"])))[1]?.reading).toEqual({ missing: ["seven"] });
  });
});

it("names every column whose number stands apart, with an option that reads them as missing, after which nothing does", async () => {
  const rows = Array.from({ length: 60 }, (_, row) => {
    const isOdd = row % 10 === 0;
    return `${row % 7},${isOdd ? 0 : 60 + row},${isOdd ? -999 : row / 4},${["a", "b"][row % 2]}\n`;
  });
  const text = `n,pressure,depth,kind\n${rows.join("")}`;
  const [note, ...others] = await notesOf(text);
  expect(others).toEqual([]);
  expect(note).toMatchObject({
    code: "missing_codes",
    column: null,
    detail: "pressure is 0 in 6 rows and at least 61 in all others; depth is -999 in 6 rows and at least 0.25 in all others",
    cure: 'if those numbers mean a missing value, upload the file with missing={"pressure":["0"],"depth":["-999"]}',
  });
  const missing = JSON.parse(note?.cure.replace(/^.*missing=/, "") ?? "") as Record<string, string[]>;
  const read = await csv(text, { missing });
  expect(aboutOf(read).notes).toEqual([]);
  expect(aboutOf(read).reading?.missing).toMatchObject({ from: "default", by_column: missing });
  const [n, pressure, depth, kind] = columnsOf(read);
  expect([n?.missing, pressure?.missing, depth?.missing, kind?.missing]).toEqual([0, 6, 6, 0]);
  // Rows to predict are read by it too, and NA is missing still.
  expect(pressure?.reading?.missing).toEqual([...MISSING_WORDS, "0"]);
  expect(n?.reading?.missing).toBeUndefined();
});

it("reads a word that is a number as the number, and refuses words of a column that is not there", async () => {
  const text = column([...numbers(20), "-999.0", "-999", "NA"]);
  const [, v] = columnsOf(await csv(text, { missing: { v: ["-999"] } }));
  expect([v?.type, v?.missing]).toEqual(["number", 3]);
  await expect(csv(text, { missing: { w: ["-999"] } })).rejects.toMatchObject({
    errors: [{ pointer: "/missing/w", detail: "the table has no such column" }],
  });
});
