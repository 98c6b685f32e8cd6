import { describe, expect, test } from "vitest";
import { createRandom, nn, streamKey } from "../../../src/engine/index.ts";

const random = (name: string) => createRandom(streamKey(11, name));

/** Mean, standard deviation and largest magnitude of 40,000 draws for a weight [200, 200], or as asked. */
function momentsOf(spec: nn.InitialiserSpec, shape = [200, 200]) {
  const values = [...nn.initialiser(spec, shape, "zeros")(random(JSON.stringify(spec)))];
  expect(values.length).toBe(shape.reduce((product, size) => product * size, 1));
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance), largest: Math.max(...values.map(Math.abs)) };
}

describe("initialisers", () => {
  test("gains are those of torch.nn.init.calculate_gain", () => {
    expect(nn.calculateGain("linear")).toBe(1);
    expect(nn.calculateGain("sigmoid")).toBe(1);
    expect(nn.calculateGain("tanh")).toBe(5 / 3);
    expect(nn.calculateGain("relu")).toBe(Math.sqrt(2));
    expect(nn.calculateGain("leaky_relu")).toBeCloseTo(Math.sqrt(2 / 1.0001), 14);
    expect(nn.calculateGain("leaky_relu", 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04), 14);
    expect(nn.calculateGain("selu")).toBe(0.75);
  });

  const shape = [100, 400];
  const deviations: readonly [nn.InitialiserSpec, number][] = [
    ["kaiming_normal", Math.sqrt(2 / 400)],
    ["kaiming_uniform", Math.sqrt(2 / 400)],
    [{ type: "kaiming_normal", mode: "fan_out" }, Math.sqrt(2 / 100)],
    [{ type: "kaiming_uniform", nonlinearity: "tanh" }, 5 / 3 / Math.sqrt(400)],
    [{ type: "kaiming_normal", nonlinearity: "leaky_relu", a: Math.sqrt(5) }, Math.sqrt(1 / 3 / 400)],
    ["xavier_normal", Math.sqrt(2 / 500)],
    [{ type: "xavier_uniform", gain: 3 }, 3 * Math.sqrt(2 / 500)],
    ["normal", 1],
    [{ type: "normal", std: 0.02 }, 0.02],
    [{ type: "uniform", a: -2, b: 2 }, 4 / Math.sqrt(12)],
  ];
  for (const [spec, expected] of deviations)
    test(`${JSON.stringify(spec)} has mean 0 and the standard deviation of its formula`, () => {
      const { mean, std } = momentsOf(spec, shape);
      expect(Math.abs(std / expected - 1)).toBeLessThan(0.015);
      expect(Math.abs(mean)).toBeLessThan((4 * expected) / Math.sqrt(40_000));
    });

  test("uniform ones stay within their bound and come close to it", () => {
    const bounds: readonly [nn.InitialiserSpec, number][] = [
      ["kaiming_uniform", Math.sqrt(6 / 200)],
      ["xavier_uniform", Math.sqrt(6 / 400)],
      [{ type: "uniform", a: -0.5, b: 0.5 }, 0.5],
    ];
    for (const [spec, bound] of bounds) {
      const { largest } = momentsOf(spec);
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.998 * bound);
    }
  });

  test("constants fill, and draws shift by their mean", () => {
    expect([...nn.initialiser("zeros", [3], "ones")(random("x"))]).toEqual([0, 0, 0]);
    expect([...nn.initialiser("ones", [3], "zeros")(random("x"))]).toEqual([1, 1, 1]);
    expect([...nn.initialiser({ type: "constant", value: 0.25 }, [2], "zeros")(random("x"))]).toEqual([0.25, 0.25]);
    expect(momentsOf({ type: "normal", mean: 5, std: 0.1 }).mean).toBeCloseTo(5, 2);
  });

  test("convolution kernels count their positions into the fans", () => {
    const { std } = momentsOf("kaiming_normal", [64, 32, 3, 3]);
    expect(Math.abs(std / Math.sqrt(2 / (32 * 9)) - 1)).toBeLessThan(0.02);
  });

  test("the default is the layer's own, and a bias has no fans", () => {
    expect([...nn.initialiser("default", [2], "ones")(random("x"))]).toEqual([1, 1]);
    expect([...nn.initialiser(undefined, [2], "ones")(random("x"))]).toEqual([1, 1]);
    expect(() => nn.initialiser("kaiming_normal", [5], "zeros")).toThrow(/two axes/);
    expect(() => nn.initialiser("xavier_uniform", [5], "zeros")).toThrow(/two axes/);
  });

  test("the same stream gives the same weights, another stream others", () => {
    const draw = (name: string) => [...nn.initialiser("normal", [4, 4], "zeros")(random(name))];
    expect(draw("init/0.weight")).toEqual(draw("init/0.weight"));
    expect(draw("init/0.weight")).not.toEqual(draw("init/1.weight"));
  });
});
