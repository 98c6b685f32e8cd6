import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JobRows, Model } from "../../../src/client/answers.ts";
import { reachOf, rowTexts, usualTexts } from "../../../src/dashboard/predict/row.ts";

const input = (name: string, type: string, rest: object = {}) => ({
  name,
  type,
  categories: null,
  usual: null,
  spread: null,
  ...rest,
});
const modelOf = (...inputs: object[]) => ({ inputs }) as unknown as Model;

/** Rows of the training part, but for the last `heldOut`. */
function rowsOf(features: Record<string, readonly (number | string | null)[]>, heldOut = 0): JobRows {
  const [first = []] = Object.values(features);
  return {
    job: "job_1",
    total: first.length,
    returned: first.length,
    parts: first.map((_, row) => (row < first.length - heldOut ? "train" : "validation")),
    features: Object.entries(features).map(([name, values]) => ({ name, values: [...values] })),
    targets: [],
  };
}

describe("a typical row", () => {
  it("has the median of numbers and the commonest of other values, of the rows that trained", () => {
    const model = modelOf(
      input("price", "number", { usual: 250 }),
      input("rooms", "integer", { usual: 2.4 }),
      input("city", "category", { categories: ["Aachen", "Bonn", "Köln"] }),
      input("isNew", "boolean", { usual: "true" }),
      input("sold", "datetime"),
    );
    const rows = rowsOf(
      {
        price: [1, 2, 1000, null, 9, 9],
        rooms: [1, 3, 3, null, 9, 9],
        city: ["Köln", "Bonn", "Köln", null, "Bonn", "Bonn"],
        isNew: ["false", "false", "true", "true", "true", "true"],
        sold: ["2026-01-03", "2026-01-01", "2026-01-02", null, "2027-01-01", "2027-01-01"],
      },
      2,
    );
    expect(usualTexts(model, rows)).toEqual(["2", "3", "Köln", "false", "2026-01-02"]);
  });

  it("is what stands in for missing values where there are no rows, of a column that is all missing, and of text", () => {
    const model = modelOf(
      input("price", "number", { usual: 250.12345 }),
      input("city", "category", { categories: ["Aachen", "Bonn"], usual: "Bonn" }),
      input("street", "category", { categories: ["Am Markt"] }),
      input("words", "text"),
    );
    const expected = ["250.1", "Bonn", "Am Markt", ""];
    expect(usualTexts(model, null)).toEqual(expected);
    const missing = [null, null];
    expect(usualTexts(model, rowsOf({ price: missing, city: missing, street: missing, words: ["a", "b"] }))).toEqual(expected);
  });

  it("is made of values that its columns have, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1 }), (values) => {
        const [usual = ""] = usualTexts(
          modelOf(input("x", "category", { categories: ["a", "b", "c"] })),
          rowsOf({ x: values }),
        );
        const count = (label: string) => values.filter((value) => value === label).length;
        expect(["a", "b", "c"].every((label) => count(label) <= count(usual))).toBe(true);
      }),
    );
  });

  it("finds columns by their names", () => {
    const model = modelOf(input("b", "number"), input("a", "number"));
    const rows = rowsOf({ a: [1], b: [2] });
    expect([usualTexts(model, rows), rowTexts(model, rows, 0)]).toEqual([
      ["2", "1"],
      ["2", "1"],
    ]);
    expect(reachOf(model.inputs![1]!, rows)).toEqual({ min: 1, max: 1 });
  });
});
