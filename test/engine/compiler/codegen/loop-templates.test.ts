/** Kernels that are written once and placed often, against each of them written anew. */
import { describe, expect, it } from "vitest";
import { LoopTemplates } from "../../../../src/engine/compiler/codegen/loop-templates.ts";
import { type ProgramPlan, planMemory } from "../../../../src/engine/compiler/memory-plan.ts";
import { lower } from "../../../../src/engine/compiler/rewrite/lower.ts";
import { simplify } from "../../../../src/engine/compiler/rewrite/simplify.ts";
import { fuse } from "../../../../src/engine/compiler/schedule/fuse.ts";
import type { LoopKernel } from "../../../../src/engine/compiler/schedule/kernels.ts";
import { FunctionBuilder } from "../../../../src/engine/compiler/wasm/assembler.ts";
import { grad } from "../../../../src/engine/gradients.ts";
import * as graph from "../../../../src/engine/graph.ts";
import { conv1d } from "../../../../src/engine/nn/convolution.ts";
import { batchNorm, layerNorm } from "../../../../src/engine/nn/normalisation.ts";
import { leavesOf, type Program } from "../../../../src/engine/program.ts";

type Layer = (x: graph.Tensor, state: (name: string, shape: graph.Shape) => graph.Tensor) => graph.Tensor;

const rows = graph.input("rows", [13], "int");
const step = graph.input("step", [], "int");
const key = graph.state("key", [2], "int");

const LAYERS: Readonly<Record<string, Layer>> = {
  linear: (x, state) => graph.tanh(graph.matmul(x, state("weight", [8, 8]))),
  batch_norm: (x, state) => batchNorm(x, state("weight", [8]), state("bias", [8])).output,
  layer_norm: (x, state) => layerNorm(x, state("weight", [8]), state("bias", [8])),
  conv1d: (x, state) =>
    graph.reshape(conv1d(graph.reshape(x, [13, 2, 4]), state("weight", [2, 2, 3]), undefined, { padding: 1 }), [13, 8]),
  embedding: (x, state) => graph.add(x, graph.gather(state("weight", [5, 8]), rows)),
  dropout: (x) => graph.mul(x, graph.uniform(key, step, x.shape)),
};

/** A step of gradient descent through several layers of a kind. */
function network(layer: Layer, depth: number): Program {
  const weights: graph.Tensor[] = [];
  let x = graph.input("x", [13, 8]);
  for (let index = 0; index < depth; index++) {
    x = layer(x, (name, shape) => {
      const state = graph.state(`${index}.${name}`, shape);
      weights.push(state);
      return state;
    });
  }
  const loss = graph.sum(graph.mul(x, x));
  const gradients = grad(loss, weights);
  const updates = weights.map((state, index) => ({
    state,
    next: graph.sub(state, graph.mul(gradients[index] as graph.Tensor, 0.01)),
  }));
  return { outputs: { loss }, updates };
}

function planned(program: Program): { readonly kernels: readonly LoopKernel[]; readonly plan: ProgramPlan } {
  const lowered = lower(simplify(program));
  const fused = fuse(lowered);
  const plan = planMemory(new Map([["step", { leaves: leavesOf(program), program: lowered, fused }]]), 4);
  return {
    kernels: fused.kernels.filter((kernel) => kernel.kind === "loops"),
    plan: plan.programs.get("step") as ProgramPlan,
  };
}

describe("kernels that are written once", () => {
  it.each(Object.keys(LAYERS))("have the bytes of %s layers that are each written anew", (name) => {
    const { kernels, plan } = planned(network(LAYERS[name] as Layer, 6));
    const [placed, written] = [new FunctionBuilder(0, ["i32"]), new FunctionBuilder(0, ["i32"])];
    const templates = new LoopTemplates();
    for (const kernel of kernels) {
      templates.emit(placed, 0, kernel, plan);
      new LoopTemplates().emit(written, 0, kernel, plan);
    }
    expect(placed.finish().toBytes()).toEqual(written.finish().toBytes());
  });

  // Normalisations that follow one another share kernels, whose sizes differ.
  it.each(["linear", "conv1d", "embedding", "dropout"])("are as many for twelve %s layers as for eight", (name) => {
    const distinct = (depth: number) => {
      const { kernels, plan } = planned(network(LAYERS[name] as Layer, depth));
      const templates = new LoopTemplates();
      for (const kernel of kernels) templates.emit(new FunctionBuilder(0, ["i32"]), 0, kernel, plan);
      return templates.size;
    };
    expect(distinct(12)).toBe(distinct(8));
  });

  it("have an order of loops each, which depends on what is behind the tensors that they load", () => {
    const product = (factors: readonly graph.Tensor[], weight: string) =>
      graph.sum(
        graph.mul(
          factors.map((each) => graph.reshape(each, [2, 1, 24])).reduce((a, b) => graph.mul(a, b)),
          graph.state(weight, [24, 24]),
        ),
        [2],
      );
    const rows = [graph.tanh(graph.state("a", [2, 24])), graph.tanh(graph.state("b", [2, 24]))];
    const first = product(rows, "v");
    // The second is computed after all of the first.
    const total = graph.sum(first);
    const columns = ["c", "d"].map((name) => graph.tanh(graph.add(graph.permute(graph.state(name, [24, 2]), [1, 0]), total)));
    const outputs = Object.fromEntries(
      [...rows, first, ...columns, product(columns, "w")].map((each, index) => [`${index}`, each]),
    );
    const { kernels } = planned({ outputs });
    const sums = kernels.filter(({ loops, outputs: [output] }) => loops.length === 3 && output?.kind === "reduce");
    expect(sums.map(({ loops }) => loops.findIndex(({ vector }) => vector))).toEqual([2, 1]);
    const [one, other] = sums.map(({ structure }) => structure.text.split("\n"));
    expect(one?.slice(1)).toEqual(other?.slice(1));
    expect(one?.[0]).not.toBe(other?.[0]);
  });
});
