import { describe, expect, it } from "vitest";
import { givenLayers } from "../../../src/domain/spec/spec.ts";
import { unpackTensors } from "../../../src/domain/tensor.ts";
import { prepare, train } from "../train.ts";

const rows = 12;
const image = Array.from({ length: rows }, (_, row) => Array.from({ length: 16 }, (_, i) => Math.sin(row * 16 + i)));
const spec = (layers: object[], extra: object = {}) => ({
  data: { inline: { features: image, targets: image.map((_, row) => row % 3) } },
  task: "multiclass_classification",
  model: { layers },
  epochs: 2,
  ...extra,
});

function errorsOf(layers: object[], extra?: object): Record<string, string> {
  const prepared = prepare(spec(layers, extra));
  if (prepared.ok) return {};
  return Object.fromEntries(prepared.errors.map(({ pointer, detail }) => [pointer, detail]));
}

const picture = { type: "reshape", shape: [1, 4, 4] };

describe("widths", () => {
  it("come from the shapes that each layer gives the next", () => {
    const prepared = prepare(
      spec([
        picture,
        { type: "conv2d", out_channels: 5, kernel_size: 3 },
        { type: "max_pool", kernel_size: 2 },
        { type: "flatten" },
        {
          type: "residual",
          layers: [{ type: "layer_norm" }, { type: "linear", units: 7 }, { type: "relu" }, { type: "linear" }],
        },
        { type: "linear" },
      ]),
    );
    if (!prepared.ok) throw new Error(JSON.stringify(prepared));
    expect(givenLayers(prepared.spec)[4]).toMatchObject({ layers: [{}, { units: 7 }, {}, { units: 5 }] });
    expect(givenLayers(prepared.spec)[5]).toMatchObject({ units: 3 });
    // 5 · 9 + 5, then 2 · 5, 5 · 7 + 7, 7 · 5 + 5, and 5 · 3 + 3.
    expect(prepared.parameters).toBe(50 + 10 + 42 + 40 + 18);
  });

  it("of each member of a last ensemble follow from the task, and those of an earlier one are stated", () => {
    const member = (...layers: object[]) => ({ layers });
    const ensemble = (...members: object[]) => ({ type: "ensemble", members });
    const prepared = prepare(
      spec([
        { type: "linear", units: 4 },
        ensemble(
          member({ type: "residual", layers: [{ type: "relu" }, { type: "linear" }] }, { type: "linear" }),
          member({ type: "linear", units: 7 }, { type: "relu" }, { type: "linear" }),
        ),
        { type: "log_softmax" },
      ]),
    );
    if (!prepared.ok) throw new Error(JSON.stringify(prepared));
    expect(givenLayers(prepared.spec)[1]).toMatchObject({
      members: [{ layers: [{ layers: [{}, { units: 4 }] }, { units: 3 }] }, { layers: [{ units: 7 }, {}, { units: 3 }] }],
    });
    expect(prepared.parameters).toBe(16 * 4 + 4 + (4 * 4 + 4 + 4 * 3 + 3) + (4 * 7 + 7 + 7 * 3 + 3));
    expect(errorsOf([ensemble(member({ type: "linear" })), { type: "linear" }])).toEqual({
      "/model/layers/0/members/0/layers/0/units": expect.stringContaining("is required"),
    });
    expect(errorsOf([ensemble(member({ type: "linear" }), member({ type: "linear", units: 2 }))])).toEqual({
      "/model/layers/0/members/1/layers/0/units": expect.stringContaining("is 2, but multiclass_classification"),
    });
    expect(errorsOf([ensemble(member({ type: "linear" }), member({ type: "linear" }, { type: "softmax" }))])).toEqual({
      "/model/layers/0/members/1/layers/1": expect.stringContaining("needs logits"),
    });
  });

  it.each<[string, object[], string, RegExp]>([
    [
      "a feature that no row has",
      [{ type: "ensemble", members: [{ layers: [{ type: "select", features: [15, 16] }, { type: "linear" }] }] }],
      "/model/layers/0/members/0/layers/0/features/1",
      /is 16, and \[16\] has features 0..15/,
    ],
    [
      "members of other widths",
      [{ type: "ensemble", members: [{ layers: ["relu"] }, { layers: [{ type: "linear", units: 4 }] }] }, { type: "linear" }],
      "/model/layers/0/members/1",
      /gives \[4\] for a row where member 0 gives \[16\]/,
    ],
    [
      "a layer within a member",
      [
        { type: "ensemble", members: [{ layers: ["relu", { type: "conv1d", out_channels: 1, kernel_size: 1 }] }] },
        { type: "linear" },
      ],
      "/model/layers/0/members/0/layers/1",
      /conv1d takes \[channels, length\]/,
    ],
    [
      "an image layer over rows",
      [{ type: "conv2d", out_channels: 2, kernel_size: 3 }, { type: "linear" }],
      "/model/layers/0",
      /conv2d takes \[channels, height, width\], not \[16\]/,
    ],
    [
      "a kernel larger than its image",
      [picture, { type: "max_pool", kernel_size: 5 }, { type: "flatten" }, { type: "linear" }],
      "/model/layers/1",
      /kernel of 5 does not fit an input of 4/,
    ],
    [
      "a reshape of other size",
      [{ type: "reshape", shape: [1, 3, 5] }, { type: "flatten" }, { type: "linear" }],
      "/model/layers/0",
      /\[1, 3, 5\] takes 15 numbers, but \[16\] has 16/,
    ],
    [
      "a pair over a sequence",
      [{ type: "reshape", shape: [2, 8] }, { type: "avg_pool", kernel_size: [2, 2] }, { type: "flatten" }, { type: "linear" }],
      "/model/layers/1",
      /one size, not a pair/,
    ],
    [
      "a residual that changes the width",
      [{ type: "residual", layers: [{ type: "linear", units: 4 }] }, { type: "linear" }],
      "/model/layers/0",
      /turn \[16\] into \[4\]/,
    ],
    [
      "a layer within a residual",
      [
        { type: "residual", layers: [{ type: "relu" }, { type: "conv1d", out_channels: 1, kernel_size: 1 }] },
        { type: "linear" },
      ],
      "/model/layers/0/layers/1",
      /conv1d takes \[channels, length\]/,
    ],
    [
      "a hidden width left open in a residual",
      [{ type: "residual", layers: [{ type: "linear" }, { type: "linear" }] }, { type: "linear" }],
      "/model/layers/0/layers/0/units",
      /required/,
    ],
    [
      "an end that is no row of outputs",
      [picture, { type: "linear" }, { type: "relu" }],
      "/model/layers/2",
      /gives \[1, 4, 3\].*flatten/,
    ],
    ["an initialiser that needs a fan", [{ type: "linear", init: { bias: "xavier_normal" } }], "/model/layers/0", /two axes/],
  ])("refuse %s", (_, layers, pointer, detail) => {
    expect(errorsOf(layers)).toEqual({ [pointer]: expect.stringMatching(detail) });
  });

  it("refuse batches of one row where a layer needs their variance, and take one row that is left over", () => {
    const layers = [{ type: "batch_norm" }, { type: "linear" }];
    expect(errorsOf(layers, { batch_size: 1 })).toEqual({ "/model/layers/0": expect.stringMatching(/one row.*batch_size/) });
    expect(errorsOf(layers, { batch_size: 11 })).toEqual({});
    // An image has a variance in each channel even alone.
    expect(errorsOf([picture, layers[0] as object, { type: "flatten" }, { type: "linear" }], { batch_size: 1 })).toEqual({});
  });
});

