import { expect, it } from "vitest";
import { csvCell } from "../../src/domain/csv-cell.ts";

const plain = { delimiter: ",", spreadsheet: false };
const spreadsheet = { ...plain, spreadsheet: true };

it("writes a cell as RFC 4180 says, and as it is", () => {
  for (const text of ["a b", "=1+1", "-1", "@x", "a;b"]) expect(csvCell(text, plain)).toBe(text);
  expect(csvCell('a "b", c', plain)).toBe('"a ""b"", c"');
  expect(csvCell("a;b", { ...plain, delimiter: ";" })).toBe('"a;b"');
});

it("keeps a spreadsheet from running a text, and leaves numbers alone", () => {
  const formulas = [
    "=1+1",
    "+cmd",
    "-x",
    "@sum",
    "\tx",
    "\r=1",
    "  =1",
    "＝1",
    "+1+cmd|' /C calc'!A0",
    "-1-Infinity",
    "+",
    "=1",
  ];
  for (const text of formulas) expect(csvCell(text, spreadsheet).replace(/^"/, "")).toMatch(/^'/);
  expect(csvCell('=HYPERLINK("x","y")', spreadsheet)).toBe('"\'=HYPERLINK(""x"",""y"")"');
  for (const text of ["-1", "+1.5e-7", "-1.234,50", "-5%", "", "a=b", "'", "1-2"])
    expect(csvCell(text, { ...spreadsheet, delimiter: ";" })).toBe(text);
});
