import { describe, expect, it } from "vitest";
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import { learningCurve, learningCurveBody } from "../../../src/domain/explanations/learning-curve.ts";
import type { CheckpointState, NewCheckpoint } from "../../../src/domain/jobs/checkpoint.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { admitLearningCurve } from "../../../src/training/learning-curve/admit-learning-curve.ts";
import { createDraw, curveSizes, curveTrainings, repeatSeed } from "../../../src/training/learning-curve/curve-rows.ts";
import { createCurveTrainer } from "../../../src/training/learning-curve/curve-trainer.ts";
import type { RunControl } from "../../../src/training/run/run-control.ts";
import { runJob } from "../../../src/training/run-job.ts";
import { datasetOf } from "../dataset.ts";
import { type Asked, trained } from "../influence/ask.ts";
import { train } from "../train.ts";

/** Rows of two numbers and a category, a class, and a value that they decide. */
function tableOf(rows: number) {
  const random = createRandom(streamKey(1, "learning curve test"));
  const number = () => Array.from({ length: rows }, () => Math.round(2000 * random.uniform() - 1000) / 500);
  const [a, b] = [number(), number()];
  const c = a.map((_, row) => ["x", "y", "z"][row % 3] as string);
  const y = a.map((value, row) => (value * value + (b[row] as number) > 1 ? "yes" : "no"));
  const price = a.map((value, row) => 3 * value - 2 * (b[row] as number) + (row % 3));
  return { a, b, c, y, price };
}

