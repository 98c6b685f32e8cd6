import { describe, expect, it } from "vitest";
import type { CheckpointState, NewCheckpoint } from "../../../src/domain/jobs/checkpoint.ts";
import type { Series } from "../../../src/domain/metrics/metric.ts";
import { sha256Of } from "../../../src/training/prepare/digest.ts";
import { decodeProgress, encodeProgress } from "../../../src/training/run/checkpoint.ts";
import { type TrainedRun, train } from "../train.ts";

const data = { generator: { type: "blobs", samples: 26, classes: 3, seed: 1 } };
const network = [{ type: "linear", units: 5 }, { type: "relu" }, { type: "linear" }];
const regular = [
  { type: "linear", units: 6 },
  { type: "batch_norm" },
  { type: "relu" },
  { type: "dropout", p: 0.4 },
  { type: "linear" },
];
/** 20 training rows in batches of 6: three whole ones and a shorter one, then validation. */
const batches = { data, model: { layers: network }, split: { validation: 6 / 26 }, batch_size: 6, epochs: 4, seed: 5 };
const whole = { ...batches, batch_size: null, epochs: 70 };

const OPTIMIZERS = [
  { type: "sgd", lr: 0.05, momentum: 0.9, nesterov: true },
  { type: "sgd", lr: 0.05 },
  { type: "adam", lr: 0.02, amsgrad: true },
  { type: "adamw", lr: 0.02 },
  { type: "nadam", lr: 0.02 },
  { type: "rmsprop", lr: 0.01, centered: true, momentum: 0.5 },
  { type: "adagrad", lr: 0.05 },
  { type: "adadelta" },
];
const SCHEDULERS = [
  { type: "step_lr", step_size: 2, gamma: 0.5 },
  { type: "multi_step_lr", milestones: [1, 3], gamma: 0.3 },
  { type: "exponential_lr", gamma: 0.8 },
  { type: "cosine_annealing_lr", t_max: 3 },
  { type: "cosine_annealing_warm_restarts", t_0: 2 },
  { type: "linear_lr", total_iters: 3 },
  { type: "polynomial_lr", total_iters: 3 },
  { type: "reduce_lr_on_plateau", patience: 0, factor: 0.5, threshold: 0.5 },
];
const JOBS: readonly (readonly [string, object])[] = [
  ...OPTIMIZERS.map((optimizer) => [`batches with ${JSON.stringify(optimizer)}`, { ...batches, optimizer }] as const),
  ...SCHEDULERS.map((scheduler) => [`batches with ${scheduler.type}`, { ...batches, scheduler }] as const),
  [
    "dropout, batch norm and a clipped norm",
    { ...batches, model: { layers: regular }, clip_grad: { type: "norm", max_norm: 0.5 } },
  ],
  [
    "early stopping that gives the best weights back",
    { ...batches, optimizer: { type: "adam", lr: 0.5 }, epochs: 30, early_stopping: { patience: 3 } },
  ],
  [
    "one row that is left over and batch norm",
    { ...batches, data: { generator: { ...data.generator, samples: 25 } }, model: { layers: regular } },
  ],
  ["rows in their order, without validation", { ...batches, split: null, shuffle: false }],
  ["a full batch with dropout and batch norm", { ...whole, model: { layers: regular } }],
  [
    "a full batch with a schedule and momentum",
    { ...whole, optimizer: { type: "sgd", lr: 0.1, momentum: 0.9 }, scheduler: { type: "exponential_lr", gamma: 0.7 } },
  ],
  [
    "a full batch with early stopping",
    { ...whole, optimizer: { type: "adam", lr: 0.5 }, epochs: 40, early_stopping: { patience: 3, monitor: "val_accuracy" } },
  ],
];

/** A checkpoint as it comes back from a store: a copy, nothing of which is shared. */
const stored = ({ epoch, step, tensors, progress }: NewCheckpoint): CheckpointState =>
  structuredClone({ epoch, step, tensors, progress });

/** All but the time that epochs took. */
function valuesOf({ series }: Pick<TrainedRun, "series">) {
  return Object.entries(series).filter(([name]) => (name as Series) !== "epoch_ms");
}

/** Trains a spec by attempts, each stopped at its `stopAt`-th question, until one comes to the end. */
function trainByAttempts(spec: object, stopAt: number) {
  const series: Partial<Record<Series, number[]>> = {};
  const places: string[] = [];
  let from: CheckpointState | null = null;
  for (let attempts = 1; ; attempts++) {
    const run = train(spec, { from, epochsDone: series.loss?.length ?? 0, stopAt: (asked) => asked >= stopAt });
    for (const [name, values] of Object.entries(run.series)) {
      series[name as Series] = [...(series[name as Series] ?? []), ...values];
    }
    if (run.result.state !== "stopped") return { result: run.result, series, attempts, places };
    const last = run.checkpoints.at(-1);
    if (!last) throw new Error("it stopped without a checkpoint");
    from = stored(last);
    places.push(`${last.epoch}/${last.step}`);
    expect(last.model.sha256).toBe(sha256Of(last.tensors.data.subarray(0, weightsIn(last))));
  }
}

function weightsIn({ model }: NewCheckpoint): number {
  return model.weights.reduce((total, { shape }) => total + shape.reduce((size, side) => size * side, 1), 0);
}

function succeeded({ result }: Pick<TrainedRun, "result">) {
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return result;
}

