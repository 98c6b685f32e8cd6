import { describe, expect, it } from "vitest";
import { findMissingCode } from "../../../src/domain/datasets/missing-codes.ts";

const found = (...values: readonly number[]) => findMissingCode(Float64Array.from(values).sort());
const from = (first: number, count: number, step = 1) => Array.from({ length: count }, (_, place) => first + place * step);
const times = (value: number, count: number) => new Array<number>(count).fill(value);

describe("a number that may mean a missing value", () => {
  it.each([
    ["-999 among amounts", [...from(0, 30, 2.5), ...times(-999, 2)], { values: [-999], count: 2, nearest: 0 }],
    ["-99.9 among temperatures", [...from(-20, 40), ...times(-99.9, 3)], { values: [-99.9], count: 3, nearest: -20 }],
    ["-1 where nothing else is below 0", [...from(0, 20), ...times(-1, 3)], { values: [-1], count: 3, nearest: 0 }],
    ["9999 above marks", [...from(1, 60), ...times(9999, 2)], { values: [9999], count: 2, nearest: 60 }],
    ["99 above a scale of five", [...from(1, 5), ...from(1, 5), ...times(99, 2)], { values: [99], count: 2, nearest: 5 }],
    [
      "77, 88 and 99 above a scale of ten",
      [...from(0, 11), ...from(0, 11), 77, 77, 88, 99],
      { values: [77, 88, 99], count: 4, nearest: 10 },
    ],
    ["7, 8 and 9 beside yes and no", [...times(1, 9), ...times(2, 9), 7, 8, 9], { values: [7, 8, 9], count: 3, nearest: 2 }],
    ["0 among pressures", [...from(44, 80), ...times(0, 5)], { values: [0], count: 5, nearest: 44 }],
  ])("is %s", (_, values, code) => {
    expect(found(...values)).toEqual(code);
  });

  it.each([
    ["no value at all", []],
    ["7, 8 and 9 of a scale of ten", [...from(0, 10), ...from(0, 10)]],
    ["77 and 88 above counts that come near them", [...from(0, 60), 77, 88]],
    ["8 and 9 that most rows have", [...times(1, 3), ...times(8, 9), ...times(9, 9)]],
    ["one value", times(-999, 3)],
    ["a single odd value", [...from(0, 30), -999]],
    ["0 among counts", [...from(1, 30), ...from(1, 30), ...times(0, 20)]],
    ["0 that most rows have", [...from(100, 20), ...times(0, 60)]],
    ["0 among few amounts", [...times(10, 20), ...times(20, 20), ...times(50, 20), ...times(0, 9)]],
    ["0 near small values", [...from(0.1, 99, 0.1), ...times(0, 9)]],
    ["99 at the end of a range", [...from(0, 99), ...times(99, 3)]],
    ["-999 within a range", [...from(-2000, 40, 100), ...times(-999, 3)]],
    ["a great value that no one writes for a missing one", [...from(0, 30), ...times(5000, 3)]],
    ["-1 of a scale around 0", [...times(-1, 20), ...times(0, 20), ...times(1, 20)]],
    ["-5 below 0", [...from(0, 30), ...times(-5, 3)]],
  ])("is not %s", (_, values) => {
    expect(found(...values)).toBeNull();
  });
});
