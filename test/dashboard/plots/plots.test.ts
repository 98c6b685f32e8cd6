import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stagesOf } from "../../../src/dashboard/model-view/layer-shapes.ts";
import { readSafetensors } from "../../../src/dashboard/model-view/safetensors.ts";
import { contourOf } from "../../../src/dashboard/plots/contour.ts";
import { distributionOf } from "../../../src/dashboard/plots/distribution.ts";
import { fieldOf, gridRows, sample, sharesAt } from "../../../src/dashboard/plots/field.ts";
import { domainOf, shareOf, tickLabel, ticksOf, valueAt } from "../../../src/dashboard/plots/scale.ts";
import { networkLayers } from "../../../src/domain/spec/layers.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { sequential } from "../../../src/engine/index.ts";
import { encodeSafetensors } from "../../../src/formats/safetensors/safetensors.ts";

const SIZE = 24;
const planeOf = (value: (x: number, y: number) => number) =>
  Float64Array.from({ length: SIZE * SIZE }, (_, at) => value(at % SIZE, Math.floor(at / SIZE)));

describe("a contour", () => {
  it("of a plane that rises one way is a straight line across it", () => {
    const segments = contourOf(
      planeOf((x) => x),
      SIZE,
      10.25,
    );
    expect(segments).toHaveLength(SIZE - 1);
    for (const [x0, , x1] of segments) expect([x0, x1]).toEqual([10.25, 10.25]);
  });

  it("of a cone is a circle, closed, as long as it should be", () => {
    const [middle, radius] = [(SIZE - 1) / 2, 8];
    const segments = contourOf(
      planeOf((x, y) => Math.hypot(x - middle, y - middle)),
      SIZE,
      radius,
    );
    const length = segments.reduce((total, [x0, y0, x1, y1]) => total + Math.hypot(x1 - x0, y1 - y0), 0);
    expect(length / (2 * Math.PI * radius)).toBeCloseTo(1, 2);
    const ends = new Map<string, number>();
    for (const [x0, y0, x1, y1] of segments)
      for (const end of [`${x0.toFixed(9)} ${y0.toFixed(9)}`, `${x1.toFixed(9)} ${y1.toFixed(9)}`])
        ends.set(end, (ends.get(end) ?? 0) + 1);
    expect(new Set(ends.values())).toEqual(new Set([2]));
  });

  it("lies between values below and above it, wherever they are", () => {
    const plane = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(plane, (values) => {
        const own = Float64Array.from(values);
        for (const [x0, y0, x1, y1] of contourOf(own, 3, 0.05)) {
          // Ends lie on edges of cells, where interpolation is linear: there the plane has the level.
          expect(sample(own, 3, x0, y0)).toBeCloseTo(0.05, 6);
          expect(sample(own, 3, x1, y1)).toBeCloseTo(0.05, 6);
        }
      }),
    );
  });
});

describe("a field", () => {
  const axis = (index: number, max: number) => ({ name: String(index), index, domain: { min: 0, max } });

  it("asks for every place of a grid, and leaves the other features at their middle", () => {
    const rows = gridRows([7, 8, "blue"], axis(1, 10), axis(0, 1), 3);
    expect(rows).toHaveLength(9);
    expect([rows[0], rows[2], rows[6]]).toEqual([
      [0, 0, "blue"],
      [0, 10, "blue"],
      [1, 0, "blue"],
    ]);
  });

  it("has probabilities that add up to one between its places too", () => {
    const answers = Array.from({ length: 4 }, (_, at) => {
      const p = [0.999999, 0.2, 0.5, 0][at] as number;
      return { label: "a", probability: p, probabilities: { a: p, b: 1 - p } };
    });
    const field = fieldOf(answers, ["a", "b"], 2, 0);
    if (field?.kind !== "classes") throw new Error("no classes");
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (u, v) => {
        const [a = 0, b = 0] = sharesAt(field, u, v);
        expect(a + b).toBeCloseTo(1, 12);
      }),
    );
    expect(sharesAt(field, 1, 0)[0]).toBeCloseTo(0.2, 6);
  });
});

