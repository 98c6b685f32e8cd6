import { describe, expect, it } from "vitest";
import { withPressCure } from "../../../src/dashboard/datasets/press-cures.ts";
import { aboutTable } from "../../../src/domain/datasets/table-reading.ts";
import type { NoteCode } from "../../../src/domain/notes.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { chunked } from "../../formats/tables/tables.ts";

const LIMITS = parseConfig({}).datasetLimits;
const lines = (cell: (row: number) => string) => Array.from({ length: 40 }, (_, row) => `${row % 7}|${cell(row)}\n`).join("");

/** The note that the server makes of a table, with the cure of the page. */
async function pressOf(code: NoteCode, text: string): Promise<string | undefined> {
  const layout = { header: "auto", delimiter: "|", rows: "auto" } as const;
  const read = await readTable(createCsvTable(chunked(text), layout, LIMITS), { types: {}, rows: "auto" }, LIMITS);
  const { notes } = aboutTable.parse(JSON.parse(read.aboutJson ?? ""));
  const note = notes.find((each) => each.code === code);
  return note && withPressCure(note).cure;
}

describe("what to press instead of an option", () => {
  it.each<[NoteCode, string, string]>([
    ["title_lines", `Sales|\n|\nx|v\n${lines((row) => `${row}`)}`, 'write 0 in "Lines to skip" if that is wrong'],
    [
      "name_lines",
      `x|v\n[m]|[kg]\n${lines((row) => `${row}.5`)}`,
      'choose "every line" under "Lines that are rows" if that is wrong',
    ],
    [
      "missing_codes",
      `x|v\n${lines((row) => (row % 9 ? `${row + 20}` : "-999"))}`,
      'if it means a missing value, write v=-999 in "Missing words"',
    ],
    ["letters_behind_numbers", `x|v\n${lines((row) => `${row + 1}A`)}`, 'choose "number" under "Read as" if it is a unit'],
    [
      "letters_behind_numbers",
      `x|v\n${lines((row) => `${row}.5A`)}`,
      'choose "category" under "Read as" if it is part of a name, as in seats',
    ],
    [
      "spellings_merged",
      `x|v\n${lines((row) => ["Yes", "yes", "no"][row % 3] as string)}`,
      'choose "category" under "Read as" to keep them apart',
    ],
    [
      "cells_read_as_missing",
      `x|v\n${lines((row) => (row === 7 ? "seven" : `${row}`))}`,
      'choose "category" under "Read as" if it is a column of labels',
    ],
    [
      "column_in_doubt",
      `x|v\n${lines((row) => (row % 3 ? `${row}.5` : `about ${row}`))}`,
      'choose "category" under "Read as" if it is a column of labels',
    ],
    [
      "large_integers",
      `x|v\n${lines((row) => `${row + 1}2345678901234567890`)}`,
      'choose "number" under "Read as" to read them as rounded numbers',
    ],
    [
      "ambiguous_numbers",
      `x|v\n${lines((row) => `${row + 1},${row + 100}`)}`,
      'choose a comma under "Decimal sign" if that is wrong',
    ],
  ])("%s", async (code, text, cure) => {
    expect(await pressOf(code, text)).toBe(cure);
  });

  it("is the option where the page has no field for it, or the field cannot take it", () => {
    const note = { column: null, line: null, detail: "" };
    const cure = 'if that number means a missing value, upload the file with missing={"a,b":["0"]}';
    for (const each of [
      { ...note, code: "missing_codes", cure },
      { ...note, code: "encoding_guessed", cure: "look" },
    ] as const)
      expect(withPressCure(each)).toEqual(each);
  });
});
