/** Gradients of whole layers against finite differences, and the compiled step against the interpreter. */
import { describe, expect, it } from "vitest";
import { graph as g, grad, interpret, type LayerSpec, type Program, sequential } from "../../../src/engine/index.ts";
import { expectSame } from "../compiler/comparison.ts";

const ROWS = 3;

const CASES: readonly [string, readonly number[], readonly LayerSpec[]][] = [
  [
    "an ensemble",
    [4],
    [
      {
        type: "ensemble",
        members: [
          {
            weight: 0.7,
            layers: [
              { type: "residual", layers: [{ type: "tanh" }] },
              { type: "linear", units: 2 },
            ],
          },
          { weight: -0.4, layers: [{ type: "linear", units: 3 }, { type: "sigmoid" }, { type: "linear", units: 2 }] },
        ],
      },
    ],
  ],
  ["a slice of features", [6], [{ type: "tanh" }, { type: "select", features: [1, 3, 5] }, { type: "linear", units: 2 }]],
  ["features in any order", [5], [{ type: "tanh" }, { type: "select", features: [4, 0, 4, 2] }, { type: "linear", units: 2 }]],
  ["periodic embeddings", [3], [{ type: "periodic", frequencies: 2, sigma: 0.5 }]],
  [
    "PLR, with a linear layer for each feature",
    [3],
    [
      { type: "periodic", frequencies: 2, sigma: 0.5 },
      { type: "per_feature_linear", units: 2 },
      { type: "silu" },
      { type: "flatten" },
    ],
  ],
  [
    "a batch ensemble",
    [3],
    [
      { type: "batch_ensemble_linear", members: 2, units: 4 },
      { type: "tanh" },
      { type: "batch_ensemble_linear", members: 2, units: 3, bias: false },
      { type: "per_feature_linear", units: 2 },
      { type: "mean_members" },
    ],
  ],
  ["features of several axes", [3, 2], [{ type: "tanh" }, { type: "select", features: [2, 0, 2] }]],
];

/** The loss of a network and its gradients in x and in all parameters, as a program over states. */
function programOf(shape: readonly number[], layers: readonly LayerSpec[]) {
  const network = sequential(layers, shape);
  const x = g.state("x", [ROWS, ...shape]);
  const states = new Map(network.parameters.map((parameter) => [parameter.name, g.state(parameter.name, parameter.shape)]));
  const output = network.forward(x, (name) => states.get(name) as g.Tensor, { training: false });
  const size = g.sizeOf(output.shape);
  const weights = g.constant(
    Array.from({ length: size }, (_, i) => Math.sin(1 + 2.3 * i)),
    output.shape,
  );
  const loss = g.sum(g.mul(g.mul(output, output), weights));
  const leaves = [x, ...states.values()];
  const names = ["x", ...states.keys()];
  const gradients = grad(loss, leaves);
  const program: Program = {
    outputs: { loss, output },
    updates: leaves.map((state, i) => ({ state, next: g.sub(state, g.mul(gradients[i] as g.Tensor, 1e-3)) })),
  };
  const named = Object.fromEntries(names.map((name, i) => [name, gradients[i] as g.Tensor]));
  return { names, leaves, program, loss, gradients: named };
}

describe.each(CASES)("%s", (_, shape, layers) => {
  const { names, leaves, program, loss, gradients } = programOf(shape, layers);

  it("has the gradients of finite differences", () => {
    const executable = interpret({ loss: { outputs: { loss } }, grad: { outputs: gradients } });
    const starts = leaves.map((leaf, i) =>
      Array.from({ length: g.sizeOf(leaf.shape) }, (_, j) => Math.sin(1.3 + 2.7 * j + 11.9 * i)),
    );
    const set = (i: number, values: readonly number[]) => executable.write(names[i] as string, values);
    starts.forEach((values, i) => {
      set(i, values);
    });
    const analytic = executable.step("grad");
    starts.forEach((start, i) => {
      const lossAt = (j: number, by: number) => {
        set(i, start.with(j, (start[j] as number) + by));
        return executable.step("loss").loss as number;
      };
      const found = analytic[names[i] as string] as Float64Array;
      start.forEach((_, j) => {
        const h = 1e-5;
        const numeric = (8 * (lossAt(j, h) - lossAt(j, -h)) - (lossAt(j, 2 * h) - lossAt(j, -2 * h))) / (12 * h);
        expect(found[j], `${names[i]}[${j}]`).toBeCloseTo(numeric, 6);
      });
      set(i, start);
    });
  });

  it("compiles to what the interpreter computes", () => {
    expectSame({ train: program }, { steps: 3, tolerance: 1e-4 });
  });
});
