import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JobError } from "../../../src/domain/jobs/job.ts";
import { takeRows } from "../../../src/training/data/table.ts";
import { type TrialOutcome, trainMany, trainTrial } from "../../../src/training/many/train-many.ts";
import type { Trial } from "../../../src/training/many/trial.ts";
import { datasetOf } from "../dataset.ts";
import { type TrainedRun, train } from "../train.ts";
import { plannedJob } from "./trials.ts";

/** Each random spec is compiled: seconds in all, and minutes on a machine that is busy with other tests. */
const SLOW_MS = 600_000;
/** How many random specs are trained both ways, other ones in each run. `TRIAL_SPECS=5000` looks longer. */
const SPECS = Number(process.env.TRIAL_SPECS ?? 40);

const moons = {
  data: { generator: { type: "moons", samples: 60, noise: 0.2, seed: 7 } },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }, { type: "sigmoid" }] },
  optimizer: { type: "adam", lr: 0.05 },
  epochs: 40,
  seed: 3,
};

const activation = fc.constantFrom("relu", "tanh", "sigmoid", "gelu", "silu", "elu", "softplus", "leaky_relu");
const hidden = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    activation,
    fc.option(fc.constantFrom({ type: "dropout", p: 0.3 }, { type: "batch_norm" }, { type: "layer_norm" })),
  )
  .map(([units, type, more]) => [{ type: "linear", units }, ...(more ? [more] : []), { type }]);
const layers = fc.array(hidden, { maxLength: 2 }).map((parts) => [...parts.flat(), { type: "linear" }]);

const generator = fc.oneof(
  fc.record({ type: fc.constant("moons"), samples: fc.integer({ min: 8, max: 60 }), seed: fc.nat(9) }),
  fc.record({ type: fc.constant("linear"), samples: fc.integer({ min: 8, max: 60 }), seed: fc.nat(9) }),
  fc.record({
    ...{ type: fc.constant("blobs"), samples: fc.integer({ min: 12, max: 60 }), seed: fc.nat(9) },
    classes: fc.integer({ min: 2, max: 4 }),
  }),
);

const rate = fc.constantFrom(0.3, 0.05, 0.01, 0.001);
const decay = fc.constantFrom(0, 0.01, 0.2);
const betas = fc.tuple(fc.constantFrom(0, 0.8, 0.9), fc.constantFrom(0, 0.99, 0.999));
/** Each with any of its options; those that are left out have their defaults. */
const optimizer = fc.oneof(
  fc.record({
    ...{ type: fc.constant("sgd"), lr: rate, momentum: fc.constantFrom(0, 0.5, 1), weight_decay: decay },
    dampening: fc.constantFrom(0, 0.1),
  }),
  fc.record({ type: fc.constant("sgd"), lr: rate, momentum: fc.constantFrom(0.5, 0.9), nesterov: fc.constant(true) }),
  fc.record({
    ...{ type: fc.constantFrom("adam", "adamw"), lr: rate, betas, weight_decay: decay, amsgrad: fc.boolean() },
    eps: fc.constantFrom(0, 1e-8, 1e-3),
  }),
  fc.record({
    ...{ type: fc.constant("rmsprop"), lr: rate, alpha: fc.constantFrom(0, 0.9), weight_decay: decay },
    ...{ momentum: fc.constantFrom(0, 0.5), centered: fc.boolean() },
  }),
  fc.record({
    ...{ type: fc.constant("adagrad"), lr: rate, lr_decay: fc.constantFrom(0, 0.1), weight_decay: decay },
    initial_accumulator_value: fc.constantFrom(0, 0.1),
  }),
  fc.record({ type: fc.constant("adadelta"), lr: rate, rho: fc.constantFrom(0, 0.9, 1), weight_decay: decay }),
  fc.record({ type: fc.constant("nadam"), lr: rate, betas, weight_decay: decay }),
);

const scheduler = fc.option(
  fc.oneof(
    fc.record({ type: fc.constant("step_lr"), step_size: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ type: fc.constant("cosine_annealing_lr"), t_max: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ type: fc.constant("reduce_lr_on_plateau"), patience: fc.nat(2) }),
    fc.constant({ type: "one_cycle_lr", max_lr: 0.1, total_steps: 20 }),
  ),
);

