import { expect, it } from "vitest";
import { cellText, formatMissingWords, parseMissingWords } from "../../src/client/table-text.ts";

it.each([
  ["NA, -999", ["NA", "-999"], "NA, -999"],
  ["", [], ""],
  [" , ", [], ""],
  ["age=-1,weight=0, age = none", { age: ["-1", "none"], weight: ["0"] }, "age=-1, age=none, weight=0"],
  ["a=b=0", { "a=b": ["0"] }, "a=b=0"],
  ["=", ["="], "="],
])("%j is read and written", (text, words, written) => {
  expect(parseMissingWords(text)).toEqual(words);
  expect(formatMissingWords(words)).toBe(written);
});

it("is not read where words of columns and of all are mixed", () => {
  expect(parseMissingWords("NA, age=-1")).toBeNull();
});

it.each([
  [41, "41"],
  [40.8, "40.8"],
  [Math.fround(40.8), "40.8"],
  [-0.07, "-0.07"],
  [1234567890123, "1234567890123"],
  [0, "0"],
  [1e-9, "1e-9"],
])("%d of a cell is written %s", (value, text) => {
  expect(cellText(value)).toBe(text);
});
