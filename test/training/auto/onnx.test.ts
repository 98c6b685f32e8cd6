import { describe, expect, it } from "vitest";
import type { Prediction } from "../../../src/domain/models/model.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { createPredictor } from "../../../src/training/predict/predict.ts";
import { type Row, runOnnx } from "../../formats/onnx/onnx-runtime.ts";
import { datasetOf } from "../dataset.ts";
import { modelRecord, train } from "../train.ts";

const ROWS = 500;
const random = createRandom(streamKey(5, "table"));
const chance = (share: number) => random.uniform() < share;
const places = ["Biscoe", "Dream", "Torgersen", "Ünlü"];
/** Numbers and categories with missing cells, and a few values far outside. */
const table = Array.from({ length: ROWS }, () => ({
  mass: chance(0.1) ? null : Math.round(1000 * (4 + random.normal())),
  length: chance(0.02) ? 1e6 : 40 + 5 * random.normal(),
  count: random.integer(5),
  place: chance(0.1) ? null : (places[random.integer(4)] as string),
  flag: chance(0.5) ? "a" : "b",
}));
const features = ["mass", "length", "count", "place", "flag"] as const;
const worth = table.map(
  ({ mass, count, place, flag }) => (mass ?? 4000) / 1000 + count + (place === "Dream" ? 2 : 0) * (flag === "a" ? 1 : -1),
);
const column = (name: (typeof features)[number]) => table.map((row) => row[name]);
const columns = Object.fromEntries(features.map((name) => [name, column(name)]));
const rows: Row[] = table.map((row) => features.map((name) => row[name]));

function searched(target: readonly (string | number)[], more: object = {}) {
  const dataset = datasetOf({ ...columns, target });
  const model = { auto: { trials: 5, folds: 2 } };
  const { result } = train({ data: { dataset: { id: "ds", target: "target", features } }, model, ...more }, { dataset });
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return { model: modelRecord(result.model), weights: result.weights };
}

const numbersOf = (prediction: Prediction) => ("value" in prediction ? [prediction.value].flat() : prediction.probabilities);

describe("the ONNX file of a searched model", () => {
  it.each<[string, readonly (string | number)[], object]>([
    ["a regression", worth, {}],
    ["a regression of wide range", worth.map((value) => Math.exp(value)), {}],
    ["two classes", worth.map((value) => (value > 7 ? "many" : "few")), { decision: { maximize: "f1" } }],
    ["many classes", worth.map((value) => `class ${Math.max(3, Math.min(9, Math.round(value)))}`), {}],
  ])("agrees with predict on 500 rows: %s", async (_, target, more) => {
    const { model, weights } = searched(target, more);
    const predicted = createPredictor(model, weights).predict(rows);
    if (!predicted.ok) throw new Error(JSON.stringify(predicted.errors));
    const outputs = await runOnnx(model, weights, rows);
    const isRegression = model.task === "regression";
    const actual = Array.from((isRegression ? outputs.value : outputs.probabilities)?.data as Float32Array);
    const expected = predicted.predictions.flatMap(numbersOf);
    expect(actual).toHaveLength(expected.length);
    const scale = isRegression ? Math.max(...expected.map(Math.abs)) : 1;
    expected.forEach((value, at) => {
      expect(Math.abs((actual[at] as number) - value)).toBeLessThanOrEqual(1e-5 * scale);
    });
    if (isRegression) return;
    const labels = predicted.predictions.map((prediction) => "label" in prediction && prediction.label);
    const differing = labels.filter((label, row) => label !== outputs.label?.data[row]);
    expect(differing).toEqual([]);
  });
});
