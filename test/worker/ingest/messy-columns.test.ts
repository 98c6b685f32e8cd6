import { describe, expect, it } from "vitest";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { aboutTable } from "../../../src/domain/datasets/table-reading.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { chunked } from "../../formats/tables/tables.ts";

const LIMITS = parseConfig({}).datasetLimits;

/** What a column of these cells is read as, the values of its first rows, and the codes of the notes on it. */
async function read(cells: readonly string[], given: Partial<Parameters<typeof readTable>[1]> = {}) {
  const text = `x|v\n${cells.map((cell, row) => `${row % 7}|${cell}\n`).join("")}`;
  const options = { header: "auto", delimiter: "|" } as const;
  const table = await readTable(createCsvTable(chunked(text), options, LIMITS), { types: {}, ...given }, LIMITS);
  const column = (JSON.parse(table.columnsJson) as Column[])[1] as Column;
  const { notes } = aboutTable.parse(JSON.parse(table.aboutJson ?? ""));
  const shown = table.previewLines.map((line) => (JSON.parse(line) as unknown[])[1]);
  const { type, missing, reading, categories, odd } = column;
  return {
    type,
    missing,
    reading,
    categories,
    odd,
    shown,
    notes,
    codes: notes.filter((note) => note.column === "v").map(({ code }) => code),
  };
}

const many = (count: number, cell: (row: number) => string) => Array.from({ length: count }, (_, row) => cell(row));

describe("a column of numbers with a unit", () => {
  it.each([
    ["°C", (row: number) => `${(row * 1.3 + 15).toFixed(1)} °C`, 15],
    ["hPa", (row: number) => `${1000 + row} hPa`, 1000],
    ["km", (row: number) => `${10 + row},${100 + row} km`, 10_100],
    ["m²", (row: number) => `${20 + row},5 m²`, 20.5],
    ["円", (row: number) => `${row + 3},980円`, 3980],
    ["M", (row: number) => `$${row + 1}.5M`, 1.5],
    ["days", (row: number) => (row === 0 ? "1 day" : `${row + 1} days`), 1],
    ["years", (row: number) => (row % 5 === 1 ? `${row + 19} years` : `${row + 19}`), 19],
    ["h:mm:ss", (row: number) => `8:${row < 5 ? "0" : ""}${row + 5}`, 8 * 3600 + 300],
  ])("is one of numbers: %s", async (unit, cell, first) => {
    const { type, reading, shown } = await read(many(12, cell));
    expect(["number", "integer"]).toContain(type);
    expect(reading?.unit === "day" ? "days" : reading?.unit).toBe(unit);
    expect(shown[0]).toBe(first);
  });

  it("stays one of labels where there are several units, few numbers, or codes", async () => {
    for (const cells of [
      many(20, (row) => `${row + 1} ${row % 2 ? "kg" : "lb"}`),
      many(20, (row) => (row % 2 ? "2WD" : "4WD")),
      many(20, (row) => `00${row + 10}A`),
      many(20, (row) => ["1st", "2nd", "3rd", "4th", "5th", "6th"][row % 6] as string),
      many(20, (row) => `${row + 10}${row % 3 ? "" : "ab"[row % 2]}`),
    ]) {
      const { type, codes } = await read(cells);
      expect({ type, isAsked: codes.includes("letters_behind_numbers") }).toEqual({ type: "category", isAsked: false });
    }
  });
});

