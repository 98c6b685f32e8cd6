import { describe, expect, it } from "vitest";
import { createCsvTable } from "../../../src/formats/csv/csv.ts";
import { guessHeader, readCsvStart } from "../../../src/formats/csv/csv-start.ts";
import { chunked, contentsOf, faultOf, LIMITS } from "../tables/tables.ts";

const csv = (content: string) => createCsvTable(chunked(content), { header: "auto" }, LIMITS);
const layoutOf = async (content: string) => (await csv(content).scan(() => undefined)).csv;

describe("the first row", () => {
  it.each([
    ["texts above anything", "id,when\n1,2020-01-01\n2,2020-01-02\n", true, false],
    ["texts above texts", "colour,size\nred,S\nblue,M\n", true, false],
    ["texts above texts, one of which comes again", "red,S\nblue,M\nred,L\n", true, true],
    ["numbers that count beside a text, above numbers", "0,1,2,target\n5.1,3.5,1.4,0\n4.9,3,1.4,1\n", true, true],
    ["numbers that count beside a text, above labels", "0,1,2,target\n5.1,3.5,1.4,setosa\n4.9,3,1.4,virginica\n", true, true],
    ["years between texts", "region,2019,2020,y\nnorth,1,2,a\nsouth,3,4,b\n", true, true],
    ["numbers that count above decimals", "0,1,2\n0.5,1.5,2.5\n3,4,5\n", true, true],
    ["a number above texts", "a,1\nx,p\ny,q\nz,r\n", true, true],
    ["dates above numbers, and a text", "shop,2020-01,2020-02\nA,5,6\nB,7,8\n", true, true],
    ["words for nothing above numbers", "a,NA\n1,2\n3,4\n", true, false],
    ["numbers above numbers", "1,2,3\n4,5,6\n", false, false],
    ["numbers that count above whole numbers", "0,1,2\n3,4,5\n", false, false],
    ["a row of the same kinds", "5.1,3.5,setosa\n4.9,3,virginica\n", false, false],
    ["a stray cell among decimals", "5.1,n.a.,1\n4.9,3,2\n", false, false],
    ["a truth", "x,true\n1,false\n", false, false],
    ["texts that are equal, above texts", "yes,yes\nno,yes\n", false, true],
    ["nothing", ",,\n1,2,3\n", false, false],
  ])("of %s is as expected", async (_, text, isHeader, isDoubtful) => {
    const layout = await layoutOf(text);
    expect([layout?.hasHeader, layout?.headerDoubt !== null]).toEqual([isHeader, isDoubtful]);
  });

  it.each([
    ["a,b,a,y\n1,2,3,4\n", ["a", "b", "a_2", "y"], ["a_2"]],
    ["a,a_2,a,a\n1,2,3,4\n", ["a", "a_2", "a_3", "a_4"], ["a_3", "a_4"]],
    ["column_2,,a\n1,2,3\n", ["column_2", "column_2_2", "a"], ["column_2_2"]],
  ])("with a name twice renames the later ones: %j", async (text, names, renamed) => {
    const table = await csv(text).scan(() => undefined);
    expect(table.names).toEqual(names);
    expect(table.csv?.renamed.map(({ name }) => name)).toEqual(renamed);
  });

  it("is decided without rows below, and without a first row", () => {
    expect(guessHeader([["a", "b"]])).toEqual({ isHeader: true, doubt: null });
    expect(guessHeader([])).toEqual({ isHeader: false, doubt: null });
  });
});

describe("lines that are no rows", () => {
  it.each([
    ["sep=;\r\na;b\r\n1,5;2\r\n", ";", [1], [["1,5", "2"]]],
    ['\ufeff"sep=|"\na|b\n1|2\n', "|", [1], [["1", "2"]]],
    ["# made by tool\n# v2, twice\n\na,b,c\n1,2,3\n", ",", [1, 2], [["1", "2", "3"]]],
    [
      '# made by "tool"\na,b\n1,2\n# total\n3,4\n',
      ",",
      [1, 4],
      [
        ["1", "2"],
        ["3", "4"],
      ],
    ],
    ["#chrom,pos\n1,2\n", ",", [], [["1", "2"]]],
    ["# units, and sources\na,b\n1,2\n", ",", [1], [["1", "2"]]],
    ["sep=\t\na\tb\n1\t2\n", "\t", [1], [["1", "2"]]],
    ["#1,a\n#2,b\n", ",", [], [["#2", "b"]]],
    [
      "a,b\n#1,x\n#2,y\n",
      ",",
      [],
      [
        ["#1", "x"],
        ["#2", "y"],
      ],
    ],
    ["#\nx\ny\n", ",", [], [["x"], ["y"]]],
  ])("are passed over in %j", async (text, delimiter, skipped, rows) => {
    expect((await contentsOf(csv(text))).rows).toEqual(rows);
    expect(await layoutOf(text)).toMatchObject({ delimiter, skippedLines: skipped, skipped: skipped.length });
  });

  it("leave the lines of the others as they are", async () => {
    expect(await faultOf(csv("sep=;\n# note\na;b\n1;2\n3\n"))).toMatch(/^invalid: line 5: column 2 is missing/);
  });
});

it("spaces around quotes are no part of a cell", async () => {
  const { rows } = await contentsOf(csv('a, "b, c" ,d\n1,  "x, y",2\n3,"z" , 4\n'));
  expect(rows).toEqual([
    ["1", "x, y", "2"],
    ["3", "z", "4"],
  ]);
  expect(await faultOf(csv('a,b\n1,x "y"\n'))).toMatch(/a quote in the middle of a cell/);
});

describe("names that take more than the first bytes", () => {
  it("are read as names", async () => {
    const names = Array.from({ length: 9000 }, (_, column) => `measurement ${column}`);
    const row = names.map((_, column) => column % 7).join(",");
    const start = await readCsvStart(chunked(`${names.join(",")}\n${`${row}\n`.repeat(3)}`), {
      ...{ delimiter: null, skipLines: null, mayHaveTitles: true, mayHaveNameLines: true, maxCellBytes: 1000 },
    });
    expect(guessHeader(start.sample)).toEqual({ isHeader: true, doubt: null });
    expect(start.sample[0]).toEqual(names);
  });
});