describe("a scale", () => {
  const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true, noDefaultInfinity: true });

  it("has its values within its domain, and finds each again by its share", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        const domain = domainOf(values, 0.1);
        expect(domain.max).toBeGreaterThan(domain.min);
        for (const value of values) {
          const share = shareOf(domain, value);
          expect(share >= 0 && share <= 1).toBe(true);
          expect(Math.abs(valueAt(domain, share) - value)).toBeLessThanOrEqual(1e-9 * (domain.max - domain.min));
        }
      }),
      { examples: [[[-5e-324]], [[0]], [[0, 5e-324]]] },
    );
  });

  it("has round ticks", () => {
    expect(ticksOf({ min: -0.13, max: 1.07 }, 6)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf({ min: 12_000, max: 58_000 }, 4)).toEqual([20_000, 40_000]);
    expect([0.1 + 0.2, -2, 1e-7].map(tickLabel)).toEqual(["0.3", "−2", "1e−7"]);
  });
});

describe("the weights in the page", () => {
  it("are those that the server wrote", () => {
    const set = packTensors([
      { name: "0.weight", shape: [2, 3], values: [1, 2, 3, 4, 5, 6.5] },
      { name: "0.bias", shape: [2], values: [-1, 0.25] },
    ]);
    const chunks = [...encodeSafetensors(set, { format: "pt", odd: "x" }).pieces];
    const bytes = Buffer.concat(chunks);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const tensors = readSafetensors(buffer).map(({ values, ...rest }) => ({ ...rest, values: [...values] }));
    expect(tensors).toEqual([
      { name: "0.weight", shape: [2, 3], values: [1, 2, 3, 4, 5, 6.5] },
      { name: "0.bias", shape: [2], values: [-1, 0.25] },
    ]);
  });

  it("are counted into bins that hold each of them once", () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, noNaN: true, noDefaultInfinity: true }), (values) => {
        const { counts, min, max } = distributionOf(values);
        expect(counts.reduce((total, count) => total + count, 0)).toBe(values.length);
        expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });
});

describe("the stages of a network", () => {
  it("have PyTorch's shapes and counts, activations with the layer before them", () => {
    const stages = stagesOf(
      [
        { type: "reshape", shape: [1, 8, 8] },
        { type: "conv2d", out_channels: 6, kernel_size: 3, stride: 1, padding: 1, bias: true },
        { type: "relu" },
        { type: "max_pool", kernel_size: 2, stride: null },
        { type: "flatten" },
        { type: "linear", units: 10, bias: true },
      ],
      64,
      null,
    );
    expect(stages.map(({ shape, parameters }) => [shape, parameters])).toEqual([
      [[64], 0],
      [[1, 8, 8], 0],
      [[6, 8, 8], 60],
      [[6, 4, 4], 0],
      [[96], 0],
      [[10], 970],
    ]);
    expect(stages[2]).toMatchObject({ title: "conv2d 6, 3", after: ["relu"] });
  });

  it.each<[string, readonly object[], readonly string[]]>([
    [
      "embeddings",
      [
        { type: "select", features: [0, 2] },
        { type: "periodic", frequencies: 3 },
        { type: "per_feature_linear", units: 5 },
        { type: "flatten" },
      ],
      ["select 2", "periodic 3", "per_feature_linear 5", "flatten"],
    ],
    [
      "batch ensembles",
      [
        { type: "batch_ensemble_linear", members: 4, units: 6 },
        { type: "batch_ensemble_linear", members: 4, units: 2, bias: false },
        { type: "mean_members" },
      ],
      ["batch_ensemble_linear 4, 6", "batch_ensemble_linear 4, 2", "mean_members"],
    ],
    [
      "ensembles",
      [
        {
          type: "ensemble",
          members: [
            {
              layers: [
                { type: "residual", layers: [{ type: "linear", units: 8 }] },
                { type: "linear", units: 2 },
              ],
            },
            { layers: [{ type: "linear", units: 5 }, { type: "batch_norm" }, { type: "linear", units: 2 }] },
          ],
        },
        { type: "linear", units: 3 },
      ],
      ["ensemble of 2", "linear 3"],
    ],
  ])("are those of the engine: %s", (_, described, titles) => {
    const layers = networkLayers.parse(described);
    const stages = stagesOf(layers, 8, null).slice(1);
    const { layers: own } = sequential(layers, [8]);
    expect(stages.map(({ title }) => title)).toEqual(titles);
    expect(stages.map(({ shape, parameters }) => [shape, parameters])).toEqual(
      own.map(({ outputShape, parameterCount }) => [outputShape, parameterCount]),
    );
  });
});