describe("letters right behind numbers", () => {
  it.each([
    ["seats", (row: number) => `${row + 1}A`, "A", "1A"],
    ["apartments", (row: number) => `${row * 7 + 12}B`, "B", "12B"],
    ["classes with a point", (row: number) => `${row + 1}.b`, "b", "1.b"],
    ["classes in Japanese", (row: number) => `${row + 1}組`, "組", "1組"],
    ["a word", (row: number) => `${row + 1}East`, "East", "1East"],
  ])("are labels with a note: %s", async (_, cell, unit, example) => {
    const { type, reading, notes } = await read(many(30, cell));
    expect({ type, reading }).toEqual({ type: "category", reading: undefined });
    expect(notes).toMatchObject([
      {
        code: "letters_behind_numbers",
        detail: `v was read as labels because "${unit}" right behind its numbers, as in "${example}", may be part of a name`,
        cure: 'upload the file with types={"v":"number"} if it is a unit',
      },
    ]);
    const given = await read(many(30, cell), { types: { v: "number" } });
    expect(given).toMatchObject({ type: "number", reading: { unit }, codes: [] });
  });

  it.each([
    ["with decimals", (row: number) => (row % 3 ? `${row / 4}A` : `${row}A`)],
    ["behind a space", (row: number) => `${row + 1} A`],
    ["with a sign", (row: number) => `${row - 15}C`],
    ["behind money", (row: number) => `$${row + 1}B`],
    ["of a single letter that is known", (row: number) => `${row + 1}g`],
    ["behind a space, unknown", (row: number) => `${row + 1} widgets`],
  ])("are a unit, with a note: %s", async (_, cell) => {
    const { type, codes, notes } = await read(many(30, cell));
    expect(["number", "integer"]).toContain(type);
    expect(codes).toEqual(["letters_behind_numbers"]);
    expect(notes[0]?.cure).toContain('types={"v":"category"}');
    expect(await read(many(30, cell), { types: { v: "category" } })).toMatchObject({ type: "category", codes: [] });
  });

  it.each([
    ["min", "hr"],
    ["years", "years"],
  ])("are a unit, with a note, behind a few of the numbers: %s and %s", async (_, unit) => {
    const cells = many(30, (row) => (row % 10 === 5 ? `${row} ${unit}` : `${row + 30}`));
    const { type, codes, notes } = await read(cells);
    expect({ type, codes }).toEqual({ type: "integer", codes: ["letters_behind_numbers"] });
    expect(notes[0]?.detail).toBe(`"${unit}" behind some of the numbers of v, as in "5 ${unit}", was left out as a unit`);
    expect(await read(cells, { types: { v: "category" } })).toMatchObject({ type: "category" });
  });

  it.each(["kg", "mm", "kWh", "days", "m/s", "mg/kg", "km²", "°C", "кг", "м²", "años", "лет", "Mio.", "개"])(
    "are a unit without one where it is known: %s",
    async (unit) => {
      const { type, codes } = await read(many(30, (row) => `${row + 1}${unit}`));
      expect({ type, codes }).toEqual({ type: "integer", codes: [] });
    },
  );
});

describe("a unit that multiplies", () => {
  const some = many(30, (row) => (row % 3 ? `${row + 1}K` : `${900 + row}`));

  it("behind some of the numbers makes labels with a note, and no 2 of 2K", async () => {
    const { type, notes } = await read(some);
    expect(type).toBe("category");
    expect(notes).toMatchObject([
      {
        code: "letters_behind_numbers",
        detail: 'v was read as labels because "K" stands behind some of its numbers and not behind others, as in "2K"',
        cure: 'write all numbers with "K", or all of them in full',
      },
    ]);
    await expect(read(some, { types: { v: "number" } })).rejects.toThrow('"2K" is not a finite number');
    expect((await read(many(30, (row) => (row % 3 ? `${row + 1} Mio.` : `${row + 1}`)))).type).toBe("category");
  });

  it("among others of several makes labels with a note, unless the letters are no known units", async () => {
    const notesOf = async (units: readonly string[]) =>
      (await read(many(30, (row) => `${row + 1}${units[row % units.length]}`))).notes.map(({ detail }) => detail);
    const said = (first: string, second: string) =>
      `v was read as labels because its numbers have several units, such as "${first}" and that of "${second}"`;
    expect(await notesOf(["k", "M", "bn"])).toEqual([said("k", "2M")]);
    expect(await notesOf([" mg", " g", " µg"])).toEqual([said("mg", "2 g")]);
    expect(await notesOf(["A", "B", "C"])).toEqual([]);
    expect(await notesOf(["M", "F", "X"])).toEqual([]);
    expect(await notesOf(["kg", "kg", "g"])).toEqual([expect.stringContaining('line 4 ("3g")')]);
  });

  it("is left out where all have it, or none but zeros", async () => {
    for (const cell of [(row: number) => `${row + 1}K`, (row: number) => (row % 9 ? `${row}K` : "0")])
      expect(await read(many(30, cell))).toMatchObject({ type: "integer", reading: { unit: "K" } });
  });
});

