/** The tutorial's training runs, from PyTorch's own initial weights: the same numbers at every epoch. */
import { describe, expect, it } from "vitest";
import { unpackTensors } from "../../src/domain/tensor.ts";
import { createPredictor } from "../../src/training/predict/predict.ts";
import { modelRecord, train } from "../training/train.ts";
import { type GoldenRun, readGolden, relativeError, specOf } from "./golden-runs.ts";

describe.each(["linear", "logistic", "mlp", "mlp-tricks"])("the %s run of PyTorch", (name) => {
  const golden = readGolden(name) as GoldenRun;
  const run = train(specOf(golden));
  if (run.result.state !== "succeeded") throw new Error(`it ended ${run.result.state}`);
  const { model, weights } = run.result;

  it("has the same loss at every epoch, to 1e-4", () => {
    expect(run.series.loss).toHaveLength(golden.epochs);
    for (const [epoch, loss] of golden.loss.entries()) {
      expect(relativeError(run.series.loss?.[epoch] as number, loss), `epoch ${epoch + 1}`).toBeLessThan(1e-4);
    }
  });

  it("has the same accuracy and the same learning rate at every epoch", () => {
    const accuracy = run.series.accuracy ?? [];
    expect(accuracy.map(Math.fround)).toEqual(golden.accuracy.map(Math.fround));
    for (const [epoch, lr] of golden.lr.entries()) expect(run.series.lr?.[epoch]).toBeCloseTo(lr, 12);
  });

  it("ends with the same weights, to 1e-4", () => {
    const ours = unpackTensors(weights);
    for (const [parameter, { data }] of Object.entries(golden.final)) {
      data.forEach((value, index) => {
        expect(Math.abs((ours.get(parameter)?.[index] as number) - value), `${parameter}[${index}]`).toBeLessThan(1e-4);
      });
    }
  });

  it("predicts the same, to 1e-4", () => {
    const rows = Array.from({ length: golden.x.shape[0] }, (_, row) =>
      golden.x.data.slice(row * golden.x.shape[1], (row + 1) * golden.x.shape[1]),
    );
    const predicted = createPredictor(modelRecord(model), weights).predict(rows);
    if (!predicted.ok) throw new Error("the rows were refused");
    predicted.predictions.forEach((prediction, row) => {
      const value = "value" in prediction ? (prediction.value as number) : (prediction.probabilities["1"] as number);
      expect(Math.abs(value - (golden.prediction.data[row] as number)), `row ${row}`).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(value)),
      );
    });
  });
});
