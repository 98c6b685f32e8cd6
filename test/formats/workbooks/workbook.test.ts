import { readFileSync } from "node:fs";
import { writeXlsx } from "hucre/xlsx";
import { describe, expect, it } from "vitest";
import type { TrainyardError } from "../../../src/domain/errors.ts";
import { partsOf } from "../../../src/formats/workbooks/archive.ts";
import { openSheet } from "../../../src/formats/workbooks/workbook.ts";

const LIMITS = { bytes: 2 ** 30, rows: 1000, columns: 50, cellBytes: 1000 };
const fixture = (name: string) => readFileSync(new URL(`../../fixtures/workbooks/${name}.xlsx`, import.meta.url));

async function csvOf(bytes: Buffer, sheet?: string, limits = LIMITS) {
  const opened = await openSheet(bytes, sheet, limits);
  return { ...opened.sheet, csv: [...opened.csv()].join("") };
}

async function faultOf(bytes: Buffer, sheet?: string, limits = LIMITS): Promise<string> {
  try {
    await openSheet(bytes, sheet, limits);
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
    expect(await faultOf(empty)).toBe("invalid : no sheet of the workbook has any cells");
  });
});

describe("what is no workbook", () => {
  it("is said to be none", async () => {
    expect(await faultOf(Buffer.from("a,b\n1,2\n"))).toBe("malformed : this is not an Excel workbook (.xlsx)");
    expect(await faultOf(Buffer.from("d0cf11e0a1b11ae1", "hex"))).toMatch(/old workbook \(\.xls\) or one with a password/);
  });

  it("is malformed wherever a workbook is cut off, or a byte of it is changed", async () => {
    const whole = fixture("orders-xlsxwriter");
    for (let end = 4; end < whole.length; end += 97) {
      expect(await faultOf(whole.subarray(0, end))).toMatch(/^malformed : the workbook is damaged/);
    }
    for (let at = 4; at < whole.length; at += 61) {
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
    lying.writeUInt32LE(0xffffffff, entry + 24);
    expect(partsOf(lying)[0]?.bytes).toBe(Number.POSITIVE_INFINITY);
  });
});
