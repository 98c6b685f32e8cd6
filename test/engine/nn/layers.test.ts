import { describe, expect, test } from "vitest";
import {
  createRandom,
  graph as g,
  interpret,
  LayerError,
  type LayerSpec,
  nn,
  sequential,
  streamKey,
  type Tensor,
} from "../../../src/engine/index.ts";

type Values = Record<string, readonly number[]>;

/** The output of layers over a batch of shape [n, ...], in either mode, and what the buffers become. */
function run(
  layers: readonly LayerSpec[],
  shape: readonly number[],
  x: readonly number[],
  values: Values = {},
  training = false,
) {
  const network = sequential(layers, shape.slice(1));
  const tensors = new Map(network.tensors.map((tensor) => [tensor.name, tensor]));
  const lookUp = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`no tensor ${name}`);
    return g.constant(values[name] ?? tensor.initialise(createRandom(streamKey(1, name))), tensor.shape);
  };
  const updates: Record<string, Tensor> = {};
  const output = network.forward(g.constant(x, shape), lookUp, {
    training,
    update: (name, next) => {
      updates[name] = next;
    },
  });
  const result = interpret({ main: { outputs: { output, ...updates } } }).step("main");
  const list = (value: unknown) => (typeof value === "number" ? [value] : [...(value as Float64Array)]);
  return {
    shape: output.shape,
    output: list(result.output),
    updates: Object.fromEntries(Object.keys(updates).map((name) => [name, list(result[name])])),
  };
}

const near = (actual: readonly number[] | undefined, expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    expect(actual?.[index]).toBeCloseTo(value, 12);
  });
};

describe("activation layers", () => {
  test("have PyTorch's options and defaults", () => {
    const x = [-2, -0.5, 0.25, 3];
    const input = g.constant(x, [1, 4]);
    const cases: [LayerSpec, Tensor][] = [
      [{ type: "elu" }, nn.elu(input, 1)],
      [{ type: "elu", alpha: 0.5 }, nn.elu(input, 0.5)],
      [{ type: "selu" }, nn.selu(input)],
      [{ type: "mish" }, nn.mish(input)],
      [{ type: "logsigmoid" }, nn.logsigmoid(input)],
      [{ type: "hardtanh" }, nn.hardtanh(input, -1, 1)],
      [{ type: "hardtanh", min_val: 0, max_val: 0.5 }, nn.hardtanh(input, 0, 0.5)],
    ];
    for (const [spec, expected] of cases) {
      const { output } = interpret({ main: { outputs: { output: expected } } }).step("main");
      expect(run([spec], [1, 4], x).output, JSON.stringify(spec)).toEqual([...(output as Float64Array)]);
    }
  });
});

describe("batch_norm", () => {
  const x = [1, 10, 3, 30];

  test("normalises by the batch in training and moves its running statistics, the variance unbiased", () => {
    const { output, updates } = run([{ type: "batch_norm", eps: 0 }], [2, 2], x, {}, true);
    near(output, [-1, -1, 1, 1]);
    // Means 2 and 20 and variances 2 and 200, a tenth of each, from 0 and 1.
    near(updates["0.running_mean"], [0.2, 2]);
    near(updates["0.running_var"], [0.9 + 0.2, 0.9 + 20]);
  });

  test("normalises by its running statistics in evaluation, and leaves them", () => {
    const values = { "0.running_mean": [1, 10], "0.running_var": [4, 100], "0.weight": [2, 1], "0.bias": [0.5, 0] };
    const { output, updates } = run([{ type: "batch_norm", eps: 0 }], [2, 2], x, values);
    near(output, [0.5, 0, 2.5, 2]);
    expect(updates).toEqual({});
  });

  test("takes channels of sequences and images, and momentum and affine as told", () => {
    const spec: LayerSpec = { type: "batch_norm", eps: 0, momentum: 1, affine: false };
    const { shape, updates } = run([spec], [1, 2, 1, 2], x, {}, true);
    expect(shape).toEqual([1, 2, 1, 2]);
    near(updates["0.running_mean"], [5.5, 16.5]);
    near(updates["0.running_var"], [40.5, 364.5]);
    expect(sequential([spec], [2]).tensors.map(({ name }) => name)).toEqual(["0.running_mean", "0.running_var"]);
  });

  test("has buffers that are no parameters, in the order of the state_dict", () => {
    const network = sequential([{ type: "batch_norm" }, { type: "linear", units: 1 }], [3]);
    expect(network.tensors.map(({ name }) => name)).toEqual([
      "0.weight",
      "0.bias",
      "0.running_mean",
      "0.running_var",
      "1.weight",
      "1.bias",
    ]);
    expect(network.parameters.map(({ name }) => name)).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
    expect(network.buffers.map(({ name }) => name)).toEqual(["0.running_mean", "0.running_var"]);
    expect(network.layers.map(({ parameterCount }) => parameterCount)).toEqual([6, 4]);
  });

  test("refuses to train on one value a channel", () => {
    expect(() => run([{ type: "batch_norm" }], [1, 2], [1, 2], {}, true)).toThrow(
      /layer 0 \(batch_norm\): .*more than one row/,
    );
    expect(() => run([{ type: "batch_norm" }], [1, 2], [1, 2])).not.toThrow();
  });
});

