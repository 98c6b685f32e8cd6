import { describe, expect, it } from "vitest";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { chunked, contentsOf, faultOf, LIMITS } from "../tables/tables.ts";

const csv = (content: string, options: { header?: "true" | "false" | "auto"; skipLines?: number } = {}) =>
  createCsvTable(chunked(content), { header: "auto", ...options }, LIMITS);
const layoutOf = async (content: string) => (await csv(content).scan(() => undefined)).csv;

describe("lines above the names", () => {
  it.each([
    ["a title that is filled up, and an empty row", "Sales 2025;;\n;;\nid;when;total\n1;2025-01-01;3,5\n", ";", [1, 2], 3],
    ["a title, and an empty line", "Sales 2025\n\nid;total\n1;3,5\n2;4,5\n", ";", [1], 3],
    ["a title with commas above semicolons", "Sales, by shop, 2025\n\nid;shop\nx;north\ny;south\n", ";", [1], 3],
    ["what was exported by whom", "report,sales,,\nby,jane,,\nid,when,shop,total\n1,2025-01-01,a,3\n", ",", [1, 2], 3],
    ["a title right above names of numbers", "Sales 2025\nid,total\n1,3.5\n2,4.5\n", ",", [1], 2],
    ["a title of several lines in quotes", '"Sales\n2025",,\n,,\nid,a,b\n1,2,3\n', ",", [1, 2, 3], 4],
    ["a title behind Excel's separator", "sep=;\nSales;;\n;;\nid;a;b\n1;2;3\n", ";", [1, 2, 3], 4],
  ])("are left out: %s", async (_, text, delimiter, skippedLines, namesLine) => {
    const { names } = await contentsOf(csv(text));
    expect(names[0]).toBe("id");
    expect(await layoutOf(text)).toMatchObject({ delimiter, hasHeader: true, skippedLines, namesLine });
  });

  it.each([
    ["names with a gap", "id,,total\n1,2,3\n", ["id", "column_2", "total"]],
    ["one name of several, above texts", "id,,,\na,b,c,d\n", ["id", "column_2", "column_3", "column_4"]],
    ["one column", "text\nhello\nyou\n", ["text"]],
    [
      "the name of the second of two columns, above texts and numbers",
      ",score\nada,absent\nbob,3\ncy,4\n",
      ["column_1", "score"],
    ],
    ["names with a gap, where every line has an empty one below", ",v\r\r\nx,a\r\r\ny,b\r\r\n", ["column_1", "v"]],
    ["a row of numbers above an empty line", "1,,\n\n2,3,4\n5,6,7\n", ["column_1", "column_2", "column_3"]],
    ["a row without cells above numbers", ",,\n2,3,4\n5,6,7\n", ["column_1", "column_2", "column_3"]],
    [
      "more lines than a title has",
      `"a${"\nb".repeat(30)}",,\n,,\nid,a,b\n1,2,3\n`,
      [`a${"\nb".repeat(30)}`, "column_2", "column_3"],
    ],
    ["a row with few cells among rows of numbers", "1,,\n2,3,4\n5,6,7\n", ["column_1", "column_2", "column_3"]],
  ])("are no titles: %s", async (_, text, names) => {
    expect((await contentsOf(csv(text))).names).toEqual(names);
    expect(await layoutOf(text)).toMatchObject({ titleLines: [], skipped: 0 });
  });

  it.each([
    ["decimal commas and empty lines", "id;total\n\n1;3,5\n\n2;4,5\n", ["id", "total"]],
    ["as many commas", "a;b\nx,y;z\nu,v;w\n", ["a", "b"]],
  ])("are looked for only where no delimiter divides the first rows alike: %s", async (_, text, names) => {
    expect((await contentsOf(csv(text))).names).toEqual(names);
    expect(await layoutOf(text)).toMatchObject({ delimiter: ";", titleLines: [] });
  });

  it("are found above names that count, and with line ends of all kinds, behind a byte order mark", async () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const text = ["\ufeffSales", "", "shop,2024,2025", "a,1.5,2", "b,3,4", ""].join(end);
      expect((await contentsOf(csv(text))).names).toEqual(["shop", "2024", "2025"]);
      expect(await layoutOf(text)).toMatchObject({ titleLines: [1], namesLine: 3 });
    }
  });

  it("are an error where a row below the names has too few cells", async () => {
    expect(await faultOf(csv("a,b\n1\n2,3\n"))).toMatch(/^invalid: line 2: column 2 is missing/);
    expect(await faultOf(csv("Sales\na,b\n1,2\n3\n"))).toMatch(/^invalid: line 2/);
  });

  it("keep the lines of the others", async () => {
    expect(await faultOf(csv(`Sales;;\n;;\nid;a;b\n${"1;2;3\n".repeat(100)}1;2\n`))).toMatch(/^invalid: line 104/);
  });

  it("are what skip_lines says", async () => {
    expect((await contentsOf(csv("x\nmore, of it\nid,a\n1,2\n", { skipLines: 2 }))).names).toEqual(["id", "a"]);
    expect((await contentsOf(csv("Sales;;\n;;\nid;a;b\n1;2;3\n", { skipLines: 0 }))).names[0]).toBe("Sales");
    expect((await contentsOf(csv("Sales;;\n;;\nid;a;b\n1;2;3\n", { header: "true" }))).names[0]).toBe("Sales");
    for (const text of ["a,b\n1,2\n", "a,b\n1,2"])
      expect(await faultOf(csv(text, { skipLines: 9 }))).toBe(
        "invalid: must be less than the number of lines of the file, which has 2",
      );
  });
});
