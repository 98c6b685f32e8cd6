import { describe, expect, it } from "vitest";
import { unpackTensors } from "../../../src/domain/tensor.ts";
import { generate } from "../../../src/training/data/generate.ts";
import { train } from "../train.ts";

const mlp = [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }];
const moons = {
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  model: { layers: mlp },
  optimizer: { type: "adam", lr: 0.05 },
  epochs: 60,
  seed: 3,
};
const blobs = {
  data: { generator: { type: "blobs", samples: 150, classes: 3, seed: 1 } },
  model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.01 },
  batch_size: 16,
  epochs: 20,
};

function succeeded(spec: object) {
  const run = train(spec);
  if (run.result.state !== "succeeded") throw new Error(JSON.stringify(run.result));
  return { ...run, result: run.result };
}

describe("training", () => {
  it("gives the same bits run after run, whatever else differs between the runs", () => {
    const [first, second] = [succeeded(moons), succeeded(moons)];
    expect(second.result.model.sha256).toBe(first.result.model.sha256);
    expect(second.series.loss).toEqual(first.series.loss);
    expect(succeeded({ ...moons, seed: 4 }).result.model.sha256).not.toBe(first.result.model.sha256);
  });

  it("gives the bits of one epoch after the other when it runs many in a call", () => {
    const stepwise = succeeded({ ...moons, early_stopping: { monitor: "loss", patience: 1000, restore_best: false } });
    expect(stepwise.result.model.sha256).toBe(succeeded(moons).result.model.sha256);
  });

  it("takes one row that is left over into the last batch where a batch norm needs its variance", () => {
    const rows = (samples: number, rest: object) => ({
      ...{ ...blobs, data: { generator: { type: "blobs", samples, classes: 3 } }, batch_size: 10, epochs: 3, shuffle: false },
      ...rest,
    });
    const normed = { model: { layers: [{ type: "linear", units: 4 }, { type: "batch_norm" }, { type: "linear" }] } };
    const stepsOf = (spec: object) => succeeded(spec).chunks.reduce((total, { steps = 0 }) => total + steps, 0);
    expect(stepsOf(rows(21, normed))).toBe(3 * 2);
    expect(stepsOf(rows(21, {}))).toBe(3 * 3);
    const alone = succeeded(rows(11, normed)).result.model.sha256;
    expect(alone).toBe(succeeded(rows(11, { ...normed, batch_size: null })).result.model.sha256);
  });

  it("reports every epoch once, in order, with the columns that apply", () => {
    const { chunks, series } = succeeded({
      ...blobs,
      split: { validation: 0.2 },
      clip_grad: { type: "norm", max_norm: 1 },
      epochs: 40,
    });
    expect(Object.keys(series)).toEqual(["loss", "accuracy", "val_loss", "val_accuracy", "lr", "grad_norm", "epoch_ms"]);
    expect(series.loss).toHaveLength(40);
    chunks.forEach((chunk, index) => {
      expect(chunk.from).toBe((chunks[index - 1]?.to ?? 0) + 1);
    });
  });

  it("goes on reporting after the epochs that an earlier attempt stored, with the same values", () => {
    const whole = succeeded(moons);
    const rest = train(moons, { epochsDone: 25 });
    expect(rest.chunks[0]?.from).toBe(26);
    expect(rest.series.loss).toEqual(whole.series.loss?.slice(25));
    expect(rest.result).toMatchObject({ state: "succeeded", model: { sha256: whole.result.model.sha256 } });
  });

  it("ends when it is cancelled, and keeps what it has", () => {
    const run = train({ ...moons, epochs: 10_000_000 }, { cancelAfter: 1 });
    expect(run.result).toMatchObject({ state: "cancelled", metrics: { final: { loss: expect.any(Number) } } });
    expect(run.chunks.length).toBeGreaterThanOrEqual(1);
  });

  it("fails as diverged at the first epoch whose loss is not finite, which it reports", () => {
    const linear = {
      data: { generator: { type: "linear" } },
      model: { layers: [{ type: "linear" }] },
      optimizer: { type: "sgd", lr: 10 },
      epochs: 1000,
    };
    const { result, series } = train(linear);
    if (result.state !== "failed") throw new Error(result.state);
    expect(result.error.code).toBe("diverged");
    expect(series.loss).toHaveLength(result.error.epoch as number);
    expect(series.loss?.slice(0, -1).every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(series.loss?.at(-1))).toBe(false);
  });

  it("fails as diverged when the last update leaves weights that are not finite", () => {
    const weights = { "0.weight": { shape: [1, 1], data: [1] }, "0.bias": { shape: [1], data: [0] } };
    const { result, series } = train({
      data: { inline: { features: [[1e18], [2e18]], targets: [1e18, -1e18] } },
      model: { layers: [{ type: "linear" }] },
      init_from: { state_dict: weights },
      optimizer: { type: "sgd", lr: 1e6 },
      epochs: 1,
    });
    expect(Number.isFinite(series.loss?.[0])).toBe(true);
    expect(result).toMatchObject({ state: "failed", error: { code: "diverged", epoch: 1 } });
  });

  it("stops early when what it watches is never finite, and says so", () => {
    const { result } = succeeded({
      data: { inline: { features: [[1], [2], [3], [3e38]], targets: [1, 2, 3, -3e38] } },
      model: { layers: [{ type: "linear" }] },
      split: { validation_rows: [3] },
      optimizer: { type: "sgd", lr: 1e-9 },
      early_stopping: { patience: 3 },
    });
    expect(result.reason).toBe("stopped early at epoch 3: val_loss was never a finite number");
  });

  it("stops at max_seconds with code timeout", () => {
    expect(train({ ...moons, epochs: 100_000_000, max_seconds: 0.05 }).result).toMatchObject({
      state: "failed",
      error: { code: "timeout" },
    });
  });

  it("stops early and gives back the weights of the best epoch", () => {
    const spec = {
      ...blobs,
      optimizer: { type: "adam", lr: 0.2 },
      split: { validation: 0.3 },
      epochs: 500,
      early_stopping: { patience: 5 },
    };
    const { result, series } = succeeded(spec);
    const best = (series.val_loss ?? []).indexOf(Math.min(...(series.val_loss ?? [])));
    expect(series.loss?.length).toBe(best + 1 + 5);
    expect(result.reason).toContain(`val_loss was best at epoch ${best + 1}`);
    const replay = succeeded({ ...spec, epochs: best + 1, early_stopping: null });
    expect(result.model.sha256).toBe(replay.result.model.sha256);
  });

  it("weighs the rows of a short last batch as one loop over all rows does", () => {
    const frozen = { ...blobs, optimizer: { type: "sgd", lr: 0 }, split: { validation: 0.2 }, epochs: 1, shuffle: false };
    const [batched, whole] = [succeeded({ ...frozen, batch_size: 7 }), succeeded({ ...frozen, batch_size: null })];
    for (const name of ["loss", "val_loss"] as const)
      expect(batched.series[name]?.[0]).toBeCloseTo(whole.series[name]?.[0] as number, 5);
    for (const name of ["accuracy", "val_accuracy"] as const) expect(batched.series[name]).toEqual(whole.series[name]);
  });

  it("lowers the learning rate when the loss stands still", () => {
    const { series } = succeeded({
      ...moons,
      optimizer: { type: "sgd", lr: 1e-9 },
      scheduler: { type: "reduce_lr_on_plateau", patience: 2, factor: 0.5, eps: 0 },
      epochs: 12,
    });
    expect(series.lr?.slice(0, 8).map((lr) => lr * 1e9)).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25]);
  });

  it("draws dropout anew for every step, and none for validation", () => {
    const dropout = [
      { type: "linear", units: 32 },
      { type: "relu" },
      { type: "dropout", p: 0.5 },
      { type: "linear" },
      { type: "sigmoid" },
    ];
    const { series } = succeeded({
      ...moons,
      model: { layers: dropout },
      optimizer: { type: "sgd", lr: 0 },
      split: { validation: 0.25 },
      epochs: 5,
    });
    expect(new Set(series.loss).size).toBe(5);
    expect(new Set(series.val_loss).size).toBe(1);
  });
});

