/** A trial is the job that its parameters make: the same bits, the same value, whether it stops at rungs or not. */
import { describe, expect, it } from "vitest";
import { createSpace } from "../../../src/domain/sweeps/create-space.ts";
import { parseSweepSpec } from "../../../src/domain/sweeps/sweep-spec.ts";
import type { FoldState } from "../../../src/domain/sweeps/trial-run.ts";
import { DIVERGED_CURE } from "../../../src/training/run/epoch-loop.ts";
import { createTrialTrainer } from "../../../src/training/sweeps/run-trial.ts";
import { limits, train } from "../train.ts";

const base = {
  data: { generator: { type: "moons", samples: 120, noise: 0.3, seed: 5 } },
  model: { layers: [{ type: "linear", units: 6 }, { type: "tanh" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
  split: { validation: 0.25 },
  epochs: 30,
  seed: 3,
};
const variants: Readonly<Record<string, object>> = {
  "full batches": {},
  "mini-batches with a short last one": { batch_size: 32 },
  dropout: { model: { layers: [{ type: "linear", units: 6 }, { type: "dropout", p: 0.3 }, { type: "linear" }] } },
  "batch_norm, clipping": {
    model: { layers: [{ type: "linear", units: 6 }, { type: "batch_norm" }, { type: "relu" }, { type: "linear" }] },
    clip_grad: { type: "norm", max_norm: 0.5 },
    batch_size: 30,
  },
  "early stopping that restores": { early_stopping: { patience: 3, min_delta: 0.01 }, optimizer: { type: "adam", lr: 0.3 } },
  "a schedule": { scheduler: { type: "step_lr", step_size: 7, gamma: 0.5 } },
  "a plateau": { scheduler: { type: "reduce_lr_on_plateau", patience: 1 }, optimizer: { type: "sgd", lr: 0.5, momentum: 0.9 } },
  "other betas": { optimizer: { type: "adamw", lr: 0.02, betas: [0.8, 0.95], weight_decay: 0.1 } },
};

function trainerOf(job: object, parameters: object, objective = "val_loss") {
  const parsed = parseSweepSpec({ job, parameters, objective: { metric: objective } });
  if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
  const made = createSpace(parsed.spec);
  if ("errors" in made) throw new Error(JSON.stringify(made.errors));
  const { spec } = parsed;
  return createTrialTrainer({ job: spec.job, space: made.space, spec, dataset: null, limits } as never, () => false);
}

describe("a trial", () => {
  it.each(Object.keys(variants))("of a job with %s has its bits and value, at once or by rungs", (name) => {
    const job = { ...base, ...variants[name] };
    const trainer = trainerOf(job, { "/seed": { min: 0, max: 9, integer: true } });
    for (const seed of [3, 8]) {
      const { result } = train({ ...job, seed });
      if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
      const planned = { number: seed, parameters: { "/seed": seed } };
      const whole = trainer.run({ ...planned, untilEpoch: null } as never, 0, null);
      const expected = { state: "succeeded", sha256: result.model.sha256, value: result.metrics.best.val_loss };
      expect(whole?.trial).toMatchObject(expected);
      let states: readonly FoldState[] | null = null;
      for (const untilEpoch of [2, 9, 10, 25]) {
        const outcome = trainer.run({ ...planned, untilEpoch } as never, 0, states);
        expect(outcome?.trial.state).toBe("running");
        states = outcome?.states ?? null;
        expect(states).toHaveLength(1);
      }
      const last = trainer.run({ ...planned, untilEpoch: null } as never, 0, states);
      expect(last?.trial).toMatchObject(expected);
      expect(last?.trial.curve).toEqual(whole?.trial.curve);
    }
  });

  it("that stopped early is heading where it is", () => {
    const job = { ...base, early_stopping: { patience: 3 }, epochs: 300 };
    const trainer = trainerOf(job, { "/seed": { min: 0, max: 9, integer: true } });
    const at = (seed: number, untilEpoch: number) =>
      trainer.run({ number: seed, parameters: { "/seed": seed }, untilEpoch, goesOn: false }, 0, null)?.trial;
    const rungs = Array.from({ length: 10 }, (_, seed) => at(seed, 30));
    const stopped = rungs.filter((trial) => trial && trial.epochs < 30);
    expect(stopped.length).toBeGreaterThan(0);
    for (const trial of stopped) expect(trial?.projected_value).toBe(trial?.value);
    const going = at(3, 4);
    expect(going?.projected_value).toBeLessThan(going?.value ?? 0);
  });

  it("shares what it can with others, and is its own job all the same", () => {
    const adam = { type: "adam", lr: 0.02 };
    const sgd = { type: "sgd", lr: 0.3, momentum: 0.5 };
    const trainer = trainerOf(base, {
      "/optimizer": { choices: { adam, sgd } },
      "/optimizer/lr": { min: 0.001, max: 0.5, scale: "log" },
      "/epochs": { min: 5, max: 40, integer: true },
      "/seed": { choices: { one: 1, other: 9 } },
      "/model/layers/0/units": { values: [3, 6] },
    });
    const trials = [
      { optimizer: "adam", lr: 0.05, epochs: 20, seed: "one", units: 3 },
      { optimizer: "sgd", lr: 0.1, epochs: 35, seed: "other", units: 3 },
      { optimizer: "adam", lr: 0.2, epochs: 7, seed: "other", units: 6 },
      { optimizer: "adam", lr: 0.01, epochs: 30, seed: "other", units: 3 },
    ];
    for (const [number, { optimizer, lr, epochs, seed, units }] of trials.entries()) {
      const parameters = {
        ...{ "/optimizer": optimizer, "/optimizer/lr": lr, "/epochs": epochs, "/seed": seed, "/model/layers/0/units": units },
      };
      const [first, ...others] = base.model.layers;
      const { result } = train({
        ...base,
        ...{ epochs, seed: seed === "one" ? 1 : 9, optimizer: { ...(optimizer === "adam" ? adam : sgd), lr } },
        model: { layers: [{ ...first, units }, ...others] },
      });
      const outcome = trainer.run({ number, parameters, untilEpoch: null } as never, 0, null);
      if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
      expect(outcome?.trial).toMatchObject({ sha256: result.model.sha256, value: result.metrics.best.val_loss });
    }
  });

  it.each<[string, object, Readonly<Record<string, readonly number[]>>]>([
    ["adamw", {}, { weight_decay: [0, 0.02, 0.3], "betas/0": [0.8, 0.95], "betas/1": [0.9, 0.99], eps: [1e-8, 1e-3] }],
    ["nadam", {}, { momentum_decay: [0, 0.01], weight_decay: [0, 0.1] }],
    ["rmsprop", { lr: 0.01 }, { alpha: [0.5, 0.9], momentum: [0, 0.9], eps: [1e-8, 1e-2] }],
    ["adagrad", { lr: 0.1 }, { lr_decay: [0, 0.1], initial_accumulator_value: [0, 0.5] }],
    ["adadelta", { lr: 1 }, { rho: [0.5, 0.95], eps: [1e-6, 1e-3] }],
    ["sgd", { lr: 0.1 }, { momentum: [0, 0.5, 0.9], dampening: [0, 0.5], weight_decay: [0, 0.01] }],
  ])("is its own job whatever the numbers of %s, prepared together or apart", (type, own, numbers) => {
    const job = { ...base, epochs: 6, optimizer: { type, lr: 0.05, ...own } };
    const pointerOf = (name: string) => `/optimizer/${name}`;
    const fields = Object.entries(numbers);
    const trainer = trainerOf(job, Object.fromEntries(fields.map(([name, values]) => [pointerOf(name), { values }])));
    const longest = Math.max(...fields.map(([, values]) => values.length));
    for (let number = 0; number <= longest; number++) {
      // The fields are out of step, so that trials share some of their numbers.
      const chosen = fields.map(([name, values], at) => [name, values[(number + at) % values.length] as number] as const);
      const optimizer: Record<string, unknown> = { ...job.optimizer };
      for (const [name, value] of chosen) {
        const [field, at] = name.split("/") as [string, string?];
        const betas = (optimizer[field] ?? [0.9, 0.999]) as number[];
        optimizer[field] = at === undefined ? value : betas.with(Number(at), value);
      }
      const parameters = Object.fromEntries(chosen.map(([name, value]) => [pointerOf(name), value]));
      const { result } = train({ ...job, optimizer });
      const outcome = trainer.run({ number, parameters, untilEpoch: null } as never, 0, null);
      if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
      expect(outcome?.trial).toMatchObject({ sha256: result.model.sha256, value: result.metrics.best.val_loss });
    }
  });

  it("has one max_seconds for all of its rungs", () => {
    const trainer = trainerOf({ ...base, max_seconds: 60 }, { "/seed": { min: 0, max: 9, integer: true } });
    const planned = { number: 1, parameters: { "/seed": 1 }, goesOn: false };
    const [first] = trainer.run({ ...planned, untilEpoch: 2 }, 0, null)?.states ?? [];
    if (!first) throw new Error("the rung left no state");
    const spent = (ms: number): FoldState => ({ ...first, progress: { ...(first.progress as object), spentMs: ms } });
    const goesOn = (state: FoldState) => trainer.run({ ...planned, untilEpoch: null }, 1, [state])?.trial;
    expect(goesOn(spent(1000))).toMatchObject({ state: "succeeded" });
    expect(goesOn(spent(60_001))).toMatchObject({ state: "failed", reason: "training took longer than max_seconds, 60" });
  });

  it("that diverges fails, as its job does", () => {
    const job = {
      ...base,
      optimizer: { type: "sgd", lr: 1_000_000 },
      data: { generator: { type: "linear", samples: 50 } },
      loss: "mse",
    };
    const trainer = trainerOf(job, { "/seed": { min: 0, max: 9, integer: true } });
    const { result } = train({ ...job, seed: 1 });
    const outcome = trainer.run({ number: 1, parameters: { "/seed": 1 }, untilEpoch: null } as never, 0, null);
    expect(result).toMatchObject({ state: "failed" });
    // The job says more: it is replayed.
    const what = result.state === "failed" && result.error.detail.split(": ")[0];
    expect(outcome?.trial).toMatchObject({ state: "failed", reason: `${what}: ${DIVERGED_CURE}` });
  });
});
