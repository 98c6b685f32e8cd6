import { describe, expect, it } from "vitest";
import { influenceBody } from "../../../src/domain/explanations/influence.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { createRetraining, influence } from "../../../src/training/influence/influence.ts";
import { createPredictor } from "../../../src/training/predict/predict.ts";
import { createAssistantTrainer } from "../../../src/training/run-job.ts";
import { datasetOf } from "../dataset.ts";
import { modelRecord, train } from "../train.ts";
import { ask, attempt, faultsOf, runOf, trained } from "./ask.ts";

/** Rows of two numbers, a class and a value that they decide. */
function tableOf(rows: number, seed = 1) {
  const random = createRandom(streamKey(seed, "influence test"));
  const number = () => Array.from({ length: rows }, () => Math.round(2000 * random.uniform() - 1000) / 500);
  const [a, b, noise] = [number(), number(), number()];
  const y = a.map((value, row) => (value * value + (b[row] as number) > 1 ? "yes" : "no"));
  const price = a.map((value, row) => 3 * value - 2 * (b[row] as number) + 5 + (noise[row] as number) / 4);
  return { a, b, y, price };
}

const TABLE = tableOf(60);
const NETWORK = { layers: [{ type: "linear", units: 6 }, { type: "tanh" }, { type: "linear" }] };
const specOf = (target: string, more: object = {}) => ({
  data: { dataset: { id: "ds", target, features: ["a", "b"], ...(more as { dataset?: object }).dataset } },
  model: NETWORK,
  optimizer: { type: "adam", lr: 0.02 },
  epochs: 25,
  ...Object.fromEntries(Object.entries(more).filter(([key]) => key !== "dataset")),
});

/** The table with a column of weights in which one row weighs nothing. */
const without = (row: number, weights: readonly number[] = TABLE.a.map(() => 1)) =>
  datasetOf({ ...TABLE, w: weights.map((weight, each) => (each === row ? 0 : weight)) });

describe("a training without a row", () => {
  const layers = NETWORK.layers;
  it.each([
    ["Adam, with a validation part and early stopping", specOf("y")],
    [
      "SGD in batches, momentum and a schedule",
      specOf("price", {
        ...{ batch_size: 16, optimizer: { type: "sgd", lr: 0.01, momentum: 0.9, nesterov: true } },
        scheduler: { type: "reduce_lr_on_plateau", patience: 2 },
      }),
    ],
    [
      "AdamW, dropout, clipping and no part held out",
      specOf("y", {
        ...{ optimizer: { type: "adamw", lr: 0.02 }, split: null, clip_grad: { type: "norm", max_norm: 0.5 } },
        model: { layers: [...layers.slice(0, 2), { type: "dropout", p: 0.2 }, { type: "linear" }] },
      }),
    ],
    [
      "RMSprop, batch_norm and balanced classes",
      specOf("y", {
        ...{
          optimizer: { type: "rmsprop", lr: 0.01 },
          loss: { type: "bce_with_logits", pos_weight: "balanced" },
          batch_size: 20,
        },
        model: { layers: [{ type: "linear", units: 6 }, { type: "batch_norm" }, { type: "tanh" }, { type: "linear" }] },
      }),
    ],
    [
      "quantiles by the pinball loss, and Adagrad",
      specOf("price", {
        ...{ loss: { type: "pinball", quantiles: [0.1, 0.5, 0.9] }, optimizer: { type: "adagrad", lr: 0.05 }, batch_size: 7 },
      }),
    ],
  ])("has the bits of a job whose column of weights says so: %s", (_, spec) => {
    const asked = trained(spec, datasetOf(TABLE));
    const retraining = createRetraining(asked.run);
    const rows = asked.run.job.spec.split === null ? [0, 59] : [...retraining.data.parts.train].slice(3, 5);
    for (const row of [null, ...rows]) {
      const own = retraining.train(row);
      const weighted = row === null ? spec : withWeights(spec);
      const { result } = train(weighted, { dataset: row === null ? datasetOf(TABLE) : without(row) });
      if (own.state !== "succeeded" || result.state !== "succeeded") throw new Error("a training failed");
      expect(own.sha256).toBe(result.model.sha256);
      expect(row === null || own.sha256 !== asked.model.sha256).toBe(true);
    }
  });

  it("keeps the weights that the job gives to its other rows", () => {
    const weights = TABLE.a.map((_, row) => (row % 4) / 2);
    const spec = withWeights(specOf("y"));
    const asked = trained(spec, without(-1, weights));
    const retraining = createRetraining(asked.run);
    const row = [...retraining.data.parts.train].find((each) => (weights[each] as number) > 0) as number;
    const { result } = train(spec, { dataset: without(row, weights) });
    const own = retraining.train(row);
    if (own.state !== "succeeded" || result.state !== "succeeded") throw new Error("a training failed");
    expect(own.sha256).toBe(result.model.sha256);
    // Rows that weigh nothing taught the network nothing.
    expect(ask(asked, { instances: [[0, 0]] }).rows.every((each) => (weights[each] as number) > 0)).toBe(true);
    const idle = [...retraining.data.parts.train].find((each) => weights[each] === 0) as number;
    expect(faultsOf(asked, { instances: [[0, 0]], rows: [idle] })).toEqual([`/rows/0 row ${idle} already has weight 0`]);
  });
});