describe("the tutorial's models", () => {
  it("recover slope 3 and intercept 2 within their standard errors", () => {
    const generator = { type: "linear" as const, samples: 100, slope: 3, intercept: 2, low: 0, high: 10, noise: 2, seed: 2 };
    const { result } = succeeded({
      data: { generator },
      model: { layers: [{ type: "linear" }] },
      optimizer: { type: "sgd", lr: 0.01 },
      epochs: 2000,
    });
    const weights = unpackTensors(result.weights);
    const { features } = generate(generator);
    const mean = features.reduce((total, x) => total + x, 0) / features.length;
    const spread = features.reduce((total, x) => total + (x - mean) ** 2, 0);
    const slopeError = generator.noise / Math.sqrt(spread);
    const interceptError = generator.noise * Math.sqrt(1 / features.length + mean ** 2 / spread);
    expect(Math.abs((weights.get("0.weight")?.[0] as number) - 3)).toBeLessThan(slopeError);
    expect(Math.abs((weights.get("0.bias")?.[0] as number) - 2)).toBeLessThan(interceptError);
  });

  it("classify two moons: logistic regression above 85 %, the network above that", () => {
    const logistic = succeeded({
      ...moons,
      model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
      optimizer: { type: "adam", lr: 0.1 },
      epochs: 1000,
    });
    const network = [
      { type: "linear", units: 4, init: { weight: "kaiming_normal" } },
      { type: "relu" },
      { type: "linear" },
      { type: "sigmoid" },
    ];
    const mlpRun = succeeded({ ...moons, model: { layers: network }, epochs: 1000, seed: 42 });
    const accuracy = (run: typeof logistic) => run.series.accuracy?.at(-1) as number;
    expect(accuracy(logistic)).toBeGreaterThan(0.85);
    expect(accuracy(mlpRun)).toBeGreaterThan(accuracy(logistic));
  });
});
