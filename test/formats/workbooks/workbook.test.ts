import { readFileSync } from "node:fs";
import { writeXlsx } from "hucre/xlsx";
import { describe, expect, it } from "vitest";
import type { TrainyardError } from "../../../src/domain/errors.ts";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { partsOf } from "../../../src/formats/workbooks/archive.ts";
import { openSheet, type SheetOptions } from "../../../src/formats/workbooks/workbook.ts";
import { chunked } from "../tables/tables.ts";
import { partsOfBook, TRANSITIONAL, zipOf } from "./zip.ts";

const LIMITS = { bytes: 2 ** 30, rows: 1000, columns: 50, cellBytes: 1000 };
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/workbooks/${name}.xlsx`, import.meta.url));

async function csvOf(bytes: Buffer, sheet?: string, decimal?: SheetOptions["decimal"]) {
  const opened = await openSheet(bytes, { sheet, decimal }, LIMITS);
  return { ...opened.sheet, csv: [...opened.csv()].join("") };
}

async function faultOf(bytes: Buffer, sheet?: string, limits = LIMITS): Promise<string> {
  try {
    await openSheet(bytes, { sheet }, limits);
  } catch (error) {
    const { code, message, errors } = error as TrainyardError;
    return `${code} ${errors[0]?.pointer}: ${message}`;
  }
  return "no fault";
}

const ROWS = [
  "order no,zip,ordered,at,total,discount,returned,note (internal),ratio",
  '000123,01067,2025-01-03,2025-01-03T14:30:00,1234.5,0.05,true,"a, ""b""",0.3',
  "000124,80331,2025-02-04,2025-02-04T00:00:01,234,0,false,,#DIV/0!",
  "000125,10115,1999-12-31,2024-02-29T23:59:59,-7,0.125,true,two lines,1e+21",
];

describe("a sheet of a workbook", () => {
  it("is its cells as CSV, a line for each row, wherever the table begins", async () => {
    const { name, others, csv } = await csvOf(fixture("orders-openpyxl"));
    expect([name, others]).toEqual(["Orders & more", ["Cover", "Times"]]);
    const lines = csv.split("\n");
    expect([lines[1], ...lines.slice(3, 6), lines[7]]).toEqual(["Orders of 2025,,,,,,,,", ...ROWS]);
    // Its formula was never calculated, so that it has no result.
    expect(lines.slice(18)).toEqual(["", "000126,,,,,,,,", ""]);
  });

  it("is the same from another program, which stores texts in the cells and the results of formulas", async () => {
    const { csv } = await csvOf(fixture("orders-xlsxwriter"));
    expect(csv.split("\n").slice(0, 4)).toEqual(ROWS.map((row) => row.replace(/,0\.3$/, ",0.30000000000000004")));
  });

  it("is found by its name, hidden or not, and times without a date are their days", async () => {
    expect((await csvOf(fixture("orders-openpyxl"), "times")).csv).toBe("opens\n0.75\n0.2708333333333333\n");
    expect((await csvOf(fixture("orders-openpyxl"), "Hidden")).csv).toBe("secret\n");
    expect(await faultOf(fixture("orders-openpyxl"), "Order")).toBe(
      'invalid /sheet: there is no such sheet: the workbook has "Cover", "Hidden", "Orders & more", "Times"',
    );
    expect(await faultOf(fixture("orders-openpyxl"), "Cover")).toBe('invalid /sheet: the sheet "Cover" has no cells');
  });

  it("is that of cells, although a chart comes first, with days from 1904, hidden rows and columns, and errors", async () => {
    const { name, others, csv } = await csvOf(fixture("chart-1904-xlsxwriter"));
    expect([name, others]).toEqual(["Rows", []]);
    expect(csv.split("\n").slice(1, 3)).toEqual([
      '2025-01-03T06:00:00,0.25,1.2340,"1,5",#REF!',
      '1904-05-01,0.75,1234.5,"2,5",#N/A',
    ]);
    expect(await faultOf(fixture("chart-1904-xlsxwriter"), "Curve")).toBe(
      'invalid /sheet: there is no such sheet: the workbook has "Rows"',
    );
  });

  it("has numbers that nobody takes for thousands, in the writing that was asked for", async () => {
    const rows = [[1.234], [-12.5], [999.999], [0.125], [1000.125], [12]];
    const bytes = Buffer.from(await writeXlsx({ sheets: [{ name: "S", rows }] }));
    expect((await csvOf(bytes)).csv).toBe("1.2340\n-12.5\n999.9990\n0.125\n1000.125\n12\n");
    expect((await csvOf(bytes, "S", ",")).csv).toBe('"1,234"\n"-12,5"\n"999,999"\n"0,125"\n"1000,125"\n12\n');
  });

  it("has money as numbers, whatever its sign, and dates as dates", async () => {
    const formats = [
      "[$S/-280A] #,##0.00",
      "[$USD -409]#,##0.00",
      "[$Din.-81A] 0",
      "[$€-407] 0.00",
      "[$-F800]dddd, mmmm dd, yyyy",
    ];
    const columns = formats.map((numFmt) => ({ numFmt }));
    const bytes = Buffer.from(await writeXlsx({ sheets: [{ name: "S", columns, rows: [[1234.5, 2, 3, 4, 45_000]] }] }));
    expect((await csvOf(bytes)).csv).toBe("1234.5,2,3,4,2023-03-15\n");
  });

  it("keeps texts that look like something else, and makes control characters spaces", async () => {
    const rows = [
      ["a", "b"],
      ["=1+1", "\tx\u0007y\r\n\r\nz "],
      ["007", '"'],
    ];
    const bytes = Buffer.from(await writeXlsx({ sheets: [{ name: "S", rows }] }));
    expect((await csvOf(bytes)).csv).toBe('a,b\n=1+1,x y z\n007,""""\n');
  });

  it("is held to the limits of tables", async () => {
    const tall = Buffer.from(await writeXlsx({ sheets: [{ name: "S", rows: Array.from({ length: 1200 }, (_, i) => [i]) }] }));
    const wide = Buffer.from(await writeXlsx({ sheets: [{ name: "S", rows: [Array.from({ length: 51 }, (_, i) => i)] }] }));
    const empty = Buffer.from(await writeXlsx({ sheets: [{ name: "S", rows: [] }] }));
    expect(await faultOf(tall)).toMatch(/^too_large : line 1101: the table has more rows than the limit of 1000/);
    expect(await faultOf(wide)).toMatch(/^too_large : the table has 51 columns, more than the limit of 50/);
    expect(await faultOf(tall, undefined, { ...LIMITS, bytes: 1000 })).toMatch(
      /^too_large : the unpacked workbook has more bytes/,
    );
    expect(await faultOf(empty)).toBe("invalid : no sheet of the workbook that is not hidden has any cells");
  });
});

const row = (at: number | string, text: string) =>
  `<x:row r="${at}"><x:c t="inlineStr"><x:is><x:t>${text}</x:t></x:is></x:c></x:row>`;
const strict = "http://purl.oclc.org/ooxml/officeDocument/relationships";

describe("a workbook of parts", () => {
  it("is read in the strict namespaces too, with prefixes, and where sizes are written as in large archives", async () => {
    const parts = partsOfBook({ rows: row(2, "a") + row(3, "b"), namespace: strict });
    const claims = Object.fromEntries(Object.keys(parts).map((name) => [name, { isLarge: true }]));
    expect((await csvOf(zipOf(parts))).csv).toBe("\na\nb\n");
    expect((await csvOf(zipOf(parts, claims))).csv).toBe("\na\nb\n");
  });

  it("has no rows where no sheet has any, and none out of order or beyond the last", async () => {
    expect(await faultOf(zipOf(partsOfBook({ rows: row(2, "a") + row(2, "b") })))).toMatch(/the rows are out of order of "S"$/);
    for (const at of ["1048577", "999999999", "1e300"])
      expect(await faultOf(zipOf(partsOfBook({ rows: row(at, "a") })))).toMatch(/beyond the last one of "S"$/);
    expect(await faultOf(zipOf(partsOfBook({ rows: row("x", "a") })))).toMatch(/out of order/);
  });

  it("has names of sheets that are shown, however long, without what they have in them", async () => {
    const sheet = (name: string) => `<x:sheet name="${name}" sheetId="1" r:id="rId1"/>`;
    const book = partsOfBook({ rows: row(1, "a"), sheets: sheet("&#27;]0;x&#7;") + sheet("n".repeat(5000)) });
    const { name, others } = await csvOf(zipOf(book));
    expect([name, others]).toEqual(["\u001b]0;x\u0007", [`${"n".repeat(200)}…`]]);
    expect((await faultOf(zipOf(book), "other")).length).toBeLessThan(400);
  });

  it("is held to what its texts say they unpack to, wherever they are", async () => {
    const type = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings";
    const relations = `<Relationship Id="rId9" Type="${type}" Target="worksheets/sheet9.xml"/>`;
    const parts = partsOfBook({ rows: row(1, "a"), relations, more: { "xl/worksheets/sheet9.xml": "<sst/>" } });
    expect((await csvOf(zipOf(parts))).csv).toBe("a\n");
    const claims = { "xl/worksheets/sheet9.xml": { bytes: 200 * 1024 * 1024 } };
    expect(await faultOf(zipOf(parts, claims))).toMatch(/^too_large : the workbook's texts and styles have more than/);
  });

  it.each([
    ["no size, and one that follows", { bytes: 0, packedBytes: 0, flags: 8 }, /claims to be empty/],
    ["a size, and one that follows", { bytes: 10, packedBytes: 0, flags: 8 }, /claims to be empty/],
    ["no size", { bytes: 0 }, /claims to be empty/],
    ["less than it is", { bytes: 10 }, /^malformed : the workbook cannot be read/],
  ])("is damaged where a part claims %s", async (_, claim, fault) => {
    expect(await faultOf(zipOf(partsOfBook({ rows: row(1, "a") }), { "xl/workbook.xml": claim }))).toMatch(fault);
  });

  it("is damaged where another directory than the one that was looked at would count", async () => {
    const bytes = zipOf(partsOfBook({ rows: row(1, "a") }));
    bytes.writeUInt16LE(0xffff, bytes.length - 12);
    expect(await faultOf(bytes)).toMatch(/its directory is that of an archive beyond 4 GiB$/);
  });
});

describe("what is no workbook", () => {
  it("is said to be none", async () => {
    expect(await faultOf(Buffer.from("a,b\n1,2\n"))).toBe("malformed : this is not an Excel workbook (.xlsx)");
    expect(await faultOf(Buffer.from("d0cf11e0a1b11ae1", "hex"))).toMatch(/old workbook \(\.xls\) or one with a password/);
  });

  it("is malformed wherever a workbook is cut off, or a byte of it is changed", async () => {
    const whole = fixture("orders-xlsxwriter");
    for (let end = 4; end < whole.length; end += 193) {
      expect(await faultOf(whole.subarray(0, end))).toMatch(/^malformed : the workbook is damaged/);
    }
    for (let at = 4; at < whole.length; at += 127) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] as number) ^ 0x55;
      // Some bytes are of no account: a time of change, a comment.
      expect(await faultOf(changed)).toMatch(/^no fault$|^(malformed|invalid|too_large) /);
    }
  });

  it("is told by its directory: parts that are larger than they say are not unpacked", () => {
    const whole = fixture("orders-xlsxwriter");
    const parts = partsOf(whole);
    expect(parts.find(({ name }) => name === "xl/worksheets/sheet1.xml")?.bytes).toBeGreaterThan(1000);
    const entry = whole.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    const lying = Buffer.from(whole);
    lying.writeUInt32LE(0, entry + 24);
    expect(() => partsOf(lying)).toThrow(/claims to be empty/);
  });
});

describe("a number that could be a thousand", () => {
  it("is told from one, and keeps its own digits as a label", async () => {
    const rows = [["v"], [1.234], ["1.2340"], [12.5]];
    const { csv } = await csvOf(Buffer.from(await writeXlsx({ sheets: [{ name: "S", rows }] })));
    expect(csv).toBe('v\n1.2340\n"1.2340"\n12.5\n');
    const labels: (string | undefined)[] = [];
    const table = createCsvTable(chunked(csv), { header: "true", delimiter: ",", isSheet: true }, LIMITS);
    await table.scan((_row, _column, cells, index) => labels.push(cells.label?.(index)));
    expect(labels).toEqual(["1.234", "1.2340", "12.5"]);
  });
});

describe("a Japanese text with its reading above it", () => {
  it("is the text alone, in the cell and among the shared texts", async () => {
    const reading = '<x:t>東京</x:t><x:rPh sb="0" eb="2"><x:t>トウキョウ</x:t></x:rPh>';
    const inline = `<x:c r="A1" t="inlineStr"><x:is>${reading}</x:is></x:c>`;
    const rows = `<x:row r="1">${inline}<x:c r="B1" t="s"><x:v>0</x:v></x:c></x:row>`;
    const relations = `<Relationship Id="rId2" Type="${TRANSITIONAL}/sharedStrings" Target="sharedStrings.xml"/>`;
    const more = { "xl/sharedStrings.xml": `<x:sst xmlns:x="main"><x:si>${reading}</x:si></x:sst>` };
    expect((await csvOf(zipOf(partsOfBook({ rows, relations, more })))).csv).toBe("東京,東京\n");
  });
});

describe("texts that sheets share", () => {
  it("are refused where they are too many to hold, full and empty ones together", async () => {
    const rows = '<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row>';
    const relations = `<Relationship Id="rId2" Type="${TRANSITIONAL}/sharedStrings" Target="sharedStrings.xml"/>`;
    // Were one of the three kinds not counted, there would be too few.
    const more = { "xl/sharedStrings.xml": `<sst>${"<si><t>a</t></si><si/><x:si><x:t/></x:si>".repeat(666_667)}</sst>` };
    expect(await faultOf(zipOf(partsOfBook({ rows, relations, more })))).toBe(
      "too_large : the workbook has more than 2000000 texts: save the sheet as CSV",
    );
  });
});
