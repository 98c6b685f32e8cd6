import { describe, expect, it } from "vitest";
import type { Column, ColumnValues, DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import type { EncodedColumn } from "../../../src/domain/datasets/preprocessing.ts";
import type { Model } from "../../../src/domain/models/model.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { evaluateDataset } from "../../../src/training/evaluate/evaluate-dataset.ts";
import { readColumn, readPlaces } from "../../../src/training/evaluate/read-columns.ts";
import { aModel } from "../../contract/fixtures.ts";

const column = (name: string, type: Column["type"], categories: string[] | null = null, missing = 0): Column => ({
  ...{ name, type, missing, distinct: 1, statistics: null, top: [], categories },
});
const category = (name: string, categories: string[], boolean = false): EncodedColumn => ({
  ...{ kind: "category", column: name, boolean, categories, fill: null, encode: "one_hot", dimension: null },
});
const numeric = (name: string): EncodedColumn => ({
  ...{ kind: "numeric", column: name, integer: false, fill: 0, indicator: false, scaling: null },
});
const dataset = (...given: [Column, ColumnValues][]): DatasetRows => ({
  rows: given[0]?.[1].length ?? 0,
  sha256: "",
  columns: given.map(([each]) => each),
  values: new Map(given.filter(([{ type }]) => type !== "text").map(([{ name }, values]) => [name, values])),
});

const labelsOf = (read: ReturnType<typeof readColumn>) =>
  "fault" in read ? read.fault : Array.from(read.values, (code) => read.column.categories?.[code] ?? null);

describe("a column of a data set", () => {
  it("is read as labels of the model, whatever type it was given", () => {
    const zip = category("zip", ["01234", "10001"]);
    const integers = column("zip", "integer");
    expect(labelsOf(readColumn(zip, integers, dataset([integers, Float64Array.of(10_001, 1234, 7, Number.NaN)])))).toEqual([
      ...["10001", "01234", "7", null],
    ]);
    const flag = category("flag", ["false", "true"], true);
    const texts = column("flag", "category", ["FALSE", "TRUE", "unknown"]);
    expect(labelsOf(readColumn(flag, texts, dataset([texts, Int32Array.of(1, 0, 2, -1)])))).toEqual([
      ...["true", "false", "unknown", null],
    ]);
  });

  it("is read as numbers where all its labels are, and refused with its row and the cure where one is none", () => {
    const labels = column("n", "category", ["-", "1", "2.5"]);
    const read = readColumn(numeric("n"), labels, dataset([labels, Int32Array.of(1, 2, -1)]));
    expect("values" in read && [...read.values]).toEqual([1, 2.5, Number.NaN]);
    const dashes = readColumn(numeric("n"), labels, dataset([labels, Int32Array.of(1, 0, 2)]));
    expect("values" in dashes && [...dashes.values]).toEqual([1, Number.NaN, 2.5]);
    const words = column("n", "category", ["1", "2.5", "seven"]);
    const wrong = readColumn(numeric("n"), words, dataset([words, Int32Array.of(1, 2, 0)]));
    expect(wrong).toEqual({
      fault: expect.stringMatching(/^column n, row 2: "seven" must be a finite number.*correct the cell/),
    });
  });

  it("that has no value is missing in every row", () => {
    const empty = column("n", "text", null, 2);
    const rows = dataset([empty, new Float64Array(2)]);
    expect(readColumn(numeric("n"), empty, rows)).toMatchObject({ values: Float64Array.of(Number.NaN, Number.NaN) });
    expect(readColumn(category("n", ["a"]), empty, rows)).toMatchObject({ values: Int32Array.of(-1, -1) });
    expect(readColumn(numeric("n"), { ...empty, missing: 1 }, rows)).toEqual({ fault: expect.stringContaining("types") });
  });

  it("of targets is a class of the model however it is written", () => {
    expect([...readPlaces(["0", "1"], column("y", "number"), Float64Array.of(1, 0, 2))]).toEqual([1, 0, -1]);
    const booleans = column("y", "boolean", ["false", "true"]);
    expect([...readPlaces(["FALSE", "TRUE"], booleans, Int32Array.of(1, 0))]).toEqual([1, 0]);
  });
});

describe("an evaluation", () => {
  const model: Model = {
    ...(aModel("job_none") as unknown as Model),
    ...{ task: "binary_classification", inputWidth: 1, outputWidth: 1, activation: "sigmoid", classes: ["no", "yes"] },
    layers: [{ type: "linear", units: 1, bias: true }],
    preprocessing: { columns: [numeric("x")], targets: [{ column: "y", scaling: null }] },
  };
  const weights = packTensors([
    { name: "0.weight", shape: [1, 1], values: [8] },
    { name: "0.bias", shape: [1], values: [0] },
  ]);
  const classes = column("y", "category", ["maybe", "no", "yes"]);

  it("leaves out rows whose target is missing", () => {
    const result = evaluateDataset(
      model,
      weights,
      dataset([column("x", "number"), Float64Array.of(-1, 1, 1)], [classes, Int32Array.of(1, 2, -1)]),
    );
    expect(result).toMatchObject({ ok: true, evaluation: { rows: 2, accuracy: 1 } });
  });

  it("names the row of a class that the model does not have, and those that it has", () => {
    const result = evaluateDataset(
      model,
      weights,
      dataset([column("x", "number"), Float64Array.of(-1, 1)], [classes, Int32Array.of(1, 0)]),
    );
    const detail = "y is maybe in row 2, which is no class of the model: it has no, yes";
    expect(result).toEqual({ ok: false, errors: [{ pointer: "/dataset/id", detail }] });
  });
});
