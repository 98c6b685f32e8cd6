import { describe, expect, it } from "vitest";
import { parseLooseTruth, parseNumber, parseTruth } from "../../../src/domain/datasets/cell-parsing.ts";
import { createLabelReader, createValueReader } from "../../../src/domain/datasets/column-reader.ts";
import { mergedSpellings } from "../../../src/domain/datasets/label-spellings.ts";
import { isErrorWord, isMissingText, isOddWord, isWordForMissing } from "../../../src/domain/datasets/missing-words.ts";
import { parseClock } from "../../../src/domain/datasets/written/clocks.ts";
import { parseWrittenDate, WRITTEN_DATES } from "../../../src/domain/datasets/written/written-dates.ts";
import { NUMBER_FORMATS, parseInFormats, splitUnit, unitOf } from "../../../src/domain/datasets/written/written-numbers.ts";

/** What a text of a cell is asked. One that tries every way of cutting it takes minutes for one cell. */
const QUESTIONS: readonly ((text: string) => unknown)[] = [
  ...[parseNumber, parseTruth, parseLooseTruth, parseClock, splitUnit, unitOf],
  ...[isErrorWord, isMissingText, isOddWord, isWordForMissing],
  (text) => parseInFormats(text, NUMBER_FORMATS),
  (text) => WRITTEN_DATES.map((format) => parseWrittenDate(text, format)),
  createValueReader({ kind: "numeric", column: "x", reading: { unit: "kg" } } as never),
  createLabelReader(["1", "yes"], { case: "ignored", missing: ["-9"] }),
  (text) => mergedSpellings([text, text.toUpperCase(), "other"], [1, 1, 1]),
];

const ATOMS = [" ", "1", "a", ".", ",", "-", "(", "<", "1 ", "a ", "1,", "°", "\u00a0", "1a", "$", "e1"];
const BEGINNINGS = ["", "<", "(", "<(", "1", "$", "-"];
const ENDS = ["", "x", "#", "1"];

describe("a long cell", () => {
  // As long as a number and a date may be at most, and longer than any may be.
  it.each([56, 398, 30_000])("of %i characters is read in one pass", (length) => {
    const texts = BEGINNINGS.flatMap((beginning) =>
      ATOMS.flatMap((atom) => ENDS.map((end) => `${beginning}${atom.repeat(length / atom.length)}${end}`)),
    );
    for (const text of texts) for (const ask of QUESTIONS) ask(text);
    expect(texts.length).toBe(BEGINNINGS.length * ATOMS.length * ENDS.length);
  });
});