describe("money of the world", () => {
  it.each([
    ["1 234 ₽", 1234],
    ["1234₺", 1234],
    ["₦1,234", 1234],
    ["Rp 1.234.000", 1_234_000],
    ["1.234.000 đ", 1_234_000],
    ["1234 IDR", 1234],
    ["1234万円", 1234],
    ["1234руб.", 1234],
    ["120,-", 120],
    ["1.234,-- €", 1234],
    ["kr 120:-", 120],
    ["120.–", 120],
  ])("is a number: %s", async (cell, value) => {
    const { type, shown, codes } = await read(many(10, (row) => cell.replace("1", String(1 + (row % 9)))));
    expect(["integer", "number"]).toContain(type);
    expect({ first: shown[0], codes: codes.filter((code) => code !== "ambiguous_numbers") }).toEqual({
      first: value,
      codes: [],
    });
  });

  it("is none where the word is a version, a room or a range", async () => {
    for (const cell of [
      (row: number) => `PHP ${row % 9}`,
      (row: number) => `RM ${row + 100}`,
      (row: number) => `${row}-${row + 5}`,
    ])
      expect((await read(many(40, cell))).type).toBe("category");
  });
});

describe("bounds among numbers", () => {
  it("are the numbers beside the sign, with a note", async () => {
    const { type, missing, shown, codes } = await read(many(20, (row) => (row % 3 ? `0.${row + 10}` : "<0.1")));
    expect({ type, missing, first: shown[0], codes }).toEqual({
      ...{ type: "number", missing: 0, first: 0.1 },
      codes: ["bounds_read_as_numbers"],
    });
  });

  it("are labels where they name ranges", async () => {
    const { type, codes } = await read(many(30, (row) => ["<18", "18-25", "26-65", ">65"][row % 4] as string));
    expect({ type, codes }).toEqual({ type: "category", codes: [] });
  });
});

describe("one word among numbers", () => {
  it("is missing, however often it is there", async () => {
    const cells = many(40, (row) => (row % 4 ? `${row * 1.5}` : "N/A (pending)"));
    const { type, missing, reading, codes } = await read(cells);
    expect({ type, missing, reading, codes }).toEqual({
      ...{ type: "number", missing: 10, reading: { missing: ["N/A (pending)"] } },
      codes: ["cells_read_as_missing"],
    });
  });

  it("is a label beside others, among few numbers, and where it is most values", async () => {
    for (const cells of [
      many(40, (row) => (row % 4 ? `${row}` : row % 8 ? "low" : "high")),
      many(40, (row) => (row % 4 ? `${row % 3}` : "none yet")),
      many(40, (row) => (row % 4 ? "sold out" : `${row}`)),
    ])
      expect((await read(cells)).type).toBe("category");
  });
});

describe("a column with two numbers and a colon", () => {
  it("is one of times only where a score or a ratio would be written otherwise", async () => {
    const scores = many(20, (row) => `${row + 20}:${row + 13}`);
    expect((await read(scores)).type).toBe("category");
    expect((await read(many(20, (row) => `1:${[10, 12, 18, 24, 35, 43, 48, 50][row % 8]}`))).type).toBe("category");
    expect((await read([...scores, "20:07"])).type).toBe("integer");
    const given = await read(scores, { types: { v: "number" } });
    expect([given.type, given.reading?.unit, given.shown[0]]).toEqual(["number", "h:mm:ss", 20 * 3600 + 13 * 60]);
    expect((await read(many(20, (row) => `${(row % 12) + 1}:15 ${row % 2 ? "am" : "p.m."}`))).type).toBe("integer");
  });
});

