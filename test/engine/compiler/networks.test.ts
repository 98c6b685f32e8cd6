/** Whole networks, trained: one hundred of them, compiled and interpreted. */
import fc from "fast-check";
import { describe, it } from "vitest";
import { grad } from "../../../src/engine/gradients.ts";
import type { Tensor } from "../../../src/engine/graph.ts";
import * as graph from "../../../src/engine/graph.ts";
import type { Program } from "../../../src/engine/program.ts";
import { expectSame } from "./comparison.ts";

const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  tanh: graph.tanh,
  sigmoid: graph.sigmoid,
  silu: (x) => graph.mul(x, graph.sigmoid(x)),
  gelu: (x) => graph.mul(graph.mul(x, 0.5), graph.add(graph.erf(graph.mul(x, Math.SQRT1_2)), 1)),
  softplus: (x) => graph.log1p(graph.exp(graph.minimum(x, 20))),
};

const LOSSES: Readonly<Record<string, (output: Tensor, target: Tensor) => Tensor>> = {
  mse: (output, target) => {
    const error = graph.sub(output, target);
    return graph.div(graph.sum(graph.mul(error, error)), graph.sizeOf(output.shape));
  },
  cross_entropy: (output, target) => {
    const shifted = graph.sub(output, graph.detach(graph.max(output, [1], true)));
    const logs = graph.sub(shifted, graph.log(graph.sum(graph.exp(shifted), [1], true)));
    return graph.neg(graph.div(graph.sum(graph.mul(graph.sigmoid(target), logs)), output.shape[0] as number));
  },
};

interface Recipe {
  readonly widths: readonly number[];
  readonly rows: number;
  readonly activation: string;
  readonly loss: string;
  readonly adam: boolean;
}

function network({ widths, rows, activation, loss, adam }: Recipe): Program {
  const layers = widths.slice(1).map((width, layer) => ({
    weight: graph.state(`w${layer}`, [width, widths[layer] as number]),
    bias: graph.state(`b${layer}`, [width]),
  }));
  const output = layers.reduce(
    (x, { weight, bias }, layer) => {
      // Weights begin between -2 and 2: scaled down, so that activations do not saturate.
      const scale = 1 / Math.sqrt(widths[layer] as number);
      const z = graph.add(graph.matmul(x, graph.mul(weight, scale), { transposeB: true }), bias);
      return layer + 1 < layers.length ? (ACTIVATIONS[activation] as (x: Tensor) => Tensor)(z) : z;
    },
    graph.state("x", [rows, widths[0] as number]),
  );
  const target = graph.state("t", output.shape);
  const value = (LOSSES[loss] as (output: Tensor, target: Tensor) => Tensor)(output, target);
  const parameters = layers.flatMap(({ weight, bias }) => [weight, bias]);
  const gradients = grad(value, parameters);
  const updates = parameters.flatMap((parameter, index) => {
    const gradient = gradients[index] as Tensor;
    if (!adam) return [{ state: parameter, next: graph.sub(parameter, graph.mul(gradient, 0.05)) }];
    const [m, v] = [graph.state(`m${index}`, parameter.shape), graph.state(`v${index}`, parameter.shape)];
    const mean = graph.add(graph.mul(m, 0.9), graph.mul(gradient, 0.1));
    const square = graph.add(graph.mul(graph.abs(v), 0.99), graph.mul(graph.mul(gradient, gradient), 0.01));
    const change = graph.div(graph.mul(mean, 0.01), graph.add(graph.sqrt(square), 1e-3));
    return [
      { state: m, next: mean },
      { state: v, next: square },
      { state: parameter, next: graph.sub(parameter, change) },
    ];
  });
  return { outputs: { loss: value }, updates };
}

const recipe: fc.Arbitrary<Recipe> = fc.record({
  widths: fc.array(fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33), { minLength: 2, maxLength: 4 }),
  rows: fc.constantFrom(1, 2, 3, 4, 7, 8, 16, 31, 50, 129),
  activation: fc.constantFrom(...Object.keys(ACTIVATIONS)),
  loss: fc.constantFrom(...Object.keys(LOSSES)),
  adam: fc.boolean(),
});

/** Other ones in each run. `RANDOM_NETWORKS=1000` looks longer. */
const NETWORKS = Number(process.env.RANDOM_NETWORKS ?? 40);

describe("networks", () => {
  it("train for 20 steps as the interpreter trains them", () => {
    fc.assert(
      fc.property(recipe, fc.nat(), (each, seed) => {
        expectSame({ train: network(each) }, { steps: 20, seed, tolerance: 2e-3 });
      }),
      { numRuns: NETWORKS },
    );
  }, 120_000);
});
