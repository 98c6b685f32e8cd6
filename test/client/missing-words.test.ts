import { expect, it } from "vitest";
import { formatMissingWords, parseMissingWords } from "../../src/client/missing-words.ts";

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
