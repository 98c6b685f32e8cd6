import { describe, expect, it } from "vitest";
import type { ReferredModel } from "../../../src/domain/ports.ts";
import { type TensorSet, unpackTensors } from "../../../src/domain/tensor.ts";
import { prepare, train } from "../train.ts";

const layers = [
  { type: "linear", units: 4 },
  { type: "tanh" },
  { type: "linear", units: 3 },
  { type: "relu" },
  { type: "linear" },
];
const data = { generator: { type: "moons", samples: 40, seed: 3 } };
const base = { data, model: { layers }, split: { validation: 0.25 }, optimizer: { type: "sgd", lr: 0.5 }, epochs: 3, seed: 1 };

function weightsOf(spec: object, model: ReferredModel | null = null): TensorSet {
  const { result } = train(spec, { model });
  if (result.state !== "succeeded") throw new Error(result.state);
  return result.weights;
}

const start = weightsOf(base);
const stored: ReferredModel = { id: "mdl_1", sha256: "ab".repeat(32), weights: start, preprocessing: null, classes: [] };
const from = (more: object = {}) => ({ ...base, init_from: { model: "moons@1", ...more } });

describe("a job that starts from a stored model", () => {
  it("names it until it is looked up, and then by its id and hash", () => {
    expect(() => prepare(from())).toThrow("refers to something");
    const prepared = prepare(from({ freeze: [0] }), {}, null, stored);
    expect(prepared.ok && prepared.spec.init_from).toEqual({ model: "mdl_1", sha256: stored.sha256, freeze: [0] });
  });

  it("begins with its weights", () => {
    expect(weightsOf({ ...from(), optimizer: { type: "sgd", lr: 0 } }, stored)).toEqual(start);
  });

  it("trains as from the same weights in the request", () => {
    const state_dict = Object.fromEntries(
      [...unpackTensors(start)].map(([name, values], index) => [
        name,
        { shape: start.entries[index]?.shape, data: Array.from(values) },
      ]),
    );
    expect(weightsOf(from(), stored)).toEqual(weightsOf({ ...base, init_from: { state_dict } }));
  });

  it("is refused by the names of all tensors that do not fit", () => {
    const other = { ...base.model, layers: [{ type: "linear", units: 5 }, { type: "linear" }] };
    const prepared = prepare({ ...from(), model: other }, {}, null, stored);
    expect(!prepared.ok && prepared.errors.map(({ pointer }) => pointer)).toEqual([
      "/init_from/model/0.weight/shape",
      "/init_from/model/0.bias/shape",
      "/init_from/model/1.weight",
      "/init_from/model/1.bias",
      "/init_from/model/2.weight",
      "/init_from/model/2.bias",
      "/init_from/model/4.weight",
      "/init_from/model/4.bias",
    ]);
  });
});

describe("frozen layers", () => {
  const changed = (weights: TensorSet) => {
    const before = unpackTensors(start);
    return [...unpackTensors(weights)].flatMap(([name, values]) => (values.join() === before.get(name)?.join() ? [] : [name]));
  };

  it.each([
    ["sgd", { type: "sgd", lr: 0.1 }],
    ["weight decay", { type: "adamw", lr: 0.1, weight_decay: 0.5 }],
    ["momentum", { type: "sgd", lr: 0.1, momentum: 0.9, nesterov: true }],
  ])("keep every bit under %s, and the others learn", (_, optimizer) => {
    expect(changed(weightsOf({ ...from({ freeze: [0, 4] }), optimizer }, stored))).toEqual(["2.weight", "2.bias"]);
    expect(changed(weightsOf({ ...from({ freeze: [0, 4] }), optimizer, batch_size: 7 }, stored))).toEqual([
      "2.weight",
      "2.bias",
    ]);
  });

  it("have no part in clipping: the norm is that of the gradients that are used", () => {
    const clipped = { ...from(), clip_grad: { type: "norm", max_norm: 0.01 }, epochs: 1 };
    const all = train(clipped, { model: stored }).series.grad_norm?.[0] as number;
    const normOf = (freeze: number[]) =>
      train({ ...clipped, init_from: { model: "m", freeze } }, { model: stored }).series.grad_norm?.[0] as number;
    const parts = [normOf([2, 4]), normOf([0, 4]), normOf([0, 2])];
    for (const part of parts) expect(part).toBeLessThan(all);
    expect(Math.hypot(...parts)).toBeCloseTo(all, 6);
  });

  it("hold no weights that the network does not have, and leave something to train", () => {
    const errors = (freeze: number[]) => {
      const prepared = prepare(from({ freeze }), {}, null, stored);
      return prepared.ok ? [] : prepared.errors;
    };
    expect(errors([1, 5])).toEqual([{ pointer: "/init_from/freeze/1", detail: "is not a layer: the network has layers 0..4" }]);
    expect(errors([0, 2, 4])).toEqual([{ pointer: "/init_from/freeze", detail: "leaves nothing to train" }]);
    expect(errors([1, 3])).toEqual([]);
  });

  it("are named by whole numbers: 1 is not 10", () => {
    const many = Array.from({ length: 11 }, () => ({ type: "linear", units: 2 })).concat([{ type: "linear" } as never]);
    const spec = { ...base, model: { layers: many } };
    const weights = weightsOf({ ...spec, optimizer: { type: "sgd", lr: 0 } });
    const again = weightsOf({ ...spec, init_from: { model: "m", freeze: [1] } }, { ...stored, weights });
    const before = unpackTensors(weights);
    const kept = [...unpackTensors(again)].filter(([name, values]) => values.join() === before.get(name)?.join());
    expect(kept.map(([name]) => name)).toEqual(["1.weight", "1.bias"]);
  });

  it("are those of PyTorch's requires_grad: a batch_norm's running statistics still move", () => {
    const normed = { ...base, model: { layers: [{ type: "linear", units: 3 }, { type: "batch_norm" }, { type: "linear" }] } };
    const weights = weightsOf(normed);
    const again = weightsOf({ ...normed, init_from: { model: "m", freeze: [1] } }, { ...stored, weights });
    const before = unpackTensors(weights);
    const kept = [...unpackTensors(again)].filter(([name, values]) => values.join() === before.get(name)?.join());
    expect(kept.map(([name]) => name)).toEqual(["1.weight", "1.bias"]);
  });
});
