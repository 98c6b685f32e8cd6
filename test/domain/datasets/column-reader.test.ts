import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellOf, createLabelReader, createValueReader, UNKNOWN } from "../../../src/domain/datasets/column-reader.ts";
import type { ValueColumn } from "../../../src/domain/datasets/preprocessing.ts";

const category = (categories: string[], boolean = false): ValueColumn => ({
  kind: "category",
  column: "c",
  boolean,
  categories,
  fill: null,
  encode: "one_hot",
  dimension: null,
});
const NUMERIC: ValueColumn = { kind: "numeric", column: "n", integer: false, fill: 0, indicator: false, scaling: null };
const DATETIME: ValueColumn = { kind: "datetime", column: "d", fill: 0, indicator: false, parts: [] };
const BOOLEAN = category(["false", "true"], true);

const MISSING = [null, undefined, "", " ", "NA", "n/a", "NaN", "null", "None", "?"];

describe("a value", () => {
  it.each([
    [1, ["TRUE", "True", "true", " true ", "t", "yes", "Y", "1", 1, true]],
    [0, ["FALSE", "False", "false", "f", "no", "N", "0", 0, false]],
    [UNKNOWN, ["maybe", 2, "1.5"]],
    [Number.NaN, MISSING],
  ])("of a boolean column is read as %s however it is spelled", (expected, spellings) => {
    const read = createValueReader(BOOLEAN);
    for (const spelling of spellings) expect([spelling, read(spelling)]).toEqual([spelling, expected]);
  });

  it.each([
    [1, ["1", "1.0", " 1 ", 1, "1e0", 1n]],
    [0, ["-1", -1, "-1.0"]],
    [UNKNOWN, ["2", 2, "one", "0x1"]],
    [Number.NaN, [null, undefined, "", "  "]],
  ])("of a column of whole numbers as labels is the label %s whatever form it has", (expected, forms) => {
    const read = createLabelReader(["-1", "1", "10"]);
    for (const form of forms) expect([form, read(form)]).toEqual([form, expected]);
  });

  it("that two labels could be is the one that is written so, and no other", () => {
    const read = createLabelReader(["1", "1.0", "01", "TRUE", "true", " a", "a"]);
    expect(["1", "1.0", "01", "TRUE", "true", " a", "a"].map(read)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(["1.00", "True", 1, true].map(read)).toEqual([UNKNOWN, UNKNOWN, 0, 4]);
  });

  it("of labels may be a word that stands for nothing elsewhere", () => {
    const read = createLabelReader(["DE", "NA", "None"]);
    expect(["NA", "None", "null", null].map(read)).toEqual([1, 2, UNKNOWN, Number.NaN]);
  });

  it("of labels is one in any capitals only where these were found to say nothing", () => {
    const read = createLabelReader(["No", "Yes"], { case: "ignored" });
    expect(["YES", " yes ", "no", "yeah"].map(read)).toEqual([1, 1, 0, UNKNOWN]);
    expect(createLabelReader(["No", "Yes"])("YES")).toBe(UNKNOWN);
    expect(["AA", "Aa", "aA"].map(createLabelReader(["AA", "Aa"], { case: "ignored" }))).toEqual([0, 1, UNKNOWN]);
  });

  it("beyond 2^53 is exact as a text or a bigint, and refused as a float64", () => {
    const read = createLabelReader(["9007199254740993", "9007199254740992"]);
    expect([read("9007199254740993"), read(9007199254740993n)]).toEqual([0, 0]);
    expect(read(2 ** 53)).toMatch(/beyond 2\^53/);
  });

  it("of a column of numbers has a percent sign only where the table had, since 5% of a workbook is 0.05", () => {
    const read = createValueReader(NUMERIC);
    expect(["5%", " 5 % ", "-0.5%"].map(read)).toEqual(Array(3).fill(expect.stringMatching(/^has a percent sign/)));
    expect(["$5", "5"].map(read)).toEqual([5, 5]);
    expect(createValueReader({ ...NUMERIC, reading: { unit: "%" } })("5%")).toBe(5);
  });

  it("of a column of numbers is a decimal number, and no other writing of one", () => {
    const read = createValueReader(NUMERIC);
    expect(["1.5", " -2 ", "1e3", true, 7, 2n ** 60n].map(read)).toEqual([1.5, -2, 1000, 1, 7, 2 ** 60]);
    for (const wrong of ["0x10", "0b1", "1_000", "x", {}, 1e39]) expect(read(wrong)).toEqual(expect.any(String));
    for (const missing of [...MISSING, "Infinity", "1e400", "-", "n.a.", "#DIV/0!", "\\N", "<NA>"])
      expect(read(missing)).toBeNaN();
  });

  it("of a datetime is a text of ISO 8601 or milliseconds", () => {
    const read = createValueReader(DATETIME);
    expect(["2024-03-05", 1_709_596_800_000, "2024-03-05T00:00:00Z"].map(read)).toEqual(Array(3).fill(1_709_596_800_000));
    for (const wrong of ["yesterday", true, 1e18]) expect(read(wrong)).toEqual(expect.any(String));
  });

  it("of any column is a number or a sentence, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(NUMERIC, DATETIME, BOOLEAN, category(["a", "1", "true"])), (raw, column) => {
        const read = createValueReader(column)(Object(raw) === raw && !(raw instanceof Date) ? JSON.parse("{}") : raw);
        expect(typeof read === "number" || typeof read === "string").toBe(true);
      }),
    );
  });
});

describe("a cell of CSV", () => {
  it("is trimmed without quotes, and as it stands with them", () => {
    expect([cellOf(" a ", false, category(["a"])), cellOf(" a ", true, category(["a"]))]).toEqual(["a", " a "]);
  });

  it("that says NA is missing without quotes, and a label with them", () => {
    expect([cellOf("NA", false, category(["NA"])), cellOf("NA", true, category(["NA"]))]).toEqual([null, "NA"]);
  });

  it("is read as the same value in JSON, for labels of any kind", () => {
    const label = fc.oneof(
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.integer().map(String),
      fc.constantFrom("TRUE", "false"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(label, { minLength: 1, maxLength: 6 }), fc.nat(), (labels, index) => {
        const column = category(labels);
        const read = createValueReader(column);
        const text = labels[index % labels.length] as string;
        expect(read(cellOf(text, true, column))).toEqual(read(text));
      }),
    );
  });
});