const withWeights = (spec: object) => {
  const { data, ...rest } = spec as { readonly data: { readonly dataset: object } };
  return { ...rest, data: { dataset: { ...data.dataset, weights: "w" } } };
};

describe("a job whose trainings another thread does", () => {
  it("gets the numbers that it would come to by itself, and the losses", () => {
    const asked = trained(specOf("y", { batch_size: 16 }), datasetOf(TABLE));
    const run = runOf(asked, influenceBody.parse({ instances: [[0.5, 1]] }));
    const job = influence(run);
    const assistant = createAssistantTrainer(structuredClone(run));
    for (const number of [7, 1, 30]) {
      const { ms: _, ...own } = job.train(number, () => false) ?? { ms: 0 };
      expect(structuredClone(assistant(number))).toMatchObject(own);
    }
  });
});

describe("the rows that made a prediction", () => {
  it("are those of the closed form, of a straight line by least squares", () => {
    // Inputs as they are, and the loss at its minimum: full batches with momentum until nothing moves.
    const rows = 12;
    const { a, b, price } = tableOf(rows, 5);
    const features = a.map((value, row) => [value, b[row] as number]);
    const asked = trained({
      data: { inline: { features, targets: price } },
      model: { layers: [{ type: "linear" }] },
      optimizer: { type: "sgd", lr: 0.1, momentum: 0.8 },
      epochs: 600,
    });
    const [instance, actual] = [[0.7, -1.1], 9];
    const found = ask(asked, { instances: [instance], actual: [actual] });
    const [prediction] = found.predictions;
    expect(found).toMatchObject({ agrees: true, training_rows: rows, rows: a.map((_, row) => row) });
    const design = features.map((row) => [1, ...row]);
    const inverse = inverseOf(
      design[0]!.map((_, i) => design[0]!.map((_, j) => design.reduce((sum, row) => sum + row[i]! * row[j]!, 0))),
    );
    const times = (row: readonly number[], other: readonly number[]) =>
      row.reduce((sum, value, i) => sum + value * inverse[i]!.reduce((inner, cell, j) => inner + cell * other[j]!, 0), 0);
    const beta = design[0]!.map((_, i) =>
      design.reduce((sum, row, at) => sum + inverse[i]!.reduce((inner, cell, j) => inner + cell * row[j]!, 0) * price[at]!, 0),
    );
    const fitted = (row: readonly number[]) => row.reduce((sum, value, i) => sum + value * beta[i]!, 0);
    const asking = [1, ...instance];
    const expected = fitted(asking);
    expect(prediction?.prediction).toBeCloseTo(expected, 4);
    expect(prediction?.loss).toEqual({ type: "squared_error", value: expect.closeTo((expected - actual) ** 2, 3) });
    design.forEach((row, at) => {
      // x' (X'X)^-1 x_i e_i / (1 - h_i), Cook and Weisberg, "Residuals and influence in regression", 1982.
      const change = (-times(asking, row) * (price[at]! - fitted(row))) / (1 - times(row, row));
      expect(prediction?.changes[at]).toBeCloseTo(change, 4);
      expect(prediction?.loss_changes?.[at]).toBeCloseTo((expected + change - actual) ** 2 - (expected - actual) ** 2, 3);
    });
    const ranked =
      prediction?.changes.map((change, row) => ({ row, change: change as number })).sort((x, y) => x.change - y.change) ?? [];
    expect(prediction?.raising[0]).toMatchObject(ranked[0] as object);
    expect(prediction?.lowering[0]).toMatchObject(ranked.at(-1) as object);
  });

  it("begin with a neighbour whose label is wrong, where the prediction suffers", () => {
    const table = tableOf(80, 3);
    // Row 7 is where we ask, and says the opposite.
    const [a, b] = [table.a.with(7, 0), table.b.with(7, -1.5)];
    const dataset = datasetOf({ ...table, a, b, y: table.y.with(7, "yes") });
    const asked = trained({ ...specOf("y"), epochs: 150, split: null }, dataset);
    const { predictions } = ask(asked, { instances: [{ a: 0.05, b: -1.5 }], actual: ["no"] });
    const [{ harmers = [], helpers = [], raising, output } = { raising: [], output: "" }] = predictions;
    expect(output).toBe("no");
    expect(harmers[0]).toMatchObject({ row: 7 });
    expect(harmers[0]?.loss_change).toBeLessThan(0);
    expect(helpers[0]?.loss_change).toBeGreaterThan(0);
    // Of one class, what helps raises its probability.
    expect(raising[0]?.row).toBe(helpers[0]?.row);
  });

  it("are told by the model's own prediction, of the class or the target that is asked for", () => {
    const dataset = datasetOf(TABLE);
    const asked = trained(specOf("y"), dataset);
    const instances = [{ a: 0.4, b: 0.2 }, [-1, 1]];
    const { predictions, rows } = ask(asked, { instances, output: "yes", rows: { sample: 3, seed: 4 } });
    const { result } = train(specOf("y"), { dataset });
    if (result.state !== "succeeded") throw new Error("a training failed");
    const own = createPredictor(modelRecord(result.model), result.weights).predict(instances);
    if (!own.ok) throw new Error("a row is wrong");
    predictions.forEach(({ output, prediction, changes }, index) => {
      expect(output).toBe("yes");
      expect(prediction).toBe((own.predictions[index] as { probabilities: readonly number[] }).probabilities[1]);
      expect(changes).toHaveLength(3);
    });
    expect(rows).toEqual(rows.toSorted((x, y) => x - y));
    expect(ask(asked, { instances, rows: { sample: 3, seed: 4 } }).rows).toEqual(rows);
    expect(ask(asked, { instances, rows: { sample: 3, seed: 5 } }).rows).not.toEqual(rows);
    expect(ask(asked, { instances, rows: [rows[1], rows[0], rows[1]] }).rows).toEqual([rows[1], rows[0]]);
  });

  it("are none where no row has any effect, and null where a network diverges", () => {
    const still = trained({ ...specOf("y"), optimizer: { type: "sgd", lr: 1e-30 } }, datasetOf(TABLE));
    const { predictions } = ask(still, { instances: [[0, 0]], actual: ["no"], rows: { sample: 2 } });
    expect(predictions[0]).toMatchObject({ changes: [0, 0], raising: [], lowering: [], helpers: [], harmers: [] });
    // The rate is too large by so little that the weight of the others decides, whichever training it is.
    for (const place of [0, 1, 3]) {
      const features = [0, 1, 2, 3].map((row) => [row === place ? 0.5 : 1]);
      const wild = trained({
        data: { inline: { features, targets: [1, 1, 1, 1] } },
        model: { layers: [{ type: "linear", bias: false }] },
        optimizer: { type: "sgd", lr: 1.18 },
        epochs: 4000,
      });
      const found = ask(wild, { instances: [[1]] });
      expect(found.predictions[0]?.changes.map((change) => change === null)).toEqual(features.map(([x]) => x === 0.5));
    }
  });
});

