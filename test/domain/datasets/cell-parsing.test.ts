import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDatetime, parseLooseTruth, parseNumber, parseTruth } from "../../../src/domain/datasets/cell-parsing.ts";
import { isMissingText } from "../../../src/domain/datasets/missing-words.ts";
import { isMissingBytes, kindOfBytes, readNumber } from "../../../src/formats/tables/byte-literals.ts";

const bytesOf = (text: string) => Buffer.from(`<${text}>`);
const number = (text: string) => readNumber(bytesOf(text), 1, Buffer.byteLength(text) + 1);
const kind = (text: string) => kindOfBytes(bytesOf(text), 1, Buffer.byteLength(text) + 1);

describe("numbers", () => {
  const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 24 });
  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(fc.constantFrom("", "-", "+"), digits, digits).map(([sign, whole, part]) => `${sign}${whole}.${part}`),
    fc.tuple(digits, fc.integer({ min: -400, max: 400 })).map(([whole, exponent]) => `${whole}e${exponent}`),
    fc.string({ unit: fc.constantFrom(..."0123456789.-+eE xN"), maxLength: 10 }),
  );

  it("are read from bytes to the bit as the engine reads their text", () => {
    fc.assert(
      fc.property(written, (text) => Object.is(number(text), parseNumber(text))),
      { numRuns: 3000 },
    );
  });

  it("are whole, have a fraction, are codes, or are none", () => {
    const kinds = [
      "0",
      "-12",
      "+7",
      " 42 ",
      "9007199254740991",
      "1.0",
      "1e3",
      ".5",
      "5.",
      "9007199254740993",
      "007",
      "-00",
      "1e999",
      "",
      "-",
      "1,5",
      "0x10",
      "Infinity",
    ];
    expect(kinds.map(kind).join(" ")).toBe(
      "integer integer integer integer integer number number number number big code code none none none none none none",
    );
  });
});

describe("missing values", () => {
  it.each(["", "  ", "NA", "na", "N/A", "NaN", "nan", "null", "NULL", "None", "?", " NA "])("%j is one", (text) => {
    expect([isMissingText(text), isMissingBytes(bytesOf(text), 1, text.length + 1, false)]).toEqual([true, true]);
  });

  it("are the word None among numbers, and not among labels", () => {
    expect([true, false].map((everywhere) => isMissingBytes(bytesOf(" None "), 1, 7, everywhere))).toEqual([false, true]);
  });

  it.each(["0", "no", "nay", "n", "nulls", "??", "-", ".", "NaNa", "unknown", "n\\a"])("%j is none", (text) => {
    expect([isMissingText(text), isMissingBytes(bytesOf(text), 1, text.length + 1, false)]).toEqual([false, false]);
  });
});

describe("dates and times", () => {
  it("are read as Date reads those that it knows", () => {
    const dates = fc.date({
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59.999Z"),
      noInvalidDate: true,
    });
    fc.assert(fc.property(dates, (date) => parseDatetime(date.toISOString()) === date.getTime()));
    fc.assert(
      fc.property(
        dates,
        (date) => parseDatetime(date.toISOString().slice(0, 10)) === Math.floor(date.getTime() / 864e5) * 864e5,
      ),
    );
  });

  it.each([
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2024-02-29 12:30", "2024-02-29T12:30:00.000Z"],
    ["2024-02-29T12:30:15+02:00", "2024-02-29T10:30:15.000Z"],
    ["2024-02-29T12:30:15-0530", "2024-02-29T18:00:15.000Z"],
    ["2024-02-29t12:30:15.25z", "2024-02-29T12:30:15.250Z"],
    ["2024-2-9", "2024-02-09T00:00:00.000Z"],
    ["2024/02/09 7:05", "2024-02-09T07:05:00.000Z"],
    ["2024-02", "2024-02-01T00:00:00.000Z"],
    ["2024-02-29 24:00", "2024-03-01T00:00:00.000Z"],
    ["2024-02-29 12:30:15 UTC", "2024-02-29T12:30:15.000Z"],
    ["2024-02-29 12:30:15+00", "2024-02-29T12:30:15.000Z"],
  ])("%s is %s", (text, expected) => {
    expect(new Date(parseDatetime(text)).toISOString()).toBe(expected);
  });

  it.each([
    "2023-02-29",
    "2024-13-01",
    "2024-00-10",
    "2024-01-32",
    "2024-01-01T24:01",
    "2024-1-32",
    "2024-13",
    "12:30",
    "2024",
    "20240101",
  ])("%s is none", (text) => {
    expect(parseDatetime(text)).toBeNaN();
  });
});

it.each(["constructor", "__proto__", "valueOf", "toString"])("a cell that says %s is neither true nor false", (text) => {
  expect([parseTruth(text), parseLooseTruth(text)]).toEqual([-1, -1]);
});