describe("times of day and durations in words", () => {
  it.each([
    ["10pm", (row: number) => `${(row % 9) + 1}${row % 2 ? "am" : "pm"}`, 13 * 3600],
    ["am alone", (row: number) => `${(row % 9) + 1} a.m.`, 3600],
    ["10.30pm", (row: number) => `${(row % 9) + 1}.30pm`, 13.5 * 3600],
    ["14h30", (row: number) => `${row + 1}h30`, 5400],
    ["14.30 Uhr", (row: number) => `${row + 1}.30 Uhr`, 5400],
    ["8:30 Uhr", (row: number) => `${row + 1}:30 Uhr`, 5400],
    ["2h 50m", (row: number) => (row === 5 ? "19h" : row === 6 ? "45m" : `${row + 1}h 50m`), 6600],
    ["2 Std. 5 Min.", (row: number) => `${row + 1} Std. 5 Min.`, 3900],
    ["5 min 3 s", (row: number) => `${row + 1} min 3 s`, 63],
    ["1時間30分", (row: number) => `${row + 1}時間30分`, 5400],
    ["1:20.00", (row: number) => `1:${row + 20}.00`, 80],
  ])("are seconds: %s", async (_, cell, first) => {
    const { type, reading, missing, shown, codes } = await read(many(20, cell));
    expect({ type, reading, missing, first: shown[0], codes }).toEqual({
      ...{ type: "integer", reading: { unit: "h:mm:ss" }, missing: 0, first, codes: [] },
    });
  });

  it("are labels where letters mean something else", async () => {
    expect((await read(many(20, (row) => `${(row % 2) + 1}H${row + 10}`))).type).toBe("category");
    expect((await read(many(20, (row) => ["6am-2pm", "2pm-10pm"][row % 2] as string))).type).toBe("category");
  });

  it("are a number with a unit where each has one part alone", async () => {
    expect(await read(many(20, (row) => `${row + 1} h`))).toMatchObject({ type: "integer", reading: { unit: "h" } });
    expect(await read(many(20, (row) => `${row + 1}min`))).toMatchObject({ type: "integer", reading: { unit: "min" } });
    expect(await read(many(20, (row) => `1${row}4 pm`))).toMatchObject({ type: "integer", reading: { unit: "pm" } });
  });
});

describe("the note on a column in doubt", () => {
  it.each([
    ["bounds", many(20, (row) => (row % 4 ? `${(row % 3) + 5}` : "<5")), "<5"],
    ["units", many(20, (row) => (row % 4 ? `${row}` : `${row}a`)), "0a"],
  ])("names its cells: %s", async (_, cells, first) => {
    const { type, odd } = await read(cells);
    expect({ type, odd: odd?.cells[0]?.value, count: odd?.count }).toEqual({ type: "category", odd: first, count: 5 });
  });
});

describe("dates in the languages of their owners", () => {
  it.each([
    ["1 avril 2024", "2024-04-01"],
    ["1er août 2024", "2024-08-01"],
    ["12. März 2024", "2024-03-12"],
    ["Mo, 05. Feb. 2024", "2024-02-05"],
    ["5 de marzo de 2024", "2024-03-05"],
    ["2024年3月5日", "2024-03-05"],
    ["2024年3月5日(火)", "2024-03-05"],
    ["01-Apr-23", "2023-04-01"],
    ["Jan 2024", "2024-01-01"],
    ["03/2024", "2024-03-01"],
  ])("are read: %s", async (cell, day) => {
    const { type, shown } = await read(many(10, () => cell));
    expect(type).toBe("datetime");
    expect(String(shown[0])).toContain(day);
  });

  it("are not read out of words that only begin like a month", async () => {
    expect((await read(many(10, (row) => `Setup ${2020 + (row % 3)}`))).type).toBe("category");
  });
});

describe("labels that differ only in capital letters", () => {
  it("are one label, spelled as most of them are, with a note", async () => {
    const { categories, reading, codes } = await read(
      many(40, (row) => ["Yes", "yes", "YES", "No", "no", "Yes", "NO", "No"][row % 8] as string),
    );
    expect({ categories, reading, codes }).toEqual({
      ...{ categories: ["No", "Yes"], reading: { case: "ignored" } },
      codes: ["spellings_merged"],
    });
    expect((await read(many(40, (row) => ["m", "M", "f", "F", "male"][row % 5] as string))).categories).toEqual(
      ["F", "M", "male"].map((label) => (label === "male" ? label : label.toLowerCase())),
    );
  });

  it("stay apart where capitals may tell more", async () => {
    for (const labels of [
      ["AA", "Aa", "aa"],
      ["K", "k", "q", "Q"],
      ["TP53", "Tp53", "tP53", "x"],
      ["a", "A"],
      ["mB", "Mb", "MB", "GB"],
    ])
      expect((await read(many(40, (row) => labels[row % labels.length] as string))).categories).toEqual([...labels].sort());
  });
});

describe("sums of money", () => {
  it("have thousands where three digits follow every sign, and no doubt beside a comma", async () => {
    const sums = (sign: string) => many(12, (row) => (row % 3 ? `${row + 1}${sign}${500 + row} €` : `${row + 900} €`));
    expect(await read(sums(","))).toMatchObject({ shown: expect.arrayContaining([2501]), codes: [] });
    expect(await read(sums("."))).toMatchObject({ shown: expect.arrayContaining([2501]), codes: ["ambiguous_numbers"] });
  });
});