describe("layer_norm", () => {
  test("normalises each row by itself", () => {
    near(run([{ type: "layer_norm", eps: 0 }], [2, 2], [1, 3, 10, 30]).output, [-1, 1, -1, 1]);
    expect(sequential([{ type: "layer_norm", elementwise_affine: false }], [3]).tensors).toEqual([]);
  });
});

describe("embedding", () => {
  const table = { "0.weight": [1, 2, 3, 4, 5, 6] };

  test("looks numbers up in its table, and finds zeros for any that has no place there", () => {
    const { shape, output } = run(
      [{ type: "embedding", num_embeddings: 3, embedding_dim: 2 }],
      [2, 3],
      [0, 2, 1, 3, -1, 0.5],
      table,
    );
    expect(shape).toEqual([2, 3, 2]);
    expect(output).toEqual([1, 2, 5, 6, 3, 4, 0, 0, 0, 0, 0, 0]);
  });
});

describe("convolutions and pools", () => {
  test("know the shape that they give", () => {
    const shapes = (layers: LayerSpec[], shape: number[]) =>
      sequential(layers, shape).layers.map(({ outputShape }) => outputShape);
    expect(
      shapes([{ type: "conv2d", out_channels: 4, kernel_size: [3, 2], stride: [2, 1], padding: [1, 0] }], [3, 8, 8]),
    ).toEqual([[4, 4, 7]]);
    expect(
      shapes(
        [
          { type: "conv1d", out_channels: 4, kernel_size: 3, stride: 2 },
          { type: "max_pool", kernel_size: 2 },
        ],
        [2, 12],
      ),
    ).toEqual([
      [4, 5],
      [4, 2],
    ]);
    expect(
      shapes(
        [{ type: "reshape", shape: [1, 4, 4] }, { type: "avg_pool", kernel_size: 3, stride: 1 }, { type: "flatten" }],
        [16],
      ),
    ).toEqual([[1, 4, 4], [1, 2, 2], [4]]);
  });

  test("pool sequences and images", () => {
    const x = [4, 1, 2, 3, 8, 6];
    expect(run([{ type: "max_pool", kernel_size: 2 }], [1, 1, 6], x)).toMatchObject({ shape: [1, 1, 3], output: [4, 3, 8] });
    expect(run([{ type: "avg_pool", kernel_size: 2, stride: 3 }], [1, 1, 6], x).output).toEqual([2.5, 5.5]);
    expect(run([{ type: "max_pool", kernel_size: [2, 1] }], [1, 1, 2, 3], x).output).toEqual([4, 8, 6]);
  });

  test("start as PyTorch does: uniform over ±1/√fan_in", () => {
    const [weight, bias] = sequential([{ type: "conv2d", out_channels: 50, kernel_size: 5 }], [4, 8, 8]).parameters;
    for (const parameter of [weight, bias]) {
      const largest = Math.max(...(parameter?.initialise(createRandom(streamKey(1, parameter.name))) ?? []).map(Math.abs));
      expect(largest).toBeLessThanOrEqual(0.1);
      expect(largest).toBeGreaterThan(0.09);
    }
  });
});

