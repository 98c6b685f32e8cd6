import { describe, expect, it } from "vitest";
import { networkLayers } from "../../../src/domain/spec/layers.ts";
import { fieldErrors } from "../../../src/domain/spec/spec-errors.ts";

function errorsOf(layers: object[]): Record<string, string> {
  const parsed = networkLayers.safeParse(layers);
  return parsed.success ? {} : Object.fromEntries(fieldErrors(parsed.error).map(({ pointer, detail }) => [pointer, detail]));
}

describe("layers in a spec", () => {
  it("have PyTorch's defaults", () => {
    expect(
      networkLayers.parse([
        { type: "batch_norm" },
        { type: "layer_norm" },
        { type: "conv2d", out_channels: 2, kernel_size: [3, 1] },
        { type: "max_pool", kernel_size: 2 },
        { type: "hardtanh" },
        { type: "elu" },
        { type: "periodic" },
        { type: "batch_ensemble_linear" },
      ]),
    ).toEqual([
      { type: "batch_norm", eps: 1e-5, momentum: 0.1, affine: true },
      { type: "layer_norm", eps: 1e-5, elementwise_affine: true },
      { type: "conv2d", out_channels: 2, kernel_size: [3, 1], stride: 1, padding: 0, bias: true },
      { type: "max_pool", kernel_size: 2, stride: null },
      { type: "hardtanh", min_val: -1, max_val: 1 },
      { type: "elu", alpha: 1 },
      { type: "periodic", frequencies: 48, sigma: 0.01 },
      { type: "batch_ensemble_linear", members: 32, bias: true },
    ]);
  });

  it.each<[string, object, string, RegExp]>([
    ["of no known type", { type: "lstm" }, "/0/type", /"residual"/],
    ["with a field that is not theirs", { type: "flatten", units: 2 }, "/0/units", /not a field/],
    ["with bounds the wrong way round", { type: "hardtanh", min_val: 1, max_val: 1 }, "/0/min_val", /less than max_val/],
    ["with too large a window", { type: "max_pool", kernel_size: 17 }, "/0/kernel_size", /16/],
    [
      "residual within residual",
      { type: "residual", layers: [{ type: "residual", layers: [{ type: "relu" }] }] },
      "/0/layers/0/type",
      /one of/,
    ],
    [
      "ensemble within ensemble",
      { type: "ensemble", members: [{ layers: [{ type: "ensemble", members: [] }] }] },
      "/0/members/0/layers/0/type",
      /one of/,
    ],
    [
      "of an infinite weight",
      { type: "ensemble", members: [{ weight: 1e39, layers: [{ type: "relu" }] }] },
      "/0/members/0/weight",
      /float32/,
    ],
    [
      "wrong within residual",
      { type: "residual", layers: [{ type: "relu" }, { type: "dropout", p: 2 }] },
      "/0/layers/1/p",
      /1/,
    ],
  ])("are refused where they are wrong: %s", (_, layer, pointer, detail) => {
    expect(errorsOf([layer])).toEqual({ [pointer]: expect.stringMatching(detail) });
  });

  it("are bounded together", () => {
    const block = { type: "residual", layers: new Array(60).fill({ type: "relu" }) };
    expect(errorsOf([block])).toEqual({});
    expect(errorsOf([block, block])).toEqual({ "": expect.stringContaining("122 layers") });
    const ensemble = (members: number, layers: number) => ({
      type: "ensemble",
      members: new Array(members).fill({ layers: new Array(layers).fill({ type: "relu" }) }),
    });
    expect(errorsOf([ensemble(64, 8)])).toEqual({});
    expect(errorsOf([block, ensemble(86, 6)])).toEqual({ "": expect.stringContaining("516 layers in the members") });
    expect(errorsOf([ensemble(257, 1)])).toEqual({ "/0/members": expect.stringContaining("256") });
    expect(errorsOf([ensemble(0, 1)])).toEqual({ "/0/members": expect.any(String) });
    const large = { type: "conv2d", out_channels: 1, kernel_size: 16 };
    expect(errorsOf([large, large])).toEqual({});
    expect(errorsOf([large, large, { type: "conv1d", out_channels: 1, kernel_size: 3 }])).toEqual({
      "": expect.stringContaining("515 places"),
    });
  });
});