/** The inverse of a small matrix, by Gauss and Jordan. */
function inverseOf(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: size }, (_, j) => Number(i === j))]);
  for (let pivot = 0; pivot < size; pivot++) {
    const own = rows[pivot]!.map((value) => value / rows[pivot]![pivot]!);
    rows[pivot] = own;
    rows.forEach((row, at) => {
      const factor = row[pivot]!;
      if (at !== pivot) rows[at] = row.map((value, j) => value - factor * own[j]!);
    });
  }
  return rows.map((row) => row.slice(size));
}

describe("the job", () => {
  const dataset = datasetOf(TABLE);
  const request = { instances: [{ a: 0.4, b: 0.2 }], actual: ["no"], rows: { sample: 6, seed: 0 } };
  const asked = trained({ ...specOf("y"), checkpoint: { every_epochs: 1, min_seconds: 0 } }, dataset);
  const whole = attempt(asked, request);

  it("reports each training as an epoch, and leaves the model that was asked", () => {
    expect([whole.chunks[0]?.from, whole.chunks.at(-1)?.to]).toEqual([1, 7]);
    expect(whole.result).toMatchObject({
      state: "succeeded",
      model: { sha256: asked.model.sha256, score: { part: "validation" } },
      metrics: { best: { epoch: 1 } },
    });
    expect(whole.checkpoints.map(({ epoch, isBest }) => [epoch, isBest])).toEqual(
      [1, 2, 3, 4, 5, 6].map((epoch) => [epoch, false]),
    );
  });

  it("goes on from a checkpoint to the same answer", () => {
    for (const from of [whole.checkpoints[0], whole.checkpoints[3]]) {
      const again = attempt(asked, request, {}, from ?? null);
      expect(again.result).toMatchObject({ state: "succeeded", metrics: { best: { epoch: 1 } } });
      if (again.result.state !== "succeeded" || whole.result.state !== "succeeded") throw new Error("a job failed");
      expect(again.result.evaluation).toEqual(whole.result.evaluation);
    }
  });

  it("ends within a training when it is cancelled or stopped, with a checkpoint of what is done", () => {
    const trainings = { count: 0 };
    const counting = { report: () => undefined };
    const cancelled = attempt(asked, request, { ...counting, cancelled: () => ++trainings.count > 40 });
    expect(cancelled.result.state).toBe("cancelled");
    const stops = { count: 0 };
    const stopped = attempt(
      {
        ...asked,
        run: {
          ...asked.run,
          job: {
            ...asked.run.job,
            spec: { ...asked.run.job.spec, checkpoint: { every_epochs: null, every_seconds: 3600, min_seconds: 0, keep: 2 } },
          },
        },
      },
      request,
      { stopping: () => (++stops.count > 60 ? "stop" : null) },
    );
    expect(stopped.result.state).toBe("stopped");
    expect(stopped.checkpoints).toHaveLength(1);
    const on = attempt(asked, request, {}, stopped.checkpoints[0] ?? null);
    if (on.result.state !== "succeeded" || whole.result.state !== "succeeded") throw new Error("a job failed");
    expect(on.result.evaluation).toEqual(whole.result.evaluation);
  });
});

