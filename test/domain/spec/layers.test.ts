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
      ]),
    ).toEqual([
      { type: "batch_norm", eps: 1e-5, momentum: 0.1, affine: true },
      { type: "layer_norm", eps: 1e-5, elementwise_affine: true },
      { type: "conv2d", out_channels: 2, kernel_size: [3, 1], stride: 1, padding: 0, bias: true },
      { type: "max_pool", kernel_size: 2, stride: null },
      { type: "hardtanh", min_val: -1, max_val: 1 },
      { type: "elu", alpha: 1 },
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
    const large = { type: "conv2d", out_channels: 1, kernel_size: 16 };
    expect(errorsOf([large, large])).toEqual({});
    expect(errorsOf([large, large, { type: "conv1d", out_channels: 1, kernel_size: 3 }])).toEqual({
      "": expect.stringContaining("515 places"),
    });
  });
});