describe("residual", () => {
  test("adds what its layers give, with names of its own", () => {
    const layers: LayerSpec[] = [
      { type: "relu" },
      { type: "residual", layers: [{ type: "linear", units: 2, bias: false }, { type: "relu" }] },
    ];
    expect(sequential(layers, [2]).tensors.map(({ name }) => name)).toEqual(["1.layers.0.weight"]);
    expect(run(layers, [1, 2], [1, 2], { "1.layers.0.weight": [1, 1, 1, -1] }).output).toEqual([4, 2]);
  });

  test("draws for the layers within it at their places", () => {
    const network = sequential(
      [{ type: "dropout" }, { type: "dropout", p: 0 }, { type: "residual", layers: [{ type: "relu" }, { type: "dropout" }] }],
      [2],
    );
    expect(network.draws).toEqual(["0", "2.layers.1"]);
    const asked: string[] = [];
    const uniform = (layer: string, shape: readonly number[]) => {
      asked.push(layer);
      return g.constant([0.9, 0.9], shape);
    };
    network.forward(g.constant([1, 2], [1, 2]), () => g.constant(0), { training: true, uniform });
    expect(asked).toEqual(network.draws);
  });

  test("names the layer within it that does not fit", () => {
    const build = () =>
      sequential([{ type: "relu" }, { type: "residual", layers: [{ type: "conv1d", out_channels: 1, kernel_size: 1 }] }], [2]);
    expect(build).toThrow(LayerError);
    try {
      build();
    } catch (error) {
      expect((error as LayerError).path).toEqual([1, "layers", 0]);
      expect((error as LayerError).detail).toBe("conv1d takes [channels, length], not [2]: put a reshape before it");
      expect((error as LayerError).message).toContain("layer 1 (residual): layer 0 (conv1d): ");
    }
  });
});

describe("select", () => {
  test("keeps the named features, in their order", () => {
    const x = [0, 1, 2, 3, 4, 10, 11, 12, 13, 14];
    const of = (...features: number[]) => run([{ type: "select", features }], [2, 5], x).output;
    expect(of(1, 2, 3)).toEqual([1, 2, 3, 11, 12, 13]);
    expect(of(0, 2, 4)).toEqual([0, 2, 4, 10, 12, 14]);
    expect(of(3)).toEqual([3, 13]);
    expect(of(4, 0, 3)).toEqual([4, 0, 3, 14, 10, 13]);
    expect(of(2, 2)).toEqual([2, 2, 12, 12]);
    const rows = run([{ type: "select", features: [1, 0, 1] }], [1, 2, 2], [1, 2, 3, 4]);
    expect(rows).toMatchObject({ shape: [1, 3, 2], output: [3, 4, 1, 2, 3, 4] });
  });

  test("names the feature that a row does not have", () => {
    try {
      sequential([{ type: "relu" }, { type: "select", features: [0, 2, 5] }], [2]);
      expect.unreachable();
    } catch (error) {
      expect((error as LayerError).path).toEqual([1, "features", 1]);
      expect((error as LayerError).detail).toBe("is 2, and [2] has features 0..1");
    }
  });
});