describe("a request", () => {
  const asked = trained(specOf("y"), datasetOf(TABLE));
  const heldOut = createRetraining(asked.run).data.parts.validation[0] as number;
  const [instance] = [{ a: 1, b: 1 }];

  it.each([
    [{ instances: [{ a: "x", b: 1 }] }, /^\/instances\/0\/a /],
    [{ instances: [instance], actual: ["perhaps"] }, /^\/actual\/0 is not one of the model's classes: no, yes/],
    [{ instances: [instance], actual: ["no", "no"] }, /^\/actual has 2 values for 1 instances/],
    [{ instances: [instance], output: "perhaps" }, /^\/output is not one of no, yes/],
    [{ instances: [instance], rows: [heldOut] }, /^\/rows\/0 row \d+ was held out, so it did not train the model/],
    [{ instances: [instance], rows: [1e9] }, /^\/rows\/0 row 1000000000 did not train the model: there is no such row/],
  ])("is refused where it does not fit the model or its rows: %j", (request, words) => {
    expect(faultsOf(asked, request)).toEqual([expect.stringMatching(words)]);
  });

  it("is refused where it is too much work, with a number of rows that is not", () => {
    const spec = asked.run.job.spec;
    const long = { ...asked, run: { ...asked.run, job: { ...asked.run.job, spec: { ...spec, epochs: 5_000_000 } } } };
    const [fault = ""] = faultsOf(long, { instances: [instance] });
    expect(fault).toMatch(
      /^\/rows 48 trainings of 5000000 epochs on 48 rows take .* more than the limit of 1e\+12: choose fewer rows/,
    );
    const sample = Number(/"sample": (\d+)/.exec(fault)?.[1]);
    expect(faultsOf(long, { instances: [instance], rows: { sample } })).toEqual([]);
    expect(faultsOf(long, { instances: [instance], rows: { sample: sample + 1 } })).toHaveLength(1);
    const many = tableOf(5100, 2);
    const { a, b, price } = many;
    const wide = trained({
      data: { inline: { features: a.map((value, row) => [value, b[row]]), targets: price } },
      model: { layers: [{ type: "linear" }] },
      epochs: 1,
    });
    expect(faultsOf(wide, { instances: [[1, 1]] })).toEqual([
      '/rows 5100 rows to leave out, each by a training, are more than the limit of 5000: choose fewer rows, such as {"sample": 5000}',
    ]);
    expect(
      faultsOf(wide, {
        instances: [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        rows: { sample: 5000 },
      }),
    ).toEqual([
      '/rows 5000 rows to leave out for 3 instances are more than the limit of 10000 changes: choose fewer rows, such as {"sample": 3333}',
    ]);
  });
});