describe("layers with a state of their own", () => {
  const layers = [
    { type: "residual", layers: [{ type: "batch_norm" }, { type: "dropout" }, { type: "linear" }] },
    { type: "dropout", p: 0 },
    { type: "linear" },
  ];

  it("keep their names within a residual, and take them back from PyTorch's state_dict", () => {
    const run = train(spec(layers));
    if (run.result.state !== "succeeded") throw new Error(JSON.stringify(run.result));
    const names = run.result.model.weights.map(({ name }) => name);
    expect(names).toEqual([
      ...["weight", "bias", "running_mean", "running_var"].map((name) => `0.layers.0.${name}`),
      "0.layers.2.weight",
      "0.layers.2.bias",
      "2.weight",
      "2.bias",
    ]);
    const values = unpackTensors(run.result.weights);
    const state_dict = Object.fromEntries(
      run.result.model.weights.map(({ name, shape }) => [name, { shape, data: [...(values.get(name) ?? [])] }]),
    );
    const counted = { ...state_dict, "0.layers.0.num_batches_tracked": { shape: [], data: [2] } };
    const again = train(spec(layers, { optimizer: { type: "sgd", lr: 0 }, init_from: { state_dict: counted } }));
    if (again.result.state !== "succeeded") throw new Error(JSON.stringify(again.result));
    const ended = unpackTensors(again.result.weights);
    expect(ended.get("2.weight")).toEqual(values.get("2.weight"));
    expect(ended.get("0.layers.0.running_mean")).not.toEqual(values.get("0.layers.0.running_mean"));
    const { "0.layers.0.running_var": _, ...incomplete } = state_dict;
    expect(errorsOf(layers, { init_from: { state_dict: incomplete } })).toEqual({
      "/init_from/state_dict/0.layers.0.running_var": expect.stringContaining("is missing"),
    });
  });

  it("draw dropout within a residual anew for every step", () => {
    const { series } = train(spec(layers, { optimizer: { type: "sgd", lr: 0 }, epochs: 4 }));
    expect(new Set(series.loss).size).toBe(4);
  });
});

describe("an ensemble", () => {
  const members = [
    { weight: 0.6, layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "dropout", p: 0.1 }, { type: "linear" }] },
    { weight: 0.4, layers: [{ type: "linear" }] },
  ];

  it("trains its members together", () => {
    const run = train(spec([{ type: "ensemble", members }], { epochs: 200, optimizer: { type: "adam", lr: 0.1 } }));
    if (run.result.state !== "succeeded") throw new Error(JSON.stringify(run.result));
    expect(run.series.loss?.at(-1)).toBeLessThan(0.7 * (run.series.loss?.[0] as number));
    expect(run.result.model.weights.map(({ name }) => name)).toEqual([
      "0.members.0.0.weight",
      "0.members.0.0.bias",
      "0.members.0.3.weight",
      "0.members.0.3.bias",
      "0.members.1.0.weight",
      "0.members.1.0.bias",
    ]);
  });
});
