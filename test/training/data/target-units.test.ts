/** Targets that are learned as logarithms: what is shown of them is in their own units everywhere. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toNetworkUnits, toOwnUnits } from "../../../src/training/data/target-units.ts";
import { createPredictor } from "../../../src/training/predict/predict.ts";
import { datasetOf } from "../dataset.ts";
import { modelRecord, prepare, train } from "../train.ts";

const rows = 200;
const x = Array.from({ length: rows }, (_, row) => row / 20);
const y = x.map((value) => Math.exp(1.2 * value) + 0.5);

const job = (more: object = {}) => ({
  data: { dataset: { id: "ds_1", target: "y" } },
  task: "regression",
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
  preprocess: { target: { transform: "log" } },
  metrics: ["mae", "rmse", "r2", "mape"],
  epochs: 300,
  early_stopping: null,
  ...more,
});

const errorsOf = (cells: readonly (number | string | null)[], more: object = {}) => {
  const prepared = prepare(job({ metrics: undefined, ...more }), {}, datasetOf({ x: cells.map((_, row) => row), y: cells }));
  return prepared.ok ? [] : prepared.errors;
};

describe("a target that is learned as a logarithm", () => {
  it("goes to the network's units and back", () => {
    const scaling = fc.record({
      offset: fc.double({ min: -5, max: 20, noNaN: true }),
      scale: fc.double({ min: 0.1, max: 10, noNaN: true }),
      transform: fc.constant("log" as const),
    });
    fc.assert(
      fc.property(fc.double({ min: -0.999, max: 1e12, noNaN: true }), scaling, (value, own) => {
        expect(toOwnUnits(toNetworkUnits(value, own), own) / (1 + value)).toBeCloseTo(value / (1 + value), 9);
      }),
    );
    expect(toNetworkUnits(-1, { offset: 0, scale: 1, transform: "log" })).toBeNaN();
    expect(Number.isFinite(Math.fround(toOwnUnits(1e6, { offset: 0, scale: 1, transform: "log" })))).toBe(true);
  });

  it("is predicted, scored and followed in its own units", () => {
    const run = train(job(), { dataset: datasetOf({ x, y }) });
    if (run.result.state !== "succeeded") throw new Error(JSON.stringify(run.result));
    const { model, weights } = run.result;
    expect(model.preprocessing?.targets).toMatchObject([{ column: "y", scaling: { transform: "log" } }]);
    const predicted = createPredictor(modelRecord(model), weights).predict(x.map((value) => [value]));
    if (!predicted.ok) throw new Error("refused");
    const values = predicted.predictions.map((prediction) =>
      "value" in prediction ? (prediction.value as number) : Number.NaN,
    );
    expect((values[150] as number) / (y[150] as number)).toBeCloseTo(1, 1);
    // The metrics of an epoch are those of the weights at its end on the held-out rows, as the score has them.
    const { metrics, baseline } = model.score as NonNullable<typeof model.score>;
    for (const name of ["mae", "rmse", "r2", "mape"] as const) {
      const followed = run.series[`val_${name}`]?.at(-1) as number;
      expect(followed / ((metrics as Record<string, number>)[name] as number)).toBeCloseTo(1, 3);
    }
    expect((baseline.metrics as { r2: number }).r2).toBeLessThan(0.1);
    expect(run.series.val_mape?.at(-1)).toBeLessThan(0.2);
    const straight = train(job({ preprocess: {} }), { dataset: datasetOf({ x, y }) });
    expect(straight.series.val_r2?.at(-1)).toBeLessThan(run.series.val_r2?.at(-1) as number);
  });

  it("is refused where a value has no logarithm, or the target has classes, at its field", () => {
    const pointer = "/preprocess/target/transform";
    const positive = Array.from({ length: 30 }, (_, row) => row + 0.5);
    expect(errorsOf(positive)).toEqual([]);
    expect(errorsOf([...positive, null])).toEqual([]);
    expect(errorsOf([...positive, -1])).toEqual([
      { pointer, detail: "log needs values above -1, and y has -1 in row 31: leave it out" },
    ]);
    expect(
      errorsOf(
        positive.map((value) => (value > 9 ? "a" : "b")),
        { task: undefined },
      ),
    ).toEqual([{ pointer, detail: "log is only for a regression, but this target has classes: leave it out" }]);
  });
});
