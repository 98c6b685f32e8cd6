import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ClassEvaluation, RegressionEvaluation } from "../../../src/domain/models/evaluation.ts";
import { type ClassScore, type Score, score as scoreSchema, type ValueScore } from "../../../src/domain/models/score.ts";
import type { TrainingRun } from "../../../src/domain/ports.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { evaluate } from "../../../src/training/evaluate/evaluate.ts";
import { createInference } from "../../../src/training/predict/inference.ts";
import { datasetOf } from "../dataset.ts";
import { prepare, train } from "../train.ts";

function succeeded(spec: object, dataset: ReturnType<typeof datasetOf> | null = null) {
  const { result, series } = train(spec, { dataset });
  if (result.state !== "succeeded" || !result.evaluation || !result.model.score) throw new Error(JSON.stringify(result));
  expect(scoreSchema.parse(result.model.score)).toEqual(result.model.score);
  return { ...result, evaluation: result.evaluation, score: result.model.score, series };
}

const blobs = {
  data: { generator: { type: "blobs", samples: 150, features: 2, classes: 3, seed: 1 } },
  model: { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "sgd", lr: 3 },
  epochs: 30,
  batch_size: 16,
  metrics: ["accuracy", "f1"],
};

const figuresOf = ({ accuracy, balanced_accuracy, mcc, f1, log_loss, roc_auc, pr_auc }: ClassEvaluation) => ({
  ...{ accuracy, balanced_accuracy, mcc, f1: f1.macro, log_loss, roc_auc, pr_auc },
});

/** What `evaluate` says of the stored weights on a part of a job's rows, which are loaded anew. */
function evaluated(
  spec: object,
  { model, weights }: Pick<ReturnType<typeof succeeded>, "model" | "weights">,
  part: Exclude<Score["part"], "out_of_fold">,
) {
  const prepared = prepare(spec);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const run = { job: prepared, payload: prepared.payload, dataset: null, checkpoint: null };
  const table = loadData(run as unknown as TrainingRun)[part];
  if (!table) throw new Error(`there is no ${part} part`);
  const outputs = createInference(model, weights, [256]).outputs(table.features, table.rows);
  return evaluate({ rows: table.rows, outputs, targets: table.targets }, model.classes) as ClassEvaluation;
}

describe("the score of a model", () => {
  it("is of the stored weights where an earlier epoch's were restored, and metrics.best is that epoch", () => {
    const split = { validation: 0.3, test: 0.2 };
    const spec = { ...blobs, split, early_stopping: { monitor: "val_f1", patience: 30 } };
    const result = succeeded(spec);
    const { score, metrics, series } = result;
    const f1 = series.val_f1 ?? [];
    const best = f1.indexOf(Math.max(...f1)) + 1;
    expect(best).toBeLessThan(30);
    expect(f1.at(-1)).toBeLessThan(Math.max(...f1));
    expect(metrics.best).toMatchObject({ epoch: best, val_f1: Math.max(...f1), val_loss: series.val_loss?.[best - 1] });
    const loss = series.val_loss ?? [];
    expect(metrics.lowest).toMatchObject({ epoch: loss.indexOf(Math.min(...loss)) + 1, val_loss: Math.min(...loss) });
    expect(score).toMatchObject({ part: "test", rows: 30, metrics: figuresOf(evaluated(spec, result, "test")) });
    expect(score.metrics).toEqual(figuresOf(result.evaluation.test as ClassEvaluation));
    expect(evaluated(spec, result, "validation").f1.macro).toBeCloseTo(Math.max(...f1), 12);
  });

  it("takes the epoch that early stopping means by min_delta, though another has a lower loss", () => {
    const { metrics, reason } = succeeded({
      ...blobs,
      optimizer: { type: "adam", lr: 0.01 },
      split: { validation: 0.3 },
      early_stopping: { patience: 5, min_delta: 0.05 },
    });
    expect(reason).toContain(`was best at epoch ${metrics.best.epoch}`);
    expect(metrics.best.epoch).toBeLessThan(metrics.lowest?.epoch as number);
  });

  it("is of the last epoch's weights where none are restored, and so is metrics.best", () => {
    const spec = { ...blobs, split: { validation: 0.3 } };
    const { metrics, score, evaluation } = succeeded(spec);
    expect(metrics.best).toEqual({ epoch: 30, ...metrics.final });
    expect(score).toMatchObject({ part: "validation", rows: 45, metrics: figuresOf(evaluation.validation as ClassEvaluation) });
  });

  it("says that it is of the training rows where nothing was held out", () => {
    const { score, evaluation } = succeeded(blobs);
    expect(score).toMatchObject({ part: "train", rows: 150, metrics: figuresOf(evaluation.train as ClassEvaluation) });
  });

  it("is the same after an interruption, and knows the epoch whose weights a checkpoint kept", () => {
    const spec = { ...blobs, split: { validation: 0.3 }, early_stopping: { monitor: "val_f1", patience: 30 } };
    const whole = succeeded(spec);
    const { checkpoints } = train({ ...spec, checkpoint: { every_epochs: 29, min_seconds: 0 } });
    const from = checkpoints.find(({ epoch }) => epoch === 29) ?? null;
    expect(from).not.toBeNull();
    const { result } = train(spec, { from, epochsDone: 29 });
    if (result.state !== "succeeded") throw new Error(result.state);
    expect(result.model.score).toEqual(whole.score);
    expect(result.metrics.best.epoch).toBe(whole.metrics.best.epoch);
    expect(result.metrics.best.val_f1).toBe(whole.metrics.best.val_f1);
  });
});

