import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { aboutTable } from "../../../src/domain/datasets/table-reading.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { readTable } from "../../../src/worker/ingest/read.ts";
import { chunked } from "../../formats/tables/tables.ts";

const LIMITS = parseConfig({}).datasetLimits;

/** The names, the rows and the codes of the notes that a CSV is read to. */
async function read(text: string, rows: "auto" | "all" = "auto") {
  const table = await readTable(createCsvTable(chunked(text), { header: "auto", rows }, LIMITS), { types: {}, rows }, LIMITS);
  const { notes } = aboutTable.parse(JSON.parse(table.aboutJson ?? ""));
  return { names: table.names, rows: table.rows, codes: notes.map(({ code }) => code), table, notes };
}

const measured = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => `${row(index)}\n`).join("");

describe("names in more than one row", () => {
  it("are those of groups and columns together", async () => {
    const groups = ",,Sales,,Costs,,\nRegion,Month,2022,2023,2022,2023,Profit\n";
    const text = groups + measured(6, (row) => `N,Jan,${row},1.5,${row},2.5,${row}`);
    const { names, rows, codes } = await read(text);
    expect({ names, rows, codes }).toEqual({
      names: ["Region", "Month", "Sales 2022", "Sales 2023", "Costs 2022", "Costs 2023", "Profit"],
      ...{ rows: 6, codes: ["name_lines"] },
    });
  });

  it("may stand below a title, and span both rows", async () => {
    const groups = "Report 2023,,,,\n,,,,\nRegion,Sales,,Costs,\n,plan,actual,plan,actual\n";
    const { names, rows, codes } = await read(groups + measured(6, (row) => `N,${row},1.5,${row},2.5`));
    expect({ names, rows, codes }).toEqual({
      names: ["Region", "Sales plan", "Sales actual", "Costs plan", "Costs actual"],
      ...{ rows: 6, codes: ["title_lines", "name_lines"] },
    });
  });

  it("are those of questions, where a survey says below them how they were answered", async () => {
    const questions =
      "Respondent,How satisfied?,Which channels?,,Anything else?,Recommend?\n,Response,Email,Phone,Open-Ended Response,Response\n";
    const { names, rows } = await read(questions + measured(6, (row) => `${row},Good,Email,,text ${row},${row}`));
    const given = ["Respondent", "How satisfied?", "Email", "Phone", "Anything else? Open-Ended Response", "Recommend?"];
    expect({ names, rows }).toEqual({ names: given, rows: 6 });
  });

  it("have units or questions below them, which are no row", async () => {
    const units = "sample,depth,mass\n,[m],[kg]\n";
    const values = measured(6, (row) => `s${row},${row},${row}.5`);
    expect(await read(units + values)).toMatchObject({ names: ["sample", "depth", "mass"], rows: 6, codes: ["name_lines"] });
    const questions = 'Q1,Q2,Q3\nHow old?,How tall?,Name?\n"{""id"":1}","{""id"":2}","{""id"":3}"\n';
    expect(await read(questions + measured(6, (row) => `${row},${row}.5,x${row % 2}`))).toMatchObject({
      rows: 6,
      codes: ["name_lines"],
    });
  });

  it.each([
    ["no unit", "[kg],n/a,EUR"],
    ["no unit, and a label", "text,n.a.,EUR"],
    ["one unit", ",,EUR"],
    ["one unit and dashes", "-,-,[m]"],
    ["one unit in brackets", ",(m/s),"],
    ["percent", ",%,"],
  ])("have units below them, some of which are missing: %s", async (_, units) => {
    for (const text of [units, units.replaceAll(",", ";")]) {
      const delimiter = text === units ? "," : ";";
      const rows = `kind,mass,price\n${units}\n${measured(6, (row) => `s${row},${row},${row}.5`)}`.replaceAll(",", delimiter);
      expect(await read(rows)).toMatchObject({ names: ["kind", "mass", "price"], rows: 6, codes: ["name_lines"] });
      expect(await read(rows, "all")).toMatchObject({ rows: 7 });
    }
  });

  it("have units below them, also above cells that have their own", async () => {
    const rows = `kind,mass,price\n,kg,EUR\n${measured(6, (row) => `s${row},${row}kg,${row}.5`)}`;
    expect(await read(rows)).toMatchObject({ rows: 6, codes: ["name_lines"] });
  });

  it("are one row where a value stands below", async () => {
    const values = measured(6, (row) => `s${row},${row},${row}.5`);
    expect(await read(`sample,depth,mass\ns9,n.m.,3\n${values}`)).toMatchObject({ rows: 7 });
    expect(await read(`sample,depth,mass\n,[m],[kg]\n${values}`, "all")).toMatchObject({ rows: 7 });
  });
});

