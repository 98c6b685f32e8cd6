import { describe, expect, it } from "vitest";
import type { Column, ColumnValues } from "../../../src/domain/datasets/dataset.ts";
import { leakNotes, type TargetValues } from "../../../src/training/data/leak-notes.ts";

const ROWS = 200;
/** A number from 0 to 1 for each row, in no order. */
const chance = (row: number) => (((row + 1) * 7919) % 1009) / 1009;

const numbers = (of: (row: number) => number) => Float64Array.from({ length: ROWS }, (_, row) => of(row));
const codes = (of: (row: number) => number) => Int32Array.from({ length: ROWS }, (_, row) => of(row));

function noted(target: TargetValues, ...columns: readonly [Column["type"], ColumnValues][]): (string | null)[] {
  const features = columns.map(([type, values], index): Column => {
    const distinct = new Set(values).size;
    return { name: `c${index}`, type, missing: 0, distinct, statistics: null, top: [], categories: null };
  });
  const values = new Map(columns.map(([, own], index) => [`c${index}`, own]));
  return leakNotes("y", target, features, values).map(({ column }) => column);
}

const noise: [Column["type"], ColumnValues] = ["number", numbers(chance)];

describe("a column that alone says what the class is", () => {
  const classes = codes((row) => (chance(row * 3) > 0.6 ? 1 : 0));
  it.each<[string, Column["type"], ColumnValues]>([
    ["a copy with other labels", "category", codes((row) => 1 - (classes[row] as number))],
    ["a category that is finer", "category", codes((row) => (classes[row] as number) * 3 + (row % 3))],
    ["a truth that is missing where the class is 0", "boolean", codes((row) => (classes[row] === 1 ? 0 : -1))],
    ["a number that a threshold cuts", "number", numbers((row) => chance(row) + 2 * (classes[row] as number))],
    ["a number that is there for one class only", "integer", numbers((row) => (classes[row] === 1 ? row : Number.NaN))],
  ])("is noted: %s", (_, type, values) => {
    expect(noted({ codes: classes }, noise, [type, values])).toEqual(["c1"]);
  });

  it("is not noted where it is wrong in a tenth of the rows, says something else of every row, or is the only one", () => {
    const wrong = codes((row) => (row % 10 === 0 ? 1 - (classes[row] as number) : (classes[row] as number)));
    expect(noted({ codes: classes }, noise, ["category", wrong], ["category", codes((row) => row)])).toEqual([]);
    expect(noted({ codes: classes }, ["category", classes])).toEqual([]);
  });

  it("is looked for among the rows that have a class", () => {
    const gaps = codes((row) => (row % 4 === 0 ? -1 : (classes[row] as number)));
    const own = codes((row) => (row % 4 === 0 ? row % 8 : (classes[row] as number)));
    expect(noted({ codes: gaps }, noise, ["category", own])).toEqual(["c1"]);
  });
});

describe("a column that alone says what the number is", () => {
  const target = numbers((row) => 100 * chance(row * 5));
  it("is noted where it is a straight line, rows without either left out, or a category of equal numbers", () => {
    const line = numbers((row) => (row % 9 === 0 ? Number.NaN : 3 - 1.8 * (target[row] as number)));
    expect(noted({ numbers: target }, noise, ["number", line])).toEqual(["c1"]);
    const steps = numbers((row) => Math.floor((target[row] as number) / 25));
    expect(noted({ numbers: steps }, noise, ["category", codes((row) => steps[row] as number)])).toEqual(["c1"]);
  });

  it("is not noted where it is only close to it", () => {
    const close = numbers((row) => (target[row] as number) + 10 * chance(row * 11));
    expect(noted({ numbers: target }, noise, ["number", close])).toEqual([]);
  });
});
