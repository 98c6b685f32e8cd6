import { describe, expect, it } from "vitest";
import type { ClassEvaluation } from "../../../src/domain/models/evaluation.ts";
import { prepare, type TrainedRun, train } from "../train.ts";

const METRICS = ["log_loss", "mcc", "roc_auc", "pr_auc"] as const;

const moons = {
  data: { generator: { type: "moons", samples: 3000, noise: 0.4, seed: 3 } },
  split: { validation: 0.5 },
  model: { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.02 },
  epochs: 6,
  metrics: ["accuracy", ...METRICS],
};
const blobs = {
  ...moons,
  data: { generator: { type: "blobs", samples: 400, classes: 4, cluster_std: 3, seed: 5 } },
};
const sigmoid = { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }] };

const CASES: readonly (readonly [string, object])[] = [
  ["two classes as a logit, a full batch", moons],
  ["two classes as a logit, in batches, more rows than a block of validation has", { ...moons, batch_size: 64 }],
  ["two classes as a probability", { ...moons, model: sigmoid, loss: "bce" }],
  ["two classes as two scores", { ...moons, loss: "cross_entropy", batch_size: 64 }],
  ["four classes, a full batch", blobs],
  ["four classes, in batches", { ...blobs, batch_size: 32 }],
];

function validationOf({ result }: TrainedRun): ClassEvaluation {
  if (result.state !== "succeeded" || !result.evaluation) throw new Error(JSON.stringify(result));
  return result.evaluation.validation as ClassEvaluation;
}

describe("metrics of classes by epoch", () => {
  it.each(CASES)("agree with the evaluation of the same weights: %s", (_, spec) => {
    const run = train(spec);
    const evaluation = validationOf(run);
    for (const name of METRICS) expect(run.series[`val_${name}`]?.at(-1)).toBeCloseTo(evaluation[name] as number, 5);
    expect(run.series.val_roc_auc).toHaveLength(6);
    expect(run.series.mcc).toHaveLength(6);
    expect(run.series).not.toHaveProperty("roc_auc");
  });

  it.each(CASES)("have the same bits when epochs are computed one by one: %s", (_, spec) => {
    const oneByOne = train({ ...spec, early_stopping: { patience: 100, restore_best: false } }).series;
    const { series } = train(spec);
    for (const name of METRICS) expect(oneByOne[`val_${name}`]).toEqual(series[`val_${name}`]);
  });

  it("have the same bits after a stop in the middle of an epoch", () => {
    const spec = { ...moons, batch_size: 8 };
    const whole = train(spec).series;
    const stopped = train(spec, { stopAt: (asked) => asked > 4 });
    const from = stopped.checkpoints.at(-1);
    if (!from) throw new Error("not stopped");
    const rest = train(spec, { from, epochsDone: from.epoch }).series;
    for (const name of METRICS)
      expect([...(stopped.series[`val_${name}`] ?? []), ...(rest[`val_${name}`] ?? [])]).toEqual(whole[`val_${name}`]);
  });

  it("choose the best epoch where early stopping watches them, the greatest area and the least log loss", () => {
    for (const [monitor, best] of [
      ["val_roc_auc", Math.max],
      ["val_pr_auc", Math.max],
      ["val_mcc", Math.max],
      ["val_log_loss", Math.min],
    ] as const) {
      const run = train({ ...moons, optimizer: { type: "sgd", lr: 5 }, epochs: 20, early_stopping: { monitor, patience: 20 } });
      const name = monitor.slice(4) as (typeof METRICS)[number];
      expect(validationOf(run)[name]).toBeCloseTo(best(...(run.series[monitor] as number[])), 5);
    }
  });

  it.each([
    ["areas without held-out rows", { ...moons, split: null }, "/metrics/3", "set split.validation"],
    [
      "areas of a regression",
      { ...moons, data: { generator: { type: "linear" } }, metrics: ["roc_auc"] },
      "/metrics/0",
      "regression",
    ],
    [
      "an area of training rows as a monitor",
      { ...moons, early_stopping: { monitor: "roc_auc" } },
      "/early_stopping/monitor",
      "val_roc_auc",
    ],
  ])("refuse %s", (_, spec, pointer, detail) => {
    const prepared = prepare(spec);
    if (prepared.ok) throw new Error("taken");
    expect(prepared.errors.find((error) => error.pointer === pointer)?.detail).toContain(detail);
  });

  it("refuse to sort more rows every epoch than the limit", () => {
    const many = { ...moons, data: { generator: { type: "moons", samples: 2_500_000 } } };
    const prepared = prepare(many, { rows: 1e7, jobMemoryBytes: 2 ** 34, memoryBytes: 2 ** 34 });
    if (prepared.ok) throw new Error("taken");
    expect(prepared.errors.map(({ pointer }) => pointer)).toEqual(["/metrics/3", "/metrics/4"]);
  });
});