const TABLE = datasetOf(tableOf(80));
const specOf = (target: string, more: object = {}) => ({
  data: { dataset: { id: "ds", target, features: ["a", "b", "c"] } },
  model: { layers: [{ type: "linear", units: 6 }, { type: "tanh" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.02 },
  epochs: 20,
  ...more,
});

describe("the rows of a curve", () => {
  it("are all of them, and each time those of the next size divided by the root of 2, from ten on", () => {
    expect(curveSizes(1000, 7)).toEqual([125, 177, 250, 354, 500, 707, 1000]);
    expect(curveSizes(1000, 5)).toEqual([250, 354, 500, 707, 1000]);
    expect(curveSizes(41, 13)).toEqual([10, 14, 21, 29, 41]);
    expect(curveSizes(40, 13)).toHaveLength(5);
  });

  it("are drawn once for each repeat: fewer are among more, and all of them are those that train", () => {
    const parts = {
      train: Int32Array.from({ length: 60 }, (_, at) => 2 * at),
      validation: new Int32Array(0),
      test: new Int32Array(0),
    };
    const draw = createDraw({ parts, dealtBy: { groups: null, times: null } }, 7);
    const [few, more, all] = [draw(3, 10), draw(3, 30), draw(3, 60)];
    expect(new Set(more).size).toBe(30);
    expect([...few].every((row) => more.includes(row))).toBe(true);
    expect([...all]).toEqual([...parts.train]);
    expect([...draw(3, 10)]).toEqual([...few]);
    expect([...draw(4, 10)]).not.toEqual([...few]);
  });

  it("come group after group where a split keeps groups together", () => {
    const parts = {
      train: Int32Array.from({ length: 60 }, (_, at) => at),
      validation: new Int32Array(0),
      test: new Int32Array(0),
    };
    const groups = Int32Array.from({ length: 60 }, (_, row) => row % 6);
    const draw = createDraw({ parts, dealtBy: { groups, times: null } }, 7);
    for (const repeat of [0, 1, 2]) {
      const counts = new Map<number, number>();
      for (const row of draw(repeat, 25)) counts.set(row % 6, (counts.get(row % 6) ?? 0) + 1);
      expect([...counts.values()].sort((a, b) => b - a)).toEqual([10, 10, 5]);
    }
  });

  it("begin with the model's own training, and go from many to few", () => {
    expect(curveTrainings([10, 20], 2)).toEqual([
      { size: 1, repeat: 0, rows: 20 },
      { size: 1, repeat: 1, rows: 20 },
      { size: 0, repeat: 0, rows: 10 },
      { size: 0, repeat: 1, rows: 10 },
    ]);
  });
});

describe("a training of a curve", () => {
  it.each([
    ["classes, early stopping on the held-out rows", specOf("y", { early_stopping: { patience: 3 } })],
    ["values in batches, with a test part", specOf("price", { batch_size: 8, split: { validation: 0.2, test: 0.2 } })],
    [
      "balanced classes and a threshold",
      specOf("y", { loss: { type: "bce_with_logits", pos_weight: "balanced" }, decision: { maximize: "f1" } }),
    ],
  ])("has the bits and the figures of a job that has only these rows: %s", (_, spec) => {
    const { run } = trained(spec, TABLE);
    const trainer = createCurveTrainer(run);
    const { parts } = trainer.data;
    const draw = createDraw(trainer.data, run.job.spec.seed);
    for (const [repeat, rows] of [
      [0, parts.train.length],
      [2, parts.train.length],
      [0, 20],
      [1, 20],
      [1, 14],
    ] as const) {
      const own = trainer.train({ size: 0, repeat, rows });
      const split = { validation_rows: [...parts.validation], test_rows: [...parts.test] };
      // The rows that are not drawn lose their target, so that a job has none of them.
      const kept = new Set([...draw(repeat, rows), ...parts.validation, ...parts.test]);
      const seed = repeatSeed(run.job.spec.seed, repeat);
      const { result } = train({ ...spec, split, seed }, { dataset: onlyRows(kept, TABLE) });
      if (own?.outcome.state !== "succeeded" || result.state !== "succeeded") throw new Error("a training failed");
      expect(own.outcome.sha256).toBe(result.model.sha256);
      const { metrics, part } = result.model.score ?? {};
      trainer.figureNames.forEach((name, at) => {
        expect(own.figures[at]).toBe((metrics as Record<string, number>)[name]);
      });
      expect(part).toBe(trainer.part);
    }
  });
});

/** A data set in which the other rows have no target. */
function onlyRows(kept: ReadonlySet<number>, dataset: DatasetRows): DatasetRows {
  const values = new Map(dataset.values);
  for (const [target, none] of [
    ["y", -1],
    ["price", Number.NaN],
  ] as const) {
    const own = (dataset.values.get(target) as Float64Array | Int32Array).slice();
    own.forEach((_, row) => {
      if (!kept.has(row)) own[row] = none;
    });
    values.set(target, own as never);
  }
  const columns = dataset.columns.map((column) => ({
    ...column,
    missing: column.name === "y" || column.name === "price" ? dataset.rows - kept.size : column.missing,
  }));
  return { ...dataset, columns, values };
}

interface Attempt {
  readonly result: ReturnType<typeof runJob>;
  readonly checkpoints: readonly NewCheckpoint[];
}

/** Runs a request as the server does. */
function attempt(
  { run, model }: Asked,
  request: object,
  control: Partial<RunControl> = {},
  from: CheckpointState | null = null,
): Attempt {
  const asked = learningCurveBody.parse(request);
  const admitted = admitLearningCurve(run, model, asked);
  if (!admitted.ok) throw new Error(JSON.stringify(admitted.errors));
  const { sizes, repeats } = asked;
  const question = { model: model.id, sha256: model.sha256, epochs: run.job.spec.epochs, sizes, repeats };
  const spec = { ...run.job.spec, epochs: admitted.trainings, learning_curve: question };
  const checkpoints: NewCheckpoint[] = [];
  const result = runJob(
    { ...run, job: { ...run.job, spec }, checkpoint: from },
    {
      cancelled: () => false,
      stopping: () => null,
      report: () => undefined,
      save: (checkpoint) => void checkpoints.push(checkpoint),
      storing: () => false,
      settle: () => undefined,
      ...control,
    },
  );
  return { result, checkpoints };
}

const faultsOf = ({ run, model }: Asked, request: object): string[] => {
  const admitted = admitLearningCurve(run, model, learningCurveBody.parse(request));
  return admitted.ok ? [] : admitted.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
};

describe("the job", () => {
  const asked = trained({ ...specOf("y"), checkpoint: { every_epochs: 1, min_seconds: 0 } }, TABLE);
  const request = { sizes: 5, repeats: 8 };
  const whole = attempt(asked, request);
  const answerOf = ({ result }: Attempt) => {
    if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
    return learningCurve.parse(result.evaluation?.learning_curve);
  };

  it("trains as often as it was asked to, and leaves the model that was asked", () => {
    const curve = answerOf(whole);
    expect(curve).toMatchObject({
      ...{ model: "mdl_test", agrees: true, part: "validation", scored_rows: 16, training_rows: 64, repeats: 8, failed: 0 },
      figures: [{ name: "accuracy" }, { name: "roc_auc" }, { name: "log_loss" }],
    });
    expect(curve.figures[0]?.points.map(({ rows }) => rows)).toEqual([16, 23, 32, 45, 64]);
    expect(curve.figures[0]?.forecast?.rows).toBe(128);
    expect(whole.result).toMatchObject({ model: { sha256: asked.model.sha256 }, metrics: { best: { epoch: 1 } } });
    expect(whole.checkpoints.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 39 }, (_, at) => at + 1));
  });

  it("goes on from a checkpoint to the same answer, and ends when it is cancelled", () => {
    for (const from of [whole.checkpoints[0], whole.checkpoints[12]])
      expect(answerOf(attempt(asked, request, {}, from ?? null))).toEqual(answerOf(whole));
    const asks = { count: 0 };
    expect(attempt(asked, request, { cancelled: () => ++asks.count > 40 }).result.state).toBe("cancelled");
  });

  it("does without the trainings that diverge", () => {
    // At the edge of what full batches bear: some rows are beyond it.
    const line = { layers: [{ type: "linear" }] };
    const wild = trained(
      specOf("price", { model: line, optimizer: { type: "sgd", lr: 0.75 }, epochs: 1500, early_stopping: null }),
      TABLE,
    );
    const curve = answerOf(attempt(wild, request));
    expect(curve.failed).toBeGreaterThan(0);
    expect(curve.figures.map(({ name }) => name).every((name) => ["r2", "rmse", "mae"].includes(name))).toBe(true);
  });
});