const settings = {
  optimizer,
  scheduler,
  epochs: fc.integer({ min: 1, max: 25 }),
  seed: fc.nat(),
  early_stopping: fc.option(fc.record({ patience: fc.integer({ min: 1, max: 5 }), restore_best: fc.boolean() })),
  shuffle: fc.boolean(),
};

const spec = fc.record({
  ...settings,
  data: fc.record({ generator }),
  model: fc.record({ layers }),
  batch_size: fc.option(fc.integer({ min: 2, max: 30 })),
  clip_grad: fc.option(
    fc.constantFrom(
      { type: "norm", max_norm: 0.5 },
      { type: "value", clip_value: 0.1 },
      { type: "norm", max_norm: 1, norm_type: "inf" },
    ),
  ),
  split: fc.option(fc.constant({ validation: 0.25 })),
});

/** What went wrong, without the cure: a job that diverged is replayed, and says more than a trial. */
function failureOf({ code, epoch, detail }: JobError) {
  return { code, epoch, what: detail.split(": ")[0] };
}

/** What trials and jobs must have in common. */
function ofJob({ result, series }: TrainedRun) {
  const { epoch_ms: _, ...curve } = series;
  if (result.state === "failed") return { state: "failed", curve, error: failureOf(result.error) };
  if (result.state !== "succeeded") throw new Error(result.state);
  const { reason, model, metrics } = result;
  return { state: "succeeded", curve, reason, sha256: model.sha256, bestEpoch: metrics.best.epoch };
}

function ofTrial(outcome: TrialOutcome, before: TrialOutcome | null = null) {
  const curve = Object.fromEntries(
    [...outcome.curve].map(([name, column]) => [name, [...(before?.curve.get(name) ?? []), ...column]]),
  );
  if (outcome.state === "cancelled") throw new Error("cancelled");
  if (outcome.state === "failed") return { state: "failed", curve, error: failureOf(outcome.error) };
  const { reason, sha256, bestEpoch } = outcome;
  return { state: "succeeded", curve, reason, sha256, bestEpoch };
}

