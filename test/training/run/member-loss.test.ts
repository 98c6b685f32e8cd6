import { describe, expect, it } from "vitest";
import { createLoss, graph, interpret, type LossSpec, type Tensor } from "../../../src/engine/index.ts";
import { memberLoss } from "../../../src/training/run/member-loss.ts";
import { prepare, train } from "../train.ts";

const [ROWS, MEMBERS, OUTPUTS] = [4, 3, 2];
const outputs = graph.constant(
  Array.from({ length: ROWS * MEMBERS * OUTPUTS }, (_, i) => Math.sin(1 + 3.7 * i)),
  [ROWS, MEMBERS, OUTPUTS],
);
const values = graph.constant(
  Array.from({ length: ROWS * OUTPUTS }, (_, i) => (Math.cos(2.1 * i) > 0 ? 1 : 0)),
  [ROWS, OUTPUTS],
);
const classes = graph.constant([1, 0, 1, 1]);
const weights = graph.constant([0.5, 2, 1, 0.5]);

const member = (index: number): Tensor =>
  graph.reshape(
    graph.slice(outputs, [
      { start: 0, stop: ROWS, step: 1 },
      { start: index, stop: index + 1, step: 1 },
      { start: 0, stop: OUTPUTS, step: 1 },
    ]),
    [ROWS, OUTPUTS],
  );

describe("the loss of members", () => {
  it.each<[string, LossSpec, Tensor, Tensor | undefined]>([
    ["mse", { type: "mse" }, values, undefined],
    ["weighted huber", { type: "huber", delta: 0.3 }, values, weights],
    ["bce_with_logits", { type: "bce_with_logits", pos_weight: 3 }, values, weights],
    ["cross_entropy", { type: "cross_entropy", weight: [1, 4], label_smoothing: 0.1 }, classes, undefined],
    ["weighted cross_entropy", { type: "cross_entropy" }, classes, weights],
  ])("is the mean of each member's: %s", (_, spec, targets, rowWeights) => {
    const loss = createLoss(spec);
    const apart = Array.from({ length: MEMBERS }, (_, index) => loss(member(index), targets, rowWeights));
    const mean = graph.div(
      apart.reduce((sum, each) => graph.add(sum, each)),
      MEMBERS,
    );
    const together = memberLoss(loss, outputs, targets, rowWeights);
    const found = interpret({ main: { outputs: { mean, together } } }).step("main");
    expect(found.together).toBeCloseTo(found.mean as number, 12);
  });
});

describe("a batch ensemble in training", () => {
  const features = Array.from({ length: 60 }, (_, row) => [Math.sin(row), Math.cos(1.7 * row), Math.sin(0.3 * row)]);
  const spec = (layers: unknown[], extra: object = {}) => ({
    data: { inline: { features, targets: features.map(([a = 0, b = 0]) => a * b) } },
    task: "regression",
    split: { validation: 0.25 },
    model: { layers },
    epochs: 30,
    batch_size: 16,
    ...extra,
  });
  const ensemble = (members: number, units?: number) => ({ type: "batch_ensemble_linear", members, ...(units && { units }) });

  it("with one member whose factors are ones is the plain network", () => {
    const layers = [{ ...ensemble(1, 8), scaling_init: "ones" }, "tanh", ensemble(1), "mean_members"];
    // The factors stay as they are at a rate of 0, where the outputs and their loss are the plain network's.
    const held = { optimizer: { type: "sgd", lr: 0 }, epochs: 1, batch_size: null };
    const first = train(spec(layers, held));
    if (first.result.state !== "succeeded") throw new Error("it did not succeed");
    const { weights, model } = first.result;
    const data = new Float32Array(weights.data);
    let at = 0;
    const state_dict = Object.fromEntries(
      model.weights.flatMap(({ name, shape }) => {
        const size = shape.reduce((product, length) => product * length, 1);
        const own = [...data.subarray(at, at + size)];
        at += size;
        return /\.[rs]$/.test(name) ? [] : [[name, { shape: name.endsWith("bias") ? shape.slice(1) : shape, data: own }]];
      }),
    );
    const plain = train(spec([{ type: "linear", units: 8 }, "tanh", "linear"], { ...held, init_from: { state_dict } }));
    expect(first.series.loss?.[0]).toBeCloseTo(plain.series.loss?.[0] as number, 6);
    expect(first.series.val_loss?.[0]).toBeCloseTo(plain.series.val_loss?.[0] as number, 6);
  });

  it("minimises the mean of the members' losses and scores their mean", () => {
    const layers = [
      ensemble(8, 16),
      "relu",
      { type: "dropout", p: 0.1 },
      ensemble(8, 16),
      "relu",
      "per_feature_linear",
      "mean_members",
    ];
    const run = train(spec(layers, { optimizer: { type: "adam", lr: 0.01 }, epochs: 60 }));
    if (run.result.state !== "succeeded") throw new Error("it did not succeed");
    expect(run.series.loss?.at(-1)).toBeLessThan(0.3 * (run.series.loss?.[0] as number));
    // A convex loss of the mean is at most the mean of the losses.
    const still = { epochs: 1, batch_size: null, optimizer: { type: "sgd", lr: 0 }, metrics: ["rmse"] };
    const { series } = train(spec([ensemble(8, 16), "relu", "per_feature_linear", "mean_members"], still));
    expect((series.rmse?.[0] as number) ** 2).toBeLessThan(series.loss?.[0] as number);
    expect((series.val_rmse?.[0] as number) ** 2).toBeCloseTo(series.val_loss?.[0] as number, 5);
    expect(run.result.model.weights.map(({ name, shape }) => `${name} ${shape}`)).toEqual([
      ...["0.weight 16,3", "0.r 8,3", "0.s 8,16", "0.bias 8,16"],
      ...["3.weight 16,16", "3.r 8,16", "3.s 8,16", "3.bias 8,16"],
      ...["5.weight 8,16,1", "5.bias 8,1"],
    ]);
  });

  it("takes the width of its last linear layer from the task, and bce after a sigmoid", () => {
    const two = {
      data: { inline: { features, targets: features.map(([a = 0]) => (a > 0 ? 1 : 0)) } },
      task: "binary_classification",
    };
    const layers = [ensemble(4, 8), "relu", "per_feature_linear", "sigmoid", "mean_members"];
    const prepared = prepare(spec(layers, two));
    if (!prepared.ok) throw new Error(JSON.stringify(prepared));
    expect(prepared.spec.model).toMatchObject({ layers: [{}, {}, { units: 1 }, {}, {}] });
    expect(prepared.spec.loss).toEqual({ type: "bce" });
    const refused = prepare(spec(layers, { ...two, loss: "bce_with_logits" }));
    expect(refused.ok ? [] : refused.errors).toEqual([
      { pointer: "/model/layers/3", detail: expect.stringContaining("needs logits") },
    ]);
    const run = train(spec([ensemble(4), "mean_members"], { ...two, epochs: 3 }));
    expect(run.result.state).toBe("succeeded");
  });

  it("says what is missing where members are not averaged", () => {
    const prepared = prepare(spec([ensemble(4, 8), "relu", ensemble(4)]));
    expect(prepared.ok ? [] : prepared.errors).toEqual([
      { pointer: "/model/layers/2", detail: expect.stringMatching(/gives \[4, 1\].*mean_members/) },
    ]);
  });
});
