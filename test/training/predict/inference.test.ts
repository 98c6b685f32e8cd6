import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Layer } from "../../../src/domain/spec/layers.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { architectureNetwork, BLOCK, createInference, SMALL_BLOCK } from "../../../src/training/predict/inference.ts";

const linear = (units: number): Layer => ({ type: "linear", units, bias: true });

function inferences(layers: readonly Layer[], inputWidth: number) {
  const architecture = { layers, preprocessing: null, inputWidth, outputWidth: 1, activation: "none" as const };
  const network = architectureNetwork(architecture);
  const outputWidth = layers.reduce((width, layer) => (layer.type === "linear" ? (layer.units ?? 1) : width), inputWidth);
  let seed = 0;
  const weights = packTensors(
    network.tensors.map(({ name, shape }) => ({
      name,
      shape: [...shape],
      values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.1 + Math.abs(Math.sin(++seed * 12.9898))),
    })),
  );
  const open = (sizes: readonly number[]) => createInference({ ...architecture, outputWidth }, weights, sizes);
  return { small: open([SMALL_BLOCK]), large: open([BLOCK]), both: open([SMALL_BLOCK, BLOCK]) };
}

function expectSameBits(layers: readonly Layer[], inputWidth: number): void {
  const { small, large, both } = inferences(layers, inputWidth);
  const rows = 300;
  const features = Float32Array.from({ length: rows * inputWidth }, (_, index) => Math.sin(index * 78.233) * 3);
  const expected = large.outputs(features, rows);
  expect(small.outputs(features, rows)).toEqual(expected);
  expect(both.outputs(features, rows)).toEqual(expected);
  const width = expected.length / rows;
  for (const row of [0, 7, 299]) {
    const alone = both.outputs(features.slice(row * inputWidth, (row + 1) * inputWidth), 1);
    expect(alone).toEqual(expected.slice(row * width, (row + 1) * width));
  }
}

describe("a row", () => {
  it("gives the same bits alone as among others, whatever the widths", () => {
    const width = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(width, fc.array(width, { minLength: 1, maxLength: 3 }), (inputs, units) => {
        expectSameBits(
          units.flatMap((each): Layer[] => [linear(each), { type: "tanh" }]),
          inputs,
        );
      }),
      { numRuns: 25 },
    );
  });

  it("also with normalisation and wide layers", () => {
    expectSameBits(
      [linear(128), { type: "batch_norm", eps: 1e-5, momentum: 0.1, affine: true }, { type: "relu" }, linear(10)],
      64,
    );
    expectSameBits([linear(512), { type: "tanh" }, linear(4)], 300);
  });
});
