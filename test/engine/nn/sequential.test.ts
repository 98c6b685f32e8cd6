import { describe, expect, test } from "vitest";
import {
  createRandom,
  graph as g,
  interpret,
  type LayerSpec,
  nn,
  sequential,
  streamKey,
  type Tensor,
} from "../../../src/engine/index.ts";

/** The output of a network over rows, with parameters by name. */
function outputOf(layers: readonly LayerSpec[], rows: number[][], parameters: Record<string, number[]> = {}): number[] {
  const width = (rows[0] as number[]).length;
  const network = sequential(layers, [width]);
  const shapes = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  const lookUp = (name: string) => g.constant(parameters[name] as number[], shapes.get(name));
  const output = network.forward(g.constant(rows.flat(), [rows.length, width]), lookUp, { training: false });
  return [...(interpret({ main: { outputs: { output } } }).step("main").output as Float64Array)];
}

describe("sequential", () => {
  test("names and shapes parameters as PyTorch's nn.Sequential does", () => {
    const network = sequential(
      [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear", units: 3, bias: false }, { type: "log_softmax" }],
      [2],
    );
    expect(network.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ["0.weight", [4, 2]],
      ["0.bias", [4]],
      ["2.weight", [3, 4]],
    ]);
    expect(network.layers).toEqual([
      { type: "linear", outputShape: [4], parameterCount: 12, multiplyAdds: 12 },
      { type: "relu", outputShape: [4], parameterCount: 0, multiplyAdds: 0 },
      { type: "linear", outputShape: [3], parameterCount: 12, multiplyAdds: 12 },
      { type: "log_softmax", outputShape: [3], parameterCount: 0, multiplyAdds: 0 },
    ]);
    expect(network.outputShape).toEqual([3]);
  });

  test("computes x Wᵀ + b and what follows", () => {
    const parameters = { "0.weight": [1, 2, -3, 1], "0.bias": [0.5, -0.5], "2.weight": [2, -1], "2.bias": [10] };
    const layers: LayerSpec[] = [{ type: "linear", units: 2 }, { type: "relu" }, { type: "linear", units: 1 }];
    // First row: [1 + 2 + 0.5, -3 + 1 - 0.5] = [3.5, -2.5], so 2 · 3.5 + 10; second: [-0.5, 2.5], so -2.5 + 10.
    expect(
      outputOf(
        layers,
        [
          [1, 1],
          [-1, 0],
        ],
        parameters,
      ),
    ).toEqual([17, 7.5]);
  });

  test("has every activation layer by name", () => {
    const plain = ["relu", "leaky_relu", "sigmoid", "tanh", "gelu", "silu", "softplus", "softmax", "log_softmax"] as const;
    const x = [[-1, 0.5, 2]];
    const input = g.constant(x.flat(), [1, 3]);
    const expected: Record<(typeof plain)[number], Tensor> = {
      relu: nn.relu(input),
      leaky_relu: nn.leakyRelu(input, 0.01),
      sigmoid: nn.sigmoid(input),
      tanh: nn.tanh(input),
      gelu: nn.gelu(input, "none"),
      silu: nn.silu(input),
      softplus: nn.softplus(input, 1, 20),
      softmax: nn.softmax(input, 1),
      log_softmax: nn.logSoftmax(input, 1),
    };
    for (const type of plain) {
      const { output } = interpret({ main: { outputs: { output: expected[type] } } }).step("main");
      expect(outputOf([{ type }], x)).toEqual([...(output as Float64Array)]);
    }
    expect(outputOf([{ type: "leaky_relu", negative_slope: 0.5 }], x)[0]).toBe(-0.5);
    expect(outputOf([{ type: "gelu", approximate: "tanh" }], x)).not.toEqual(outputOf([{ type: "gelu" }], x));
    expect(outputOf([{ type: "softplus", beta: 2, threshold: 0.5 }], x)[1]).toBe(0.5);
  });

  test("starts a linear layer as PyTorch does: weight and bias uniform over ±1/√fan_in", () => {
    const [weight, bias] = sequential([{ type: "linear", units: 500 }], [100]).parameters;
    for (const parameter of [weight, bias]) {
      const values = [...(parameter?.initialise(createRandom(streamKey(1, parameter.name))) ?? [])];
      const largest = Math.max(...values.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(0.1);
      expect(largest).toBeGreaterThan(0.098);
    }
  });

  test("starts weights and biases as told", () => {
    const init = { weight: { type: "constant", value: 2 }, bias: "ones" } as const;
    const { parameters } = sequential([{ type: "linear", units: 2, init }], [1]);
    expect(parameters.map(({ initialise }) => [...initialise(createRandom([0, 0]))])).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  test("names the layer that does not fit", () => {
    expect(() => sequential([{ type: "relu" }, { type: "linear" }], [2])).toThrow(/layer 1 \(linear\): .*units/);
    expect(() => sequential([{ type: "linear", units: 0 }], [2])).toThrow(/layer 0/);
    expect(() => sequential([{ type: "linear", units: 2, init: { bias: "xavier_normal" } }], [2])).toThrow(
      /layer 0 .*two axes/,
    );
    expect(() => sequential([{ type: "softmax" }], [])).toThrow(/layer 0 \(softmax\)/);
    const network = sequential([{ type: "relu" }], [3]);
    expect(() => network.forward(g.input("x", [5, 2]), () => g.constant(0), { training: false })).toThrow(/\[batch, 3\]/);
  });
});

describe("dropout", () => {
  const run = (p: number, training: boolean, uniforms: readonly number[]) => {
    const network = sequential([{ type: "dropout", p }], [uniforms.length]);
    const drawn: [string, readonly number[]][] = [];
    const uniform = (layer: string, shape: readonly number[]) => {
      drawn.push([layer, shape]);
      return g.constant(uniforms, shape);
    };
    const x = g.constant(new Array<number>(uniforms.length).fill(3), [1, uniforms.length]);
    const output = network.forward(x, () => x, { training, uniform });
    return { drawn, values: [...(interpret({ main: { outputs: { output } } }).step("main").output as Float64Array)] };
  };

  test("drops where the number is below p and scales what stays by 1/(1 - p)", () => {
    const { drawn, values } = run(0.25, true, [0, 0.2499, 0.25, 0.9]);
    expect(values).toEqual([0, 0, 4, 4]);
    expect(drawn).toEqual([["0", [1, 4]]]);
  });

  test("does nothing in evaluation or at p 0, and everything at p 1", () => {
    expect(run(0.5, false, [0, 0])).toEqual({ drawn: [], values: [3, 3] });
    expect(run(0, true, [0, 0])).toEqual({ drawn: [], values: [3, 3] });
    expect(run(1, true, [0, 0.999])).toMatchObject({ values: [0, 0] });
  });

  test("needs random numbers in training", () => {
    const network = sequential([{ type: "dropout" }], [2]);
    expect(() => network.forward(g.input("x", [1, 2]), () => g.constant(0), { training: true })).toThrow(/layer 0 .*random/);
  });
});