describe("periodic", () => {
  test("gives cosines and then sines of 2πwx, feature by feature, as rtdl_num_embeddings does", () => {
    const w = [0.1, -0.2, 0.3, 0.4];
    const x = [1.5, -2, 0.25, 3];
    const { shape, output } = run([{ type: "periodic", frequencies: 2 }], [2, 2], x, { "0.weight": w });
    expect(shape).toEqual([2, 2, 4]);
    const expected = x.flatMap((value, i) => {
      const angles = [0, 1].map((k) => 2 * Math.PI * (w[2 * (i % 2) + k] as number) * value);
      return [...angles.map(Math.cos), ...angles.map(Math.sin)];
    });
    near(output, expected);
  });

  test("starts as N(0, sigma) within three sigma, with the package's defaults", () => {
    const start = (spec: LayerSpec) => {
      const [weight] = sequential([spec], [50]).parameters;
      return [...(weight?.initialise(createRandom(streamKey(1, "0.weight"))) ?? [])];
    };
    const values = start({ type: "periodic", frequencies: 200, sigma: 2 });
    const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    expect(values).toHaveLength(10_000);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(6);
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(5.5);
    // The standard deviation of N(0, 1) within ±3 is 0.98658.
    expect(Math.sqrt(square) / 2).toBeCloseTo(0.98658, 1.5);
    expect(start({ type: "periodic" })).toHaveLength(50 * 48);
    expect(Math.max(...start({ type: "periodic" }).map(Math.abs))).toBeLessThanOrEqual(0.03);
  });

  test("refuses rows of several axes", () => {
    expect(() => sequential([{ type: "periodic" }], [2, 3])).toThrow(/rows of numbers, not \[2, 3\]/);
  });
});

describe("per_feature_linear", () => {
  test("has a linear layer for each feature: NLinear's x[i] W[i] + b[i]", () => {
    const values = { "0.weight": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "0.bias": [0.5, 0, 0, -1, -2, -3] };
    const layers: LayerSpec[] = [{ type: "per_feature_linear", units: 3 }];
    expect(sequential(layers, [2, 2]).tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ["0.weight", [2, 2, 3]],
      ["0.bias", [2, 3]],
    ]);
    // [1, 2] times [[1, 2, 3], [4, 5, 6]], and [3, -1] times [[7, 8, 9], [10, 11, 12]].
    expect(run(layers, [1, 2, 2], [1, 2, 3, -1], values).output).toEqual([9.5, 12, 15, 10, 11, 12]);
    expect(sequential([{ type: "per_feature_linear", units: 3, bias: false }], [2, 2]).tensors).toHaveLength(1);
    expect(() => sequential(layers, [4])).toThrow(/takes \[features, in\], not \[4\]/);
  });
});

describe("batch_ensemble_linear", () => {
  const layers: LayerSpec[] = [{ type: "batch_ensemble_linear", members: 2, units: 2 }];
  const values = {
    "0.weight": [1, 2, 3, -1, 0.5, 1],
    "0.r": [1, 1, 1, -1, 2, 0],
    "0.s": [1, 10, 2, 1],
    "0.bias": [0, 0.25, 1, -1],
  };

  test("scales the input and the output of a shared linear layer for each member, as TabM's LinearBatchEnsemble does", () => {
    expect(sequential(layers, [3]).tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ["0.weight", [2, 3]],
      ["0.r", [2, 3]],
      ["0.s", [2, 2]],
      ["0.bias", [2, 2]],
    ]);
    // Member 0 sees [1, 2, 3]: W gives [14, 3]. Member 1 sees [-1, 4, 0]: W gives [7, 3].
    const { shape, output } = run(layers, [1, 3], [1, 2, 3], values);
    expect(shape).toEqual([1, 2, 2]);
    expect(output).toEqual([14, 30.25, 15, 2]);
    const own = run(layers, [1, 2, 3], [1, 2, 3, 0, 1, 5], values);
    expect(own).toMatchObject({ shape: [1, 2, 2], output: [14, 30.25, 2 * (2 * 2) + 1, 1 - 1] });
    near(run([...layers, { type: "mean_members" }], [1, 3], [1, 2, 3], values).output, [14.5, 16.125]);
  });

  test("starts with random signs before the first layer and with ones after it, and a bias that members share", () => {
    const network = sequential([...layers, { type: "batch_ensemble_linear", members: 2, units: 2 }], [300]);
    const start = (name: string) => {
      const tensor = network.tensors.find((each) => each.name === name);
      return [...(tensor?.initialise(createRandom(streamKey(1, name))) ?? [])];
    };
    expect(new Set(start("0.r"))).toEqual(new Set([-1, 1]));
    expect(Math.abs(start("0.r").reduce((sum, sign) => sum + sign, 0))).toBeLessThan(100);
    expect(new Set([...start("0.s"), ...start("1.r"), ...start("1.s")])).toEqual(new Set([1]));
    expect(start("0.bias").slice(0, 2)).toEqual(start("0.bias").slice(2));
    expect(Math.max(...start("0.weight").map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(300));
  });

  test("counts the uses of its weights, and refuses other members", () => {
    expect(sequential(layers, [3]).layers[0]?.multiplyAdds).toBe(12);
    expect(() => sequential([...layers, { type: "batch_ensemble_linear", members: 3, units: 2 }], [3])).toThrow(
      /of 3 members takes \[in\] or \[3, in\], not \[2, 2\]/,
    );
    expect(() => sequential([{ type: "mean_members" }], [3])).toThrow(/takes \[members, ...\], not \[3\]/);
  });
});

