/** Matrix products at every edge of the tiles, in all four transpose cases, with work on the tile. */
import { describe, it } from "vitest";
import type { Tensor } from "../../../../src/engine/graph.ts";
import * as graph from "../../../../src/engine/graph.ts";
import { expectSame } from "../comparison.ts";

const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

function product(m: number, k: number, n: number, transposeA: boolean, transposeB: boolean): Tensor {
  const a = graph.state("a", transposeA ? [k, m] : [m, k]);
  const b = graph.state("b", transposeB ? [n, k] : [k, n]);
  return graph.matmul(a, b, { transposeA, transposeB });
}

const EPILOGUES: Readonly<Record<string, (c: Tensor, n: number) => Tensor>> = {
  none: (c) => c,
  bias: (c, n) => graph.add(c, graph.state("bias", [n])),
  "bias and relu": (c, n) => {
    const z = graph.add(c, graph.state("bias", [n]));
    return graph.where(graph.lessEqual(z, 0), 0, z);
  },
  "bias and tanh": (c, n) => graph.tanh(graph.add(c, graph.state("bias", [n]))),
  "a column and a matrix": (c) =>
    graph.mul(graph.add(c, graph.state("column", [c.shape[0] as number, 1])), graph.state("matrix", c.shape)),
};

const ROWS = [1, 2, 3, 4, 5, 7, 8, 9, 13];
const COLUMNS = [1, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17];
const INNER = [1, 2, 7, 8, 9, 15, 16, 17, 25];

describe.each(TRANSPOSES)("a product (first transposed: %s, second transposed: %s)", (transposeA, transposeB) => {
  it("is right on both sides of every tile edge", () => {
    for (const m of ROWS) {
      for (const n of COLUMNS) {
        const k = INNER[(m * 7 + n) % INNER.length] as number;
        expectSame({ p: { outputs: { c: product(m, k, n, transposeA, transposeB) } } }, { steps: 1 });
      }
    }
  });

  it.each(INNER)("is right for an inner length of %i", (k) => {
    expectSame({ p: { outputs: { c: product(9, k, 13, transposeA, transposeB) } } }, { steps: 1 });
  });

  it.each(Object.keys(EPILOGUES))("takes %s along", (name) => {
    const epilogue = EPILOGUES[name] as (c: Tensor, n: number) => Tensor;
    for (const [m, k, n] of [
      [8, 16, 16],
      [5, 17, 11],
      [13, 9, 6],
      [70, 40, 33],
    ] as const) {
      const c = product(m, k, n, transposeA, transposeB);
      expectSame({ p: { outputs: { c: epilogue(c, n), sum: graph.sum(c) } } }, { steps: 1 });
    }
  });

  it.each([
    [130, 130, 130],
    [64, 300, 72],
    [33, 1030, 17],
    [257, 40, 270],
  ])("is right when packed: %i x %i x %i", (m, k, n) => {
    expectSame({ p: { outputs: { c: product(m, k, n, transposeA, transposeB) } } }, { steps: 1 });
  });

  it("works on batches, broadcast and not", () => {
    const a = graph.state("a", [3, 1, ...(transposeA ? [17, 9] : [9, 17])]);
    const b = graph.state("b", [2, ...(transposeB ? [12, 17] : [17, 12])]);
    const c = graph.matmul(a, b, { transposeA, transposeB });
    expectSame({ p: { outputs: { c, e: graph.exp(graph.mul(c, 0.01)) } } }, { steps: 1 });
  });
});

describe("the operands of a product", () => {
  it("may be slices, permutations and repetitions of what is in memory", () => {
    const data = graph.state("data", [40, 3, 30]);
    const a = graph.reshape(
      graph.slice(data, [
        { start: 2, stop: 39, step: 2 },
        { start: 1, stop: 2, step: 1 },
        { start: 5, stop: 25, step: 1 },
      ]),
      [19, 20],
    );
    const b = graph.permute(graph.state("b", [11, 20]), [1, 0]);
    expectSame({ p: { outputs: { c: graph.matmul(a, b) } } }, { steps: 1 });
  });

  it("may be computed", () => {
    const a = graph.tanh(graph.state("a", [19, 20]));
    const b = graph.exp(graph.mul(graph.state("b", [20, 11]), 0.1));
    expectSame({ p: { outputs: { c: graph.matmul(a, b), square: graph.matmul(a, a, { transposeB: true }) } } }, { steps: 1 });
  });

  it("may be rows of feed tables that change with every step", () => {
    const a = graph.input("a", [9, 12]);
    const b = graph.input("b", [12, 10]);
    const s = graph.state("s", [9, 10]);
    expectSame(
      { p: { outputs: { c: graph.matmul(a, b) }, updates: [{ state: s, next: graph.add(s, graph.matmul(a, b)) }] } },
      { steps: 1, maxSteps: 3 },
    );
  });
});