describe("a first row of a table with one row of names", () => {
  it.each([
    ["of a data frame with names of rows", ",v,w", "first,1,1"],
    ["of zeros and labels", ",v,w", "first,0,0"],
    ["in quotes", '"","v","w"', '"first",1,1'],
    ["below a column without a name", "a,,w", "first,1,1"],
    ["whose numbers are missing", "a,v,w", "first,pending,unknown"],
    ["with a letter among missing numbers", "a,v,w", "first,n/a,m"],
    ["with a label, and nothing but a unit", "a,v,w", "first,kg,"],
  ])("stays a row: %s", async (_, names, first) => {
    const text = `${names}\n${first}\n${measured(12, (row) => `row ${row},${row},${row * 2}`)}`;
    const { rows, codes } = await read(text);
    expect({ rows, isHead: codes.includes("name_lines") }).toEqual({ rows: 13, isHead: false });
  });
});

describe("lines among and below the rows", () => {
  const rows = measured(8, (row) => `${"abcdefgh"[row]},${row * 3 + 1},${row * 1.5}`);
  const head = "shop,visits,sales\n";

  it("that repeat the names are no rows", async () => {
    expect(await read(head + rows + head + rows)).toMatchObject({ rows: 16, codes: expect.arrayContaining(["lines_skipped"]) });
  });

  it("that are empty but for delimiters are no rows", async () => {
    expect(await read(`${head}${rows},,\n,,\n`)).toMatchObject({ rows: 8, codes: [] });
  });

  it.each([
    ["padded", "Source: Statistics Office,,\n* estimated,,\n", 2],
    ["not padded", "Source: Statistics Office\n", 1],
    ["behind a gap", ",,\nPrepared by the northern branch,,\n", 1],
  ])("that are notes below the table are no rows: %s", async (_, notes) => {
    expect(await read(head + rows + notes)).toMatchObject({ rows: 8, codes: ["lines_below"] });
  });

  it("are rows where others follow, and errors where they are too short", async () => {
    expect(await read(`${head}Source: north,,\n${rows}`)).toMatchObject({ rows: 9, codes: [] });
    await expect(read(`${head}Source: north\n${rows}`)).rejects.toThrow(/line 2: column 2 is missing/);
  });

  it("with the totals of all others are no rows", async () => {
    const total = `Total,${8 + (3 * 7 * 8) / 2},${(1.5 * 7 * 8) / 2}\n`;
    const { rows: count, codes, notes } = await read(head + rows + total);
    expect({ count, codes }).toEqual({ count: 8, codes: ["totals_row"] });
    expect(notes[0]?.detail).toContain("(visits, sales)");
    expect(await read(head + rows + total, "all")).toMatchObject({ rows: 9, codes: [] });
    expect(await read(`${head}${rows}Total,5,${(1.5 * 7 * 8) / 2}\n`)).toMatchObject({ rows: 8, codes: ["totals_row"] });
    expect(await read(`${head}${rows}i,5,${(1.5 * 7 * 8) / 2}\n`)).toMatchObject({ rows: 9, codes: [] });
  });

  it.each(["Total", ""])("with totals are none below many names either: %j", async (label) => {
    const towns = measured(150, (row) => `town ${row},${row + 100}`);
    const text = `town,people\n${towns}${label},${150 * 100 + (149 * 150) / 2}\n`;
    expect(await read(text)).toMatchObject({ rows: 150, codes: ["totals_row"] });
  });

  it("are rows where numbers are sums by chance, or nearly", async () => {
    const powers = measured(25, (row) => `x,${2 ** row},${2 ** (row + 3)}`);
    expect((await read(`name,bytes,bits\n${powers}`)).rows).toBe(25);
    const cell = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: -2, max: 2 }).map(String) },
      fc.constantFrom("", "-1.5", "2.5"),
    );
    const tables = fc
      .tuple(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 4, max: 30 }))
      .chain(([count, width]) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: count, maxLength: count }),
      );
    await fc.assert(
      fc.asyncProperty(tables, async (table) => {
        const names = Array.from(table[0] ?? [], (_, column) => `v${column}`);
        const text = ["name", ...names].join(",") + table.map((row, at) => `\nrow ${at},${row}`).join("");
        expect((await read(text)).rows).toBe(table.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe("columns at the end", () => {
  const rows = (end: string) => measured(6, (row) => `x${row % 2},${row}${end}`);

  it("without a name and a value are none", async () => {
    expect((await read(`a,b,,\n${rows(",,")}`)).names).toEqual(["a", "b"]);
    expect((await read(`a,b,\n${rows(",7")}`)).names).toEqual(["a", "b", "column_3"]);
  });

  it("may be missing in the row of names", async () => {
    expect((await read(`a;b\n${rows(";").replaceAll(",", ";")}`)).names).toEqual(["a", "b"]);
    await expect(read(`a,b\n${rows(",7")}`)).rejects.toThrow(/column 3 is one too many/);
  });

  it("do not hide the names below a title", async () => {
    const text = `Account;DE12;\nBalance;4.532,10;\n\nwhen;who;what;\n${measured(6, (row) => `0${row + 1}.03.24;x${row};${row},5;`)}`;
    const { names, table } = await read(text);
    expect(names).toEqual(["when", "who", "what"]);
    expect((JSON.parse(table.columnsJson) as Column[]).map(({ type }) => type)).toEqual(["datetime", "category", "number"]);
  });
});
