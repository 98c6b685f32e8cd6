import { describe, expect, it } from "vitest";
import { columnsWorthLearning } from "../../../src/training/data/columns-worth-learning.ts";
import { datasetOf } from "../dataset.ts";

type Cells = readonly (string | number | null)[];
const ROWS = 60;
const cells = (cell: (row: number) => string | number | null): Cells => Array.from({ length: ROWS }, (_, row) => cell(row));

function chosen(table: Record<string, Cells>) {
  const dataset = datasetOf(table);
  const { features, notes } = columnsWorthLearning(dataset.columns, dataset);
  return { features: features.map(({ name }) => name), notes: notes.map(({ code, column }) => `${column}: ${code}`) };
}

const measure = cells((row) => ((row * 37) % 11) / 4);
const label = cells((row) => (row % 3 === 0 ? "a" : "b"));

describe("columns that are worth learning from", () => {
  it.each<[string, Cells, string]>([
    ["has no value", cells(() => null), "column_without_values"],
    ["has one value", cells(() => 7), "constant_column"],
    ["has one label", cells(() => "x"), "constant_column"],
    ["counts the rows", cells((row) => row + 1), "id_like_column"],
    ["numbers the rows with gaps", cells((row) => row * row * 50), "id_like_column"],
    ["names the rows", cells((row) => `id-${row}`), "id_like_column"],
    ["has the numbers of an earlier one", measure, "duplicate_column"],
    ["has the labels of an earlier one", label, "duplicate_column"],
  ])("leave out one that %s", (_, odd, code) => {
    expect(chosen({ measure, label, odd })).toEqual({ features: ["measure", "label"], notes: [`odd: ${code}`] });
  });

  it.each<[string, Cells]>([
    ["has another number in every row", cells((row) => row + 0.5)],
    ["measures something else in every row", cells((row) => (row * 7919) % 100_003)],
    ["has one value or none", cells((row) => (row % 2 ? 7 : null))],
    ["differs from another in a row", measure.with(9, -3)],
    ["differs from another in where a value is missing", measure.with(9, null)],
    ["has other labels in the same places", cells((row) => (row % 3 === 0 ? "c" : "d"))],
    ["has places of labels as numbers", cells((row) => (row % 3 === 0 ? 0 : 1))],
  ])("keep one that %s", (_, odd) => {
    expect(chosen({ measure, label, odd })).toEqual({ features: ["measure", "label", "odd"], notes: [] });
  });

  it("take missing numbers in the same rows for alike, and 0 for -0", () => {
    const gaps = cells((row) => (row % 7 === 0 ? null : row % 5));
    const copy = gaps.map((cell) => (cell === 0 ? -0 : cell));
    expect(chosen({ gaps, copy }).features).toEqual(["gaps"]);
  });

  it("leave out labels that hardly any rows share, and numbers of telephones", () => {
    const wide = Array.from({ length: 800 }, (_, row) => row);
    const dataset = datasetOf({
      ...{ measure: wide.map((row) => (row * 37) % 11), place: wide.map((row) => `p${row % 70}`) },
      ...{ customer: wide.map((row) => `c${row % 260}`), guest: wide.map((row) => `g${row % 780}`) },
      phone: wide.map((row) => `+49 30 ${row}`),
    });
    const columns = dataset.columns.map((column) =>
      column.name === "phone" ? { ...column, type: "text" as const, top: [{ value: "+49 30 17", count: 1 }] } : column,
    );
    const { features, notes } = columnsWorthLearning(columns, dataset);
    expect(features.map(({ name }) => name)).toEqual(["measure", "place", "customer"]);
    expect(notes.map(({ code, column }) => `${column}: ${code}`)).toEqual(["guest: id_like_column", "phone: id_like_column"]);
  });

  it("keep ids of few rows, and everything where nothing would remain", () => {
    expect(chosen({ id: [1, 2, 3], x: [1, 1, 2] }).features).toEqual(["id", "x"]);
    expect(chosen({ a: cells(() => 1), b: cells(() => 2) })).toEqual({ features: ["a", "b"], notes: [] });
  });

  it("say how to use a column all the same, in at most so many notes", () => {
    const dataset = datasetOf({
      measure,
      ...Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`c${at}`, measure])),
    });
    const { features, notes } = columnsWorthLearning(dataset.columns, dataset);
    expect(features).toHaveLength(1);
    expect(notes).toHaveLength(50);
    expect(notes[0]).toEqual({
      code: "duplicate_column",
      column: "c0",
      line: null,
      detail: "c0 has the same value as measure in every row: it is left out",
      cure: "name it in features to use it",
    });
  });
});