describe("trials", () => {
  it(
    "are, bit for bit, the jobs of their specs",
    () => {
      fc.assert(
        fc.property(spec, (random) => {
          const { plan, trial } = plannedJob(random);
          expect(ofTrial(trainTrial(plan, trial))).toEqual(ofJob(train(random)));
        }),
        { numRuns: SPECS },
      );
    },
    SLOW_MS,
  );

  it(
    "of one plan differ in what a plan of their own would compile in, to the same bits",
    () => {
      fc.assert(
        fc.property(spec, fc.array(fc.record(settings), { minLength: 2, maxLength: 4 }), (random, variants) => {
          const { plan, trial } = plannedJob(random);
          const trials = variants.map((variant): Trial => {
            const { optimizer, scheduler, epochs, early_stopping, shuffle } = plannedJob({ ...random, ...variant }).spec;
            return { ...trial, seed: variant.seed, settings: { optimizer, scheduler, epochs, early_stopping, shuffle } };
          });
          // The tables depend on the seed where rows are held out; those of the trials are all the plan's.
          const own = variants.map((variant, index) => {
            const { plan } = plannedJob({ ...random, ...variant });
            return ofTrial(trainTrial(plan, { ...(trials[index] as Trial), settings: {} }));
          });
          expect([...trainMany(plan, trials)].map((outcome) => ofTrial(outcome))).toEqual(own);
        }),
        { numRuns: Math.ceil(SPECS / 5) },
      );
    },
    SLOW_MS,
  );

  it(
    "go on from the state of an earlier one to the bits of one that never stopped",
    () => {
      fc.assert(
        fc.property(spec, fc.integer({ min: 1, max: 25 }), (random, until) => {
          const { plan, trial } = plannedJob(random);
          const whole = trainTrial(plan, trial);
          const first = trainTrial(plan, { ...trial, until });
          // Others take their turn in the same memory between the two.
          trainTrial(plan, { ...trial, seed: trial.seed + 1 });
          if (first.state !== "succeeded") {
            expect(whole.state).toBe("failed");
            return;
          }
          expect(first.epochs).toBeLessThanOrEqual(until);
          const from = structuredClone(first.next);
          expect(ofTrial(trainTrial(plan, { ...trial, from }), first)).toEqual(ofTrial(whole));
        }),
        { numRuns: Math.ceil(SPECS / 4) },
      );
    },
    SLOW_MS,
  );

  it("weigh their rows each in its own way, as the column of a job does", () => {
    const rows = Array.from({ length: 30 }, (_, row) => row);
    const weighted = (seed: number) => ({
      ...datasetOf({
        x: rows.map((row) => Math.sin(row)),
        y: rows.map((row) => Math.cos(row * 2) + 0.1),
        w: rows.map((row) => ((row * seed) % 7) + 0.5),
      }),
    });
    const job = {
      ...{ data: { dataset: { id: "dst_x", target: "y", weights: "w" } }, batch_size: 8, epochs: 10, seed: 5 },
      model: { layers: [{ type: "linear", units: 3 }, { type: "relu" }, { type: "linear" }] },
    };
    const jobs = [3, 4, 5].map((seed) => plannedJob(job, weighted(seed)));
    const plan = jobs[0]?.plan as (typeof jobs)[number]["plan"];
    const trials = jobs.map(({ trial }) => trial);
    const expected = [3, 4, 5].map((seed) => ofJob(train(job, { dataset: weighted(seed) })));
    expect([...trainMany(plan, trials)].map((outcome) => ofTrial(outcome))).toEqual(expected);
  });

  it("start from given weights, as jobs with init_from do", () => {
    const { plan, trial } = plannedJob(moons);
    const first = trainTrial(plan, trial);
    if (first.state !== "succeeded") throw new Error(first.state);
    let offset = 0;
    const state_dict = Object.fromEntries(
      first.weights.entries.map(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        offset += size;
        return [name, { shape, data: [...first.weights.data.subarray(offset - size, offset)] }];
      }),
    );
    const tuned = trainTrial(plan, { ...trial, initial: first.weights });
    expect(ofTrial(tuned)).toEqual(ofJob(train({ ...moons, init_from: { state_dict } })));
  });

  it("of tables that take turns have the bits of each alone", () => {
    const { plan, trial } = plannedJob({ ...moons, data: { generator: { type: "moons", samples: 40, seed: 1 } } });
    const { train: all } = plannedJob(moons).data;
    const parts = [0, 10, 20].map((start) =>
      takeRows(
        all,
        Array.from({ length: 40 }, (_, row) => start + row),
      ),
    );
    const trials = [0, 1, 2, 1, 0, 0].map((part) => ({ ...trial, train: parts[part] as (typeof parts)[number] }));
    const outcomes = [...trainMany(plan, trials)].map((outcome) => ofTrial(outcome));
    const alone = trials.map((each) =>
      ofTrial(trainTrial(plannedJob({ ...moons, data: { generator: { type: "moons", samples: 40 } } }).plan, each)),
    );
    expect(outcomes).toEqual(alone);
    expect(outcomes[0]).not.toEqual(outcomes[1]);
  });

  it("refuse tables whose sizes are not the plan's", () => {
    const { plan, trial } = plannedJob(moons);
    const fewer = takeRows(trial.train, [0, 1, 2]);
    expect(() => trainTrial(plan, { ...trial, train: fewer })).toThrow("train has 3 rows, and the plan is for 60");
    expect(() => trainTrial(plan, { ...trial, validation: fewer })).toThrow("validation has 3 rows, and the plan is for 0");
    const weighted = { ...trial.train, weights: new Float32Array(60).fill(1) };
    expect(() => trainTrial(plan, { ...trial, train: weighted })).toThrow("the plan is for rows without weights");
  });

  it("end when they are asked to", () => {
    const { plan, trial } = plannedJob({ ...moons, epochs: 1_000_000 });
    let asked = 0;
    const outcome = trainTrial(plan, trial, () => ++asked > 3);
    expect(outcome.state).toBe("cancelled");
    expect(outcome.epochs).toBeLessThan(1_000_000);
  });
});