describe("a run that is interrupted and goes on", () => {
  it.each(JOBS)("gives the same bits and epochs wherever it is interrupted: %s", (_, spec) => {
    const undisturbed = train(spec);
    const { model, metrics, weights, evaluation } = succeeded(undisturbed);
    // It is asked before each turn of the loop, and in batches before each call too: from these on, something has been done.
    const isWhole = (spec as typeof batches).batch_size === null;
    for (const stopAt of isWhole ? [2, 3, 6] : [3, 4, 6]) {
      const again = trainByAttempts(spec, stopAt);
      const result = succeeded(again);
      expect(result.model.sha256).toBe(model.sha256);
      expect(result.weights.data).toEqual(weights.data);
      expect(valuesOf(again)).toEqual(valuesOf(undisturbed));
      expect(result.metrics.best.epoch).toBe(metrics.best.epoch);
      expect(result.evaluation).toEqual(evaluation);
      expect(again.attempts).toBeGreaterThan(1);
    }
  });

  it("is interrupted at every step of an epoch by these tests", () => {
    const { places } = trainByAttempts(batches, 3);
    expect(new Set(places.map((place) => place.split("/")[1]))).toEqual(new Set(["0", "1", "2", "3", "4"]));
  });

  it("stops where it is again when it is asked before it has done anything, without another checkpoint", () => {
    const first = train(batches, { stopAt: (asked) => asked >= 3 });
    const from = stored(first.checkpoints[0] as NewCheckpoint);
    expect(train(batches, { from, stopAt: () => true })).toMatchObject({ result: { state: "stopped" }, checkpoints: [] });
    expect(train(batches, { stopAt: () => true })).toMatchObject({ result: { state: "stopped" }, checkpoints: [] });
  });

  it("reports no epoch again that an earlier attempt had reported after the checkpoint", () => {
    const undisturbed = train(batches);
    const early = train(batches, { stopAt: (asked) => asked >= 9 });
    const from = stored(early.checkpoints[0] as NewCheckpoint);
    expect(from.epoch).toBeLessThan(3);
    const late = train(batches, { from, epochsDone: 3 });
    expect(late.chunks.map(({ from: first, to }) => [first, to])).toEqual([[4, 4]]);
    expect(late.series.loss).toEqual(undisturbed.series.loss?.slice(3));
    expect(succeeded(late).model.sha256).toBe(succeeded(undisturbed).model.sha256);
  });

  it("counts the seconds of earlier attempts", () => {
    const spec = { ...batches, epochs: 1_000_000, max_seconds: 5 };
    const { checkpoints } = train(spec, { stopAt: (asked) => asked >= 9 });
    const early = stored(checkpoints[0] as NewCheckpoint);
    const progress = decodeProgress(early.progress);
    if (!progress) throw new Error("it was written by this engine");
    const from = { ...early, progress: encodeProgress({ ...progress, seconds: 5.1 }) };
    expect(train(spec, { from }).result).toMatchObject({ state: "failed", error: { code: "timeout", epoch: early.epoch + 1 } });
  });

  it("starts anew from a checkpoint that another engine wrote", () => {
    const { checkpoints } = train(batches, { stopAt: (asked) => asked >= 9 });
    const early = stored(checkpoints[0] as NewCheckpoint);
    const from = { ...early, progress: JSON.stringify({ ...JSON.parse(early.progress), engine: "0" }) };
    expect(succeeded(train(batches, { from })).model.sha256).toBe(succeeded(train(batches)).model.sha256);
  });
});

describe("checkpoints while a run goes on", () => {
  const often = { every_epochs: 2, min_seconds: 0 };

  it("come every so many epochs, none at the end, and change nothing", () => {
    const spec = { ...batches, epochs: 9, split: null };
    const run = train({ ...spec, checkpoint: often });
    expect(run.checkpoints.map(({ epoch, step, reason }) => [epoch, step, reason])).toEqual(
      [2, 4, 6, 8].map((epoch) => [epoch, 0, "interval"]),
    );
    expect(succeeded(run).model.sha256).toBe(succeeded(train(spec)).model.sha256);
    const full = train({ ...spec, batch_size: null, checkpoint: often });
    expect(full.checkpoints.map(({ epoch }) => epoch)).toEqual([2, 4, 6, 8]);
  });

  it("are written for the best epoch too, and say which is the best so far", () => {
    // Early stopping has every epoch looked at by itself.
    const early_stopping = { patience: 100 };
    const spec = {
      ...batches,
      early_stopping,
      epochs: 9,
      optimizer: { type: "adam", lr: 0.3 },
      checkpoint: { ...often, every_epochs: 4 },
    };
    const { checkpoints, series } = train(spec);
    let least = Number.POSITIVE_INFINITY;
    const bests = (series.val_loss as number[]).slice(0, -1).flatMap((loss, index) => {
      if (loss >= least) return [];
      least = loss;
      return [index + 1];
    });
    expect(checkpoints.filter(({ isBest }) => isBest).map(({ epoch }) => epoch)).toEqual(bests);
    expect(checkpoints.map(({ epoch }) => epoch)).toEqual([...new Set([...bests, 4, 8])].sort((a, b) => a - b));
  });

  it("come after so many seconds of training, wherever it is", () => {
    const spec = { ...batches, epochs: 100_000_000, checkpoint: { every_seconds: 1, min_seconds: 0 }, split: null };
    expect(train(spec, { cancelAfterCheckpoints: 1 }).checkpoints).toMatchObject([{ reason: "interval" }]);
  });

  it("do not come sooner than min_seconds after the start", () => {
    expect(train({ ...batches, checkpoint: { every_epochs: 1, min_seconds: 3600 } }).checkpoints).toEqual([]);
  });
});
