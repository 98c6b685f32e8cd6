import { describe, expect, it } from "vitest";
import {
  type ClassEvaluation,
  evaluation as evaluationSchema,
  type RegressionEvaluation,
} from "../../../src/domain/models/evaluation.ts";
import { datasetOf } from "../dataset.ts";
import { train } from "../train.ts";

function succeeded(spec: object) {
  const run = train(spec);
  if (run.result.state !== "succeeded" || !run.result.evaluation) throw new Error(JSON.stringify(run.result));
  return { ...run, evaluation: run.result.evaluation };
}

const blobs = {
  data: { generator: { type: "blobs", samples: 150, features: 2, classes: 3, seed: 1 } },
  model: { layers: [{ type: "linear", units: 8 }, { type: "batch_norm" }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.02 },
  epochs: 15,
  batch_size: 16,
  metrics: ["accuracy", "balanced_accuracy", "precision", "recall", "f1"],
};

/** y = 2 a + 0 b */
const line = {
  data: {
    inline: {
      features: Array.from({ length: 60 }, (_, row) => [Math.sin(row), Math.cos(3 * row)]),
      targets: Array.from({ length: 60 }, (_, row) => 2 * Math.sin(row) + 1),
    },
  },
  task: "regression",
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "adam", lr: 0.1 },
  epochs: 100,
  metrics: ["mae", "rmse", "r2", "mape"],
};

describe("the evaluation of a finished model", () => {
  it("has the parts that there are, and agrees with the last epoch on the validation part", () => {
    const { evaluation, series } = succeeded({ ...blobs, split: { validation: 0.2, test: 0.2 } });
    expect(evaluationSchema.parse(evaluation)).toEqual(evaluation);
    const parts = [evaluation.train, evaluation.validation, evaluation.test] as ClassEvaluation[];
    expect(parts.map(({ rows }) => rows)).toEqual([90, 30, 30]);
    const validation = evaluation.validation as ClassEvaluation;
    expect(validation.accuracy).toBeCloseTo(series.val_accuracy?.at(-1) as number, 12);
    expect(validation.balanced_accuracy).toBeCloseTo(series.val_balanced_accuracy?.at(-1) as number, 12);
    for (const name of ["precision", "recall", "f1"] as const)
      expect(validation[name].macro).toBeCloseTo(series[`val_${name}`]?.at(-1) as number, 12);
    expect(validation.log_loss).toBeCloseTo(series.val_loss?.at(-1) as number, 5);
    expect(succeeded(blobs).evaluation).toMatchObject({ validation: null, test: null, importance: null });
  });

  it("is of the weights that the model has, where the best epoch's were restored", () => {
    const { evaluation, series } = succeeded({
      ...blobs,
      optimizer: { type: "sgd", lr: 3 },
      epochs: 30,
      split: { validation: 0.3 },
      early_stopping: { monitor: "val_f1", patience: 30 },
    });
    expect((evaluation.validation as ClassEvaluation).f1.macro).toBeCloseTo(Math.max(...(series.val_f1 ?? [])), 12);
  });

  it("of a regression agrees with the series by epoch, and finds the column that matters", () => {
    const { evaluation, series } = succeeded({ ...line, split: { validation: 0.3 } });
    const validation = evaluation.validation as RegressionEvaluation;
    for (const name of ["mae", "rmse", "r2", "mape"] as const)
      expect(validation[name]).toBeCloseTo(series[`val_${name}`]?.at(-1) as number, 5);
    const { importance } = evaluation;
    expect(importance).toMatchObject({ part: "validation", metric: "r2", rows: 18, repeats: 5 });
    const [first, second] = importance?.columns ?? [];
    expect(first?.mean).toBeGreaterThan(1);
    expect(Math.abs(second?.mean as number)).toBeLessThan(0.01);
  });

  it("takes the test part for importance where there is one, and the same seed gives the same numbers", () => {
    const spec = { ...line, split: { validation: 0.2, test: 0.2 } };
    const [one, two] = [succeeded(spec), succeeded(spec)];
    expect(one.evaluation.importance).toMatchObject({ part: "test", rows: 12 });
    expect(two.evaluation).toEqual(one.evaluation);
  });

  it("leaves importance out where it would take too long", () => {
    const features = Array.from({ length: 60 }, (_, row) => Array.from({ length: 300 }, (_, column) => Math.sin(row * column)));
    const wide = {
      data: { inline: { features, targets: features.map((_, row) => row % 2) } },
      model: { layers: [{ type: "linear", units: 500 }, { type: "linear" }, { type: "sigmoid" }] },
      epochs: 1,
      split: { validation: 0.9 },
    };
    expect(succeeded(wide).evaluation.importance).toBeNull();
  });
});

describe("the evaluation of a model of a data set", () => {
  const cells = Array.from({ length: 80 }, (_, row) => row);
  const kinds = ["ant", "bee", "cow", "dog"];
  const dataset = datasetOf({
    kind: cells.map((row) => kinds[row % 4] as string),
    size: cells.map((row) => 100 + 10 * Math.sin(row)),
    noise: cells.map((row) => Math.cos(7 * row)),
    price: cells.map((row) => 1000 + 300 * (row % 4) + 5 * Math.sin(row)),
  });
  const job = {
    data: { dataset: { id: "ds_test", target: "price" } },
    model: { layers: [{ type: "linear" }] },
    optimizer: { type: "adam", lr: 0.05 },
    epochs: 60,
    early_stopping: null,
    metrics: ["mae", "rmse", "r2", "mape"],
  };

  it("shuffles raw columns, and measures errors in the units of the target", () => {
    const { result, series } = train(job, { dataset });
    if (result.state !== "succeeded" || !result.evaluation) throw new Error(JSON.stringify(result));
    const { validation, importance } = result.evaluation;
    expect(importance?.columns.map(({ column }) => column)).toEqual(["kind", "size", "noise"]);
    const [kind, size, noise] = (importance?.columns ?? []).map(({ mean }) => mean as number) as [number, number, number];
    expect(kind).toBeGreaterThan(1);
    expect(Math.max(Math.abs(size), Math.abs(noise))).toBeLessThan(0.05);
    const { mae, rmse, mape } = validation as RegressionEvaluation;
    expect(mae).toBeGreaterThan(1);
    for (const [name, value] of Object.entries({ mae, rmse, mape }))
      expect((series[`val_${name}` as "val_mae"]?.at(-1) as number) / (value as number)).toBeCloseTo(1, 4);
  });
});
