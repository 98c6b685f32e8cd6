/** What simplification makes of a program, and that it computes the same. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simplify } from "../../../../src/engine/compiler/rewrite/simplify.ts";
import type { Tensor } from "../../../../src/engine/graph.ts";
import * as graph from "../../../../src/engine/graph.ts";
import { reachable } from "../../../../src/engine/graph-walk.ts";
import { interpret } from "../../../../src/engine/interpreter.ts";

const x = graph.state("x", [2, 3]);
const y = graph.state("y", [3]);

function simplified(tensor: Tensor): Tensor {
  return simplify({ outputs: { out: tensor } }).outputs.out as Tensor;
}

/** Kinds and functions of the operations that are left. */
const operations = (tensor: Tensor): string[] =>
  reachable([simplified(tensor)]).map(({ op }) => (op.kind === "unary" || op.kind === "binary" ? op.fn : op.kind));

describe("simplify", () => {
  it.each<[string, Tensor]>([
    ["x * 1", graph.mul(x, 1)],
    ["1 * x", graph.mul(1, x)],
    ["x / 1", graph.div(x, 1)],
    ["x - 0", graph.sub(x, 0)],
    ["x + -0", graph.add(x, -0)],
    ["-(-x)", graph.neg(graph.neg(x))],
    ["a reshape and back", graph.reshape(graph.reshape(x, [6]), [2, 3])],
    ["a transposition and back", graph.permute(graph.permute(x, [1, 0]), [1, 0])],
    ["where(c, x, x)", graph.where(graph.less(x, y), x, x)],
    ["where(1, x, y)", graph.where(1, x, y)],
    ["detach", graph.detach(x)],
    [
      "a slice of everything",
      graph.slice(x, [
        { start: 0, stop: 2, step: 1 },
        { start: 0, stop: 3, step: 1 },
      ]),
    ],
    [
      "a pad by nothing",
      graph.pad(x, [
        { low: 0, high: 0, interior: 0 },
        { low: 0, high: 0, interior: 0 },
      ]),
    ],
  ])("%s is x", (_, tensor) => {
    expect(operations(tensor)).toEqual(["state"]);
  });

  it("keeps x + 0, which turns -0 into 0", () => {
    expect(operations(graph.add(x, 0))).toContain("add");
  });

  it("shares equal expressions, whatever the order of a product", () => {
    const twice = graph.add(graph.mul(x, y), graph.mul(y, x));
    expect(operations(twice).filter((name) => name === "mul")).toHaveLength(1);
  });

  it("folds arithmetic of constants, and leaves exp to run", () => {
    expect(operations(graph.add(graph.mul(graph.constant(3), 4), 1))).toEqual(["constant"]);
    expect(operations(graph.exp(graph.constant(1)))).toContain("exp");
  });

  it("computes on the small shape what would be computed on repetitions", () => {
    const sum = graph.add(x, graph.exp(graph.broadcast(y, [2, 3])));
    const exp = reachable([simplified(sum)]).find(({ op }) => op.kind === "unary");
    expect(exp?.shape).toEqual([3]);
  });

  it("makes a transposed operand a flag of the product", () => {
    const product = simplified(graph.matmul(x, graph.permute(graph.state("w", [4, 3]), [1, 0])));
    expect(product.op).toEqual({ kind: "matmul", transposeA: false, transposeB: true });
  });

  it("drops what no output needs", () => {
    const program = { outputs: { y: graph.customGradient(x, [graph.exp(x)], [graph.log(x)]) } };
    expect(reachable(Object.values(simplify(program).outputs))).toHaveLength(1);
  });

  it("gives the interpreter's numbers", () => {
    const unary = fc.constantFrom(
      graph.neg,
      graph.abs,
      graph.tanh,
      (a: Tensor) => graph.reshape(a, a.shape),
      (a: Tensor) => graph.mul(a, 1),
      (a: Tensor) => graph.div(a, 4),
    );
    const binary = fc.constantFrom(graph.add, graph.sub, graph.mul, graph.maximum);
    fc.assert(
      fc.property(fc.array(fc.tuple(unary, binary, fc.nat(), fc.nat()), { maxLength: 12 }), (choices) => {
        const made: Tensor[] = [x, graph.broadcast(y, [2, 3]), graph.broadcast(graph.constant(2), [2, 3])];
        for (const [f, g, first, second] of choices)
          made.push(g(f(made[first % made.length] as Tensor), made[second % made.length] as Tensor));
        const program = { outputs: { out: made.at(-1) as Tensor, all: graph.sum(made.at(-1) as Tensor) } };
        const run = (each: typeof program) => {
          const executable = interpret({ p: each });
          for (const [name, values] of [
            ["x", [1, -2, 0.5, -0, 3, 0.25]],
            ["y", [2, -1, 0]],
          ] as const) {
            // A state that was simplified away has no place.
            if (reachable(Object.values(each.outputs)).some(({ op }) => op.kind === "state" && op.name === name))
              executable.write(name, values);
          }
          return executable.step("p");
        };
        expect(run(simplify(program) as typeof program)).toEqual(run(program));
      }),
    );
  });
});
