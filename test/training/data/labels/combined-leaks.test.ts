import { describe, expect, it } from "vitest";
import { findCombination } from "../../../../src/training/data/labels/combined-leaks.ts";

const ROWS = 120;
const numbers = (of: (row: number) => number) => Float64Array.from({ length: ROWS }, (_, row) => of(row));
const casual = numbers((row) => (row * 37) % 101);
const registered = numbers((row) => (row * 53) % 211);
const noise = numbers((row) => ((row * 7919) % 1009) / 3);
const columns = Object.entries({ noise, casual, registered }).map(([name, values]) => ({ name, values }));
const at = (values: Float64Array, row: number) => values[row] as number;

describe("columns that are the target together", () => {
  it.each<[string, (row: number) => number, object | null]>([
    ["a sum", (row) => at(casual, row) + at(registered, row), { names: ["casual", "registered"], how: "sum or difference" }],
    [
      "a difference",
      (row) => at(registered, row) - at(noise, row),
      { names: ["noise", "registered"], how: "sum or difference" },
    ],
    ["a ratio", (row) => at(casual, row) / at(noise, row), { names: ["noise", "casual"], how: "ratio" }],
    ["a product", (row) => at(casual, row) * at(noise, row), { names: ["noise", "casual"], how: "product" }],
    ["a sum with chance", (row) => at(casual, row) + at(registered, row) + ((row * 71) % 13), null],
    ["nothing of them", (row) => (row * 6151) % 97, null],
    ["always the same", () => 5, null],
  ])("are found where it is %s", (_, target, expected) => {
    const found = findCombination(columns, numbers(target));
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });

  it("are found where it is the distance of two times", () => {
    const year = 365 * 86_400_000;
    const start = numbers((row) => Date.UTC(2024, 0, 1) + (row * year) / ROWS);
    const end = numbers((row) => at(start, row) + 60_000 * Math.round(at(noise, row)));
    const times = [...columns, { name: "start", values: start }, { name: "end", values: end }].slice(1);
    const target = numbers((row) => (at(end, row) - at(start, row)) / 1000);
    expect(findCombination(times, target)).toMatchObject({ names: ["start", "end"], how: "sum or difference" });
  });

  it("are not looked for in few rows", () => {
    const few = columns.map(({ name, values }) => ({ name, values: values.slice(0, 40) }));
    expect(findCombination(few, few[0]?.values.map((value, row) => value + (few[1]?.values[row] ?? 0)) ?? [])).toBeNull();
  });
});
