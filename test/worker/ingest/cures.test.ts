import { describe, expect, it } from "vitest";
import { createTextReader, createValueReader } from "../../../src/domain/datasets/column-reader.ts";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { readingOptions } from "../../../src/domain/datasets/reading-options.ts";
import { aboutTable } from "../../../src/domain/datasets/table-reading.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { withMissing } from "../../../src/formats/tables/given-missing.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { chunked } from "../../formats/tables/tables.ts";

const LIMITS = parseConfig({}).datasetLimits;

/** The notes and columns of a CSV that is read with options, given as in a query. */
async function read(text: string, given: object = {}) {
  const options = readingOptions.parse(given);
  const { header, rows, skip_lines: skipLines, missing, delimiter } = options;
  const table = createCsvTable(chunked(text), { header, rows, skipLines, delimiter }, LIMITS);
  const read = await readTable(withMissing(table, Array.isArray(missing) ? missing : undefined), options, LIMITS);
  const { notes } = aboutTable.parse(JSON.parse(read.aboutJson ?? ""));
  return { notes, columns: JSON.parse(read.columnsJson) as Column[], rows: read.rows };
}

const lines = (count: number, cell: (row: number) => string) =>
  Array.from({ length: count }, (_, row) => `${row % 7}|${cell(row)}\n`).join("");

/** The options that a cure names, as it writes them. */
function optionsOf(cure: string): object {
  const found = [...cure.matchAll(/\b(\w+)=(\{.*?\}(?=$| )|[\w.-]+)/g)].map(([, name = "", value = ""]) => {
    const isJson = value.startsWith("{") || /^\d+$/.test(value);
    return [name, isJson ? JSON.parse(value) : value] as const;
  });
  return Object.fromEntries(found);
}

describe("a note goes away when its cure is followed", () => {
  it.each([
    ["missing_codes", "v", (row: number) => (row % 9 ? `${row + 20}` : "-999")],
    ["missing_codes", "v", (row: number) => (row % 9 ? `${row},5` : "-99,99")],
    ["missing_codes", "v", (row: number) => (row % 9 ? `${row},5` : "-999,00")],
    ["missing_codes", "v", (row: number) => (row % 9 ? `${row + 1},${row + 100}.5` : "-9,999")],
    ["missing_codes", "v", (row: number) => (row % 9 ? `${row}.5 °C` : "-999 °C")],
    ["missing_codes", "v", (row: number) => (row % 9 ? `€${row}.5` : "€-999")],
    ["missing_codes", "v", (row: number) => (row % 9 ? `${row + 60}%` : "0%")],
    ["missing_codes", "v", (row: number) => (row % 9 ? `${row + 60}:0${row % 10}` : "0:00")],
    ["missing_codes", 'the "v"', (row: number) => (row % 9 ? `${row + 20}` : "-999")],
    ["spellings_merged", "v", (row: number) => ["Yes", "yes", "no"][row % 3] as string],
    ["spellings_merged", 'the "v"', (row: number) => ["Yes", "yes", "no"][row % 3] as string],
    ["cells_read_as_missing", 'the "v"', (row: number) => (row === 7 ? "seven" : `${row}.5`)],
    ["column_in_doubt", 'the "v"', (row: number) => (row % 3 ? `${row}.5` : `about ${row}`)],
    ["large_integers", 'the "v"', (row: number) => `${row + 1}2345678901234567890`],
    ["letters_behind_numbers", 'the "v"', (row: number) => `${row + 1}A`],
    ["letters_behind_numbers", 'the "v"', (row: number) => `${row + 1} parts`],
    ["ambiguous_dates", "v", (row: number) => `0${1 + (row % 9)}/0${1 + (row % 8)}/2024`],
    ["ambiguous_numbers", "v", (row: number) => `${row + 1},${row + 100}`],
  ])("%s of %s", async (code, name, cell) => {
    const text = `x|${JSON.stringify(name).replaceAll('\\"', '""')}\n${lines(40, cell)}`;
    const given = { delimiter: "|" };
    const note = (await read(text, given)).notes.find((each) => each.code === code);
    const options = optionsOf(note?.cure ?? "");
    expect(Object.keys(options)).not.toEqual([]);
    expect((await read(text, { ...given, ...options })).notes.map((each) => each.code)).not.toContain(code);
  });

  it("with the words of a list too, in a table and in rows to predict", async () => {
    const text = `x|v\n${lines(40, (row) => (row % 9 ? `${row}.5 °C` : "-999 °C"))}`;
    const { columns, notes } = await read(text, { missing: ["-999"], delimiter: "|" });
    expect(notes).toEqual([]);
    expect(columns[1]?.missing).toBe(5);
    const reader = createValueReader({ kind: "numeric", column: "v", reading: columns[1]?.reading } as never);
    expect(["-999 °C", "-999", -999, "3 °C", 3].map(reader)).toEqual([NaN, NaN, NaN, 3, 3]);
  });
});

it("an odd cell of a column is no number that is missing in another way of writing", async () => {
  const { columns } = await read(`x|v\n${lines(40, (row) => (row === 5 ? "1.5" : `${row},5`))}`, { delimiter: "|" });
  const reader = createValueReader({ kind: "numeric", column: "v", reading: columns[1]?.reading } as never);
  expect(["1.5", "1,5", 1.5].map(reader)).toEqual([NaN, 1.5, 1.5]);
});

it("a word that is a number is missing in every spelling of it among labels and texts", () => {
  const reading = { missing: ["-9"] };
  const label = createValueReader({ kind: "category", column: "v", categories: ["1", "2"], reading } as never);
  const text = createTextReader({ kind: "text", column: "v", reading } as never);
  for (const cell of ["-9", -9, "-9.0"]) expect([label(cell), text(cell)]).toEqual([NaN, ""]);
});
