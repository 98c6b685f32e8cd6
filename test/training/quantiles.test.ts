import { describe, expect, it } from "vitest";
import { FILE_METADATA, fileMetadata } from "../../src/domain/models/architecture.ts";
import { predictionsJson } from "../../src/domain/models/prediction-json.ts";
import { outputRow, outputTensors } from "../../src/domain/protocols/served-tensors.ts";
import { tfAnswer } from "../../src/domain/protocols/tf-serving.ts";
import { evaluateDataset } from "../../src/training/evaluate/evaluate-dataset.ts";
import { importModel } from "../../src/training/predict/import.ts";
import { createPredictor } from "../../src/training/predict/predict.ts";
import { runOnnx } from "../formats/onnx/onnx-runtime.ts";
import { datasetOf } from "./dataset.ts";
import { limits, modelRecord, prepare, train } from "./train.ts";

const ROWS = 600;
const x = Array.from({ length: ROWS }, (_, row) => ((row * 37) % ROWS) / ROWS);
/** Noise that grows with x: its quantiles fan out. */
const noise = (row: number) => (((row * 7919) % 1009) / 1009 - 0.5) * 2;
const y = x.map((value, row) => 100 + 50 * value + 40 * value * noise(row));
const dataset = datasetOf({ x, y });
const layers = [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }];
const spec = {
  data: { dataset: { id: "ds", target: "y" } },
  split: { validation: 0.2, test: 0.2 },
  model: { layers },
  loss: { type: "pinball", quantiles: [0.05, 0.5, 0.95] },
  optimizer: { type: "adam", lr: 0.02 },
  metrics: ["mae", "r2"],
  batch_size: 32,
  epochs: 60,
};

function trained(more: object = {}) {
  const { result, series } = train({ ...spec, ...more }, { dataset });
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return { ...result, series };
}
const { model, weights, evaluation, series } = trained();
const record = modelRecord(model);
const predicted = createPredictor(record, weights).predict(x.map((value) => [value]));
if (!predicted.ok) throw new Error(JSON.stringify(predicted.errors));
const answers = predicted.predictions as { value: number; quantiles: number[] }[];

describe("a regression of quantiles", () => {
  it("answers a value for each, of which so many rows lie below", () => {
    expect(model).toMatchObject({ outputWidth: 3, quantiles: [0.05, 0.5, 0.95] });
    const below = (place: number) => y.filter((value, row) => value < (answers[row]?.quantiles[place] as number)).length / ROWS;
    [0.05, 0.5, 0.95].forEach((quantile, place) => {
      expect(Math.abs(below(place) - quantile)).toBeLessThan(0.08);
    });
    const width = (row: number) => (answers[row]?.quantiles[2] as number) - (answers[row]?.quantiles[0] as number);
    const [narrow, wide] = [x.indexOf(0.1), x.indexOf(0.9)];
    expect(width(wide)).toBeGreaterThan(3 * width(narrow));
  });

  it("never crosses them, and the value is the one nearest to the median", () => {
    const { model: crossing, weights } = trained({
      loss: { type: "pinball", quantiles: [0.3, 0.4, 0.45, 0.7] },
      epochs: 1,
      early_stopping: null,
    });
    const result = createPredictor(modelRecord(crossing), weights).predict(x.map((value) => [value]));
    if (!result.ok) throw new Error(JSON.stringify(result.errors));
    for (const prediction of result.predictions as typeof answers) {
      expect(prediction.quantiles).toEqual(prediction.quantiles.toSorted((a, b) => a - b));
      expect(prediction.value).toBe(prediction.quantiles[2]);
    }
  });

  it("is scored by its value, by epoch and at the end", () => {
    expect(evaluation?.test).toMatchObject({ rows: 120 });
    expect(model.score?.metrics).toMatchObject({ r2: expect.closeTo(0.5, 0) });
    expect(series.val_r2?.at(-1)).toBeGreaterThan(0.2);
    const again = evaluateDataset(record, weights, dataset);
    const absolute = y.reduce((sum, value, row) => sum + Math.abs(value - (answers[row]?.value as number)), 0) / ROWS;
    expect(again).toMatchObject({ ok: true, evaluation: { mae: expect.closeTo(absolute, 6) } });
    expect(model.conformal?.scores).toHaveLength(1);
  });

  it("names its quantiles in JSON, and has them as a tensor in the serving protocols", () => {
    const predictions = answers.slice(0, 1);
    const [{ value, quantiles: [low, , high] = [] } = { value: 0 }] = predictions;
    expect(JSON.parse(predictionsJson(record, { predictions, remarks: [] }, null))).toEqual({
      predictions: [{ value, quantiles: { "0.05": low, "0.5": value, "0.95": high } }],
    });
    expect(outputTensors(record).map(({ name, shape }) => [name, shape])).toEqual([
      ["value", [-1, 1]],
      ["quantiles", [-1, 3]],
    ]);
    expect(outputRow("quantiles", predictions[0] as never)).toEqual([low, value, high]);
    expect(tfAnswer(record, predictions, { instances: [[0]] })).toEqual({
      predictions: [{ value, quantiles: [low, value, high] }],
    });
  });

  it("is the same as ONNX, and comes back from its file", async () => {
    const rows = x.slice(0, 500).map((value) => [value]);
    const outputs = await runOnnx(record, weights, rows);
    expect(outputs.value?.dims).toEqual([500, 1]);
    expect(outputs.quantiles?.dims).toEqual([500, 3]);
    const expected = answers.slice(0, 500).flatMap(({ quantiles }) => quantiles);
    Array.from(outputs.quantiles?.data as Float32Array).forEach((value, at) => {
      expect(Math.abs(value - (expected[at] as number))).toBeLessThan(1e-5 * Math.abs(expected[at] as number));
    });
    const text = fileMetadata(record)[FILE_METADATA.architecture] as string;
    expect(importModel(text, weights, limits)).toMatchObject({ model: { quantiles: [0.05, 0.5, 0.95] } });
    const other = JSON.stringify({ ...JSON.parse(text), quantiles: [0.5] });
    expect(importModel(other, weights, limits)).toMatchObject({ ok: false });
  });

  it.each([
    ["quantiles that fall", { quantiles: [0.5, 0.1] }, "/loss/quantiles must be in ascending order"],
    ["a quantile of 1", { quantiles: [0.5, 1] }, "/loss/quantiles/1 "],
    ["no quantile", { quantiles: [] }, "/loss/quantiles "],
  ])("refuses %s", (_, options, expected) => {
    const prepared = prepare({ ...spec, loss: { type: "pinball", ...options } }, {}, dataset);
    expect(prepared.ok ? [] : prepared.errors.map(({ pointer, detail }) => `${pointer} ${detail}`)[0]).toContain(expected);
  });

  it("refuses several targets, and classes", () => {
    const refusal = (more: object, of = dataset) => {
      const prepared = prepare({ ...spec, metrics: undefined, ...more }, {}, of);
      return prepared.ok ? [] : prepared.errors.map(({ pointer }) => pointer);
    };
    const two = { data: { dataset: { id: "ds", target: ["y", "z"] } } };
    expect(refusal(two, datasetOf({ x, y, z: y }))).toContain("/loss/type");
    const named = datasetOf({ x, y: x.map((value) => (value > 0.5 ? "a" : "b")) });
    expect(refusal({}, named)).not.toEqual([]);
  });
});