describe("a request", () => {
  it("is refused where no rows are held out, where there are too few, and where it is too much work", () => {
    expect(faultsOf(trained(specOf("y", { split: null }), TABLE), {})).toEqual([
      expect.stringMatching(/^ the job of the model holds no rows out, .* train it with a split, such as {"validation": 0.2}$/),
    ]);
    expect(faultsOf(trained(specOf("y"), datasetOf(tableOf(48))), {})).toEqual([
      " the model has 38 training rows; a curve needs at least 40",
    ]);
    const asked = trained(specOf("y"), TABLE);
    const longer = (epochs: number) => ({
      ...asked,
      run: { ...asked.run, job: { ...asked.run.job, spec: { ...asked.run.job.spec, epochs } } },
    });
    expect(faultsOf(longer(1_250_000), { repeats: 16 })).toEqual([
      expect.stringMatching(
        /^\/repeats 96 trainings of 1250000 epochs on up to 64 rows take .* multiply-adds, more than the limit of 1e\+12: ask for \d+ repeats$/,
      ),
    ]);
    const [fault = ""] = faultsOf(longer(1_250_000), { repeats: 16 });
    expect(faultsOf(longer(1_250_000), { repeats: Number(/ask for (\d+)/.exec(fault)?.[1]) })).toEqual([]);
    expect(faultsOf(longer(1e9), {})).toEqual([expect.stringMatching(/ask a smaller model, or one of fewer epochs$/)]);
  });
});