describe("ensemble", () => {
  const members = [
    { weight: 0.5, layers: [{ type: "linear", units: 2, bias: false }, { type: "relu" }] },
    { weight: -2, layers: [{ type: "residual", layers: [{ type: "tanh" }] }] },
  ] as const;

  test("adds up what its members give, by weight, with names as PyTorch's ModuleList has them", () => {
    const layers: LayerSpec[] = [{ type: "flatten" }, { type: "ensemble", members }];
    const network = sequential(layers, [2]);
    expect(network.tensors.map(({ name, shape }) => [name, shape])).toEqual([["1.members.0.0.weight", [2, 2]]]);
    expect(network.layers[1]).toMatchObject({ type: "ensemble", outputShape: [2], parameterCount: 4 });
    const { output } = run(layers, [1, 2], [1, 2], { "1.members.0.0.weight": [1, 1, 1, -1] });
    near(output, [0.5 * 3 - 2 * (1 + Math.tanh(1)), -2 * (2 + Math.tanh(2))]);
  });

  test("is the mean where no weights are given", () => {
    const plain = (["relu", "tanh", "flatten", "sigmoid"] as const).map((type) => ({ layers: [{ type }] }));
    near(run([{ type: "ensemble", members: plain }], [1, 1], [-1]).output, [
      (0 + Math.tanh(-1) - 1 + 1 / (1 + Math.exp(1))) / 4,
    ]);
  });

  test("draws and updates for the layers within its members at their places", () => {
    const layers: LayerSpec[] = [
      {
        type: "ensemble",
        members: [
          { layers: [{ type: "dropout" }] },
          { layers: [{ type: "residual", layers: [{ type: "dropout" }, { type: "batch_norm" }] }] },
        ],
      },
    ];
    expect(sequential(layers, [2]).draws).toEqual(["0.members.0.0", "0.members.1.0.layers.0"]);
    const { updates } = run([{ type: "ensemble", members: [{ layers: [{ type: "batch_norm" }] }] }], [2, 1], [1, 3], {}, true);
    near(updates["0.members.0.0.running_mean"], [0.2]);
  });

  test("names the member that does not fit", () => {
    const pathOf = (layers: LayerSpec[]) => {
      try {
        sequential(layers, [2]);
      } catch (error) {
        return [(error as LayerError).path, (error as LayerError).detail];
      }
      return null;
    };
    expect(
      pathOf([{ type: "ensemble", members: [{ layers: [{ type: "relu" }] }, { layers: [{ type: "linear", units: 3 }] }] }]),
    ).toEqual([[0, "members", 1], "gives [3] for a row where member 0 gives [2]: the outputs of members are added up"]);
    expect(
      pathOf([
        { type: "ensemble", members: [{ layers: [{ type: "relu" }, { type: "conv1d", out_channels: 1, kernel_size: 1 }] }] },
      ]),
    ).toEqual([[0, "members", 0, "layers", 1], expect.stringContaining("conv1d takes")]);
  });
});