describe("beside the score", () => {
  it("the baseline gives every row the shares of the classes among the training rows", () => {
    const labels = Array.from({ length: 100 }, (_, row) => (row % 4 === 0 ? "Yes" : "No"));
    const dataset = datasetOf({ x: labels.map((_, row) => Math.sin(row)), churn: labels });
    const { score } = succeeded(
      {
        data: { dataset: { id: "ds_test", target: "churn" } },
        model: { layers: [{ type: "linear" }] },
        epochs: 2,
        split: { validation: 0.2 },
      },
      dataset,
    );
    expect(score.baseline).toMatchObject({ label: "No", value: null, metrics: { accuracy: 0.75, roc_auc: 0.5 } });
    const entropy = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
    expect((score.baseline.metrics as ClassScore).log_loss).toBeCloseTo(entropy, 6);
  });

  it("the baseline of a regression is the mean of the training rows, in the target's own units", () => {
    const y = Array.from({ length: 50 }, (_, row) => 1000 + row);
    const dataset = datasetOf({ x: y.map((_, row) => Math.sin(row)), y });
    const rows = [0, 1, 2, 3, 4];
    const { score } = succeeded(
      {
        data: { dataset: { id: "ds_test", target: "y" } },
        model: { layers: [{ type: "linear" }] },
        epochs: 2,
        split: { validation_rows: rows },
      },
      dataset,
    );
    const mean = y.slice(5).reduce((a, b) => a + b, 0) / 45;
    expect(score.baseline.label).toBeNull();
    expect(score.baseline.value).toBeCloseTo(mean, 4);
    const rmse = Math.sqrt(rows.reduce((total, row) => total + (1000 + row - mean) ** 2, 0) / 5);
    expect((score.baseline.metrics as ValueScore).rmse).toBeCloseTo(rmse, 3);
  });

  it("the straight line finds what is linear, also through categories that the network embeds", () => {
    const cells = Array.from({ length: 200 }, (_, row) => row);
    const kinds = ["ant", "bee", "cow", "dog"];
    const dataset = datasetOf({
      kind: cells.map((row) => kinds[(row * 7) % 4] as string),
      size: cells.map((row) => Math.sin(row)),
      price: cells.map((row) => ([5, -3, 9, 0][(row * 7) % 4] as number) + 2 * Math.sin(row) + 0.5),
    });
    const job = {
      data: { dataset: { id: "ds_test", target: "price" } },
      model: { layers: [{ type: "linear" }] },
      epochs: 1,
      split: { validation: 0, test: 0.25 },
    };
    for (const encode of ["one_hot", "embedding"]) {
      const { score } = succeeded({ ...job, preprocess: { category: { encode } } }, dataset);
      expect(score.linear).toMatchObject({ type: "ridge_regression", rows: 150, reason: null });
      expect((score.linear.metrics as ValueScore).r2).toBeGreaterThan(0.99);
    }
  });

  it("the straight line is left out, with the reason, where it would take too long", () => {
    const features = Array.from({ length: 60 }, (_, row) =>
      Array.from({ length: 1100 }, (_, column) => Math.sin(row * column)),
    );
    const { score } = succeeded({
      data: { inline: { features, targets: features.map((_, row) => row % 2) } },
      model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
      epochs: 1,
    });
    expect(score.linear).toEqual({
      type: "logistic_regression",
      rows: null,
      metrics: null,
      reason: "1100 columns are more than 1024",
    });
  });
});

interface KnownTable {
  readonly name: string;
  readonly target: string;
  readonly metric: "roc_auc" | "r2";
  readonly figure: number;
  readonly test_rows: number[];
  readonly columns: Record<string, (string | number | null)[]>;
}

/** Of scikit-learn's LogisticRegression and Ridge after StandardScaler and OneHotEncoder, to four digits. */
const known = JSON.parse(
  readFileSync(new URL("../../fixtures/evaluation/straight-line.json", import.meta.url), "utf8"),
) as KnownTable[];

describe("the straight line on real tables, as scikit-learn's", () => {
  it.each(known)("$name", ({ target, metric, figure, test_rows, columns }) => {
    const spec = {
      data: { dataset: { id: "ds_test", target } },
      model: { layers: [{ type: "linear" }] },
      epochs: 1,
      split: { validation_rows: [], test_rows },
    };
    const { linear } = succeeded(spec, datasetOf(columns)).score;
    expect(Math.abs(((linear.metrics as Record<string, number>)[metric] as number) - figure)).toBeLessThan(3e-4);
  });
});

describe("the targets of an evaluation", () => {
  it("are the stored ones to the last digit, also where scaling to float32 would lose them", () => {
    const y = Array.from({ length: 100 }, (_, row) => (row === 99 ? 1e9 : (row + 1) / 100));
    const dataset = datasetOf({ x: y.map((_, row) => row), y });
    const { evaluation } = succeeded(
      {
        data: { dataset: { id: "ds_test", target: "y" } },
        model: { layers: [{ type: "linear" }] },
        epochs: 1,
        split: { validation_rows: [0, 1, 2, 3] },
      },
      dataset,
    );
    const { residuals, mape, mae } = evaluation.validation as RegressionEvaluation;
    expect(residuals?.actual).toEqual([0.01, 0.02, 0.03, 0.04]);
    const predicted = residuals?.predicted as number[];
    const errors = predicted.map((value, row) => Math.abs(value - (y[row] as number)));
    expect(mae).toBeCloseTo(errors.reduce((a, b) => a + b, 0) / 4, 6);
    expect(mape).toBeCloseTo(errors.reduce((total, error, row) => total + error / (y[row] as number), 0) / 4, 3);
  });
});
