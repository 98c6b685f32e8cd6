import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { grad } from "../../src/engine/gradients.ts";
import * as g from "../../src/engine/graph.ts";
import { reachable } from "../../src/engine/graph-walk.ts";
import { interpret } from "../../src/engine/interpreter.ts";

type Kind = g.Operation["kind"];

/** A function of floats (and, where given, ints) to hold against finite differences; away from kinks and ties. */
interface Case {
  readonly shapes: readonly g.Shape[];
  readonly build: (x: readonly g.Tensor[], ints: readonly g.Tensor[]) => g.Tensor;
  readonly ints?: readonly { readonly shape: g.Shape; readonly values: readonly number[] }[];
  /** Moves the default values, which lie in -2..2 and are all different. */
  readonly at?: (x: number) => number;
}

const one = (build: (x: g.Tensor) => g.Tensor, at?: (x: number) => number): Case => ({
  shapes: [[3, 4]],
  build: ([x]) => build(x as g.Tensor),
  ...(at && { at }),
});
const two = (
  build: (a: g.Tensor, b: g.Tensor) => g.Tensor,
  a: g.Shape = [3, 4],
  b: g.Shape = [3, 4],
  at?: (x: number) => number,
): Case => ({
  shapes: [a, b],
  build: ([x, y]) => build(x as g.Tensor, y as g.Tensor),
  ...(at && { at }),
});
const positive = (x: number) => Math.abs(x) + 0.2;

const UNARY: Record<g.UnaryFunction, Case> = {
  neg: one(g.neg),
  abs: one(g.abs),
  sign: one(g.sign),
  exp: one(g.exp),
  log: one(g.log, positive),
  log1p: one(g.log1p, positive),
  sqrt: one(g.sqrt, positive),
  rsqrt: one(g.rsqrt, positive),
  sin: one(g.sin),
  cos: one(g.cos),
  tanh: one(g.tanh),
  sigmoid: one(g.sigmoid),
  erf: one(g.erf),
};

const BINARY: Record<g.BinaryFunction, Case[]> = {
  add: [two(g.add), two(g.add, [4], [3, 1])],
  sub: [two(g.sub), two(g.sub, [], [2, 3])],
  mul: [two(g.mul), two(g.mul, [2, 1, 3], [4, 1]), one((x) => g.mul(x, x))],
  div: [two(g.div, [3, 4], [3, 4], positive), two(g.div, [3, 1], [4], positive)],
  maximum: [two(g.maximum), two(g.maximum, [3, 4], [])],
  minimum: [two(g.minimum), two(g.minimum, [1, 4], [3, 4])],
  less: [two(g.less)],
  less_equal: [two(g.lessEqual)],
  equal: [two(g.equal)],
};

const flags = [false, true].flatMap((transposeA) => [false, true].map((transposeB) => ({ transposeA, transposeB })));
const indices = { shape: [2, 3], values: [4, 0, 4, 1, 3, 4] };

const CASES: Record<Kind, readonly Case[]> = {
  input: [one((x) => g.mul(x, g.input("unused", [3, 4])))],
  state: [one((x) => g.mul(x, 3))],
  constant: [one((x) => g.add(x, g.constant([1, 2, 3, 4])))],
  unary: Object.values(UNARY),
  binary: Object.values(BINARY).flat(),
  where: [two((a, b) => g.where(g.less(a, b), g.mul(a, a), g.exp(b))), two((a, b) => g.where(g.less(a, 0), b, a), [3, 1], [4])],
  sum: [one((x) => g.sum(x)), one((x) => g.sum(g.exp(x), [0])), one((x) => g.sum(x, [1], true))],
  max: [one((x) => g.max(x)), one((x) => g.max(x, [0])), one((x) => g.max(g.mul(x, x), [1], true))],
  matmul: flags.flatMap(({ transposeA, transposeB }) =>
    [[], [2]].map((batch) =>
      two(
        (a, b) => g.matmul(a, b, { transposeA, transposeB }),
        [...batch, ...(transposeA ? [4, 3] : [3, 4])],
        transposeB ? [5, 4] : [4, 5],
      ),
    ),
  ),
  reshape: [one((x) => g.reshape(g.exp(x), [2, 6]))],
  permute: [{ shapes: [[2, 3, 4]], build: ([x]) => g.permute(x as g.Tensor, [2, 0, 1]) }],
  broadcast: [
    { shapes: [[3, 1]], build: ([x]) => g.broadcast(x as g.Tensor, [2, 3, 4]) },
    { shapes: [[]], build: ([x]) => g.broadcast(x as g.Tensor, [2, 1]) },
    { shapes: [[1, 3]], build: ([x]) => g.broadcast(x as g.Tensor, [4, 1, 3]) },
  ],
  slice: [
    one((x) =>
      g.slice(x, [
        { start: 0, stop: 3, step: 2 },
        { start: 1, stop: 4, step: 2 },
      ]),
    ),
    one((x) =>
      g.slice(x, [
        { start: 1, stop: 2, step: 5 },
        { start: 0, stop: 4, step: 3 },
      ]),
    ),
  ],
  pad: [
    one((x) =>
      g.pad(x, [
        { low: 1, high: 0, interior: 2 },
        { low: 0, high: 3, interior: 0 },
      ]),
    ),
  ],
  gather: [{ shapes: [[5, 2]], ints: [indices], build: ([x], [i]) => g.gather(x as g.Tensor, i as g.Tensor) }],
  scatter_add: [
    { shapes: [[2, 3, 2]], ints: [indices], build: ([x], [i]) => g.scatterAdd(g.exp(x as g.Tensor), i as g.Tensor, 5) },
  ],
  uniform: [
    {
      shapes: [[3, 4]],
      ints: [
        { shape: [2], values: [1, 2] },
        { shape: [], values: [3] },
      ],
      build: ([x], [key, counter]) => g.mul(x as g.Tensor, g.uniform(key as g.Tensor, counter as g.Tensor, [3, 4])),
    },
  ],
  custom_gradient: [one((x) => g.customGradient(g.mul(g.detach(x), g.detach(x)), [x], [g.mul(x, 2)]))],
};

/** Different for each element, none of them 0, spread over -2..2. */
const values = (size: number, seed: number) =>
  Array.from({ length: size }, (_, i) => 2 * Math.sin(1.3 + 2.7 * i + 11.9 * seed));

function leavesOf({ shapes, ints = [], build, at = (x) => x }: Case) {
  const floats = shapes.map((shape, i) => g.state(`x${i}`, shape));
  const intLeaves = ints.map(({ shape }, i) => g.state(`i${i}`, shape, "int"));
  const output = build(floats, intLeaves);
  const weights = g.constant(values(g.sizeOf(output.shape), 9), output.shape);
  const starts = shapes.map((shape, i) => values(g.sizeOf(shape), i).map(at));
  return { floats, output, loss: g.sum(g.mul(output, weights)), starts };
}

/** Analytic and numeric gradients, one array a float leaf. */
function compare(entry: Case) {
  const { floats, loss, starts } = leavesOf(entry);
  const names = floats.map((_, i) => `x${i}`);
  const gradients = Object.fromEntries(grad(loss, floats).map((gradient, i) => [`x${i}`, gradient]));
  const executable = interpret({ loss: { outputs: { loss } }, grad: { outputs: gradients } });
  entry.ints?.forEach((leaf, i) => {
    executable.write(`i${i}`, leaf.values);
  });
  names.forEach((name, i) => {
    tryWrite(executable, name, starts[i] as number[]);
  });
  const lossAt = (name: string, point: number[]) => {
    tryWrite(executable, name, point);
    return executable.step("loss").loss as number;
  };
  const analytic = executable.step("grad");
  return names.map((name, i) => {
    const start = starts[i] as number[];
    const numeric = start.map((value, j) => {
      const h = 1e-5;
      const shifted = (by: number) => lossAt(name, start.with(j, value + by));
      // Richardson's extrapolation of the central difference: an error of h to the fourth.
      return (8 * (shifted(h) - shifted(-h)) - (shifted(2 * h) - shifted(-2 * h))) / (12 * h);
    });
    tryWrite(executable, name, start);
    const value = analytic[name] as number | Float64Array;
    return { numeric, analytic: typeof value === "number" ? [value] : [...value] };
  });
}

/** A leaf that neither the loss nor a gradient depends on is not part of the executable. */
function tryWrite(executable: ReturnType<typeof interpret>, name: string, start: number[]): void {
  try {
    executable.write(name, start);
  } catch (error) {
    if (!(error instanceof g.GraphError && /there is no state/.test(error.message))) throw error;
  }
}

const scalarGrad = (build: (x: g.Tensor) => g.Tensor, at: number, order = 1): number => {
  const x = g.state("x", []);
  let y = build(x);
  for (let i = 0; i < order; i++) y = grad(y, [x])[0] as g.Tensor;
  const executable = interpret({ p: { outputs: { y }, updates: [{ state: x, next: x }] } });
  executable.write("x", [at]);
  return executable.step("p").y as number;
};

const vectorGrad = (build: (x: g.Tensor) => g.Tensor, at: number[]): number[] => {
  const x = g.state("x", [at.length]);
  const executable = interpret({
    p: { outputs: { y: grad(build(x), [x])[0] as g.Tensor }, updates: [{ state: x, next: x }] },
  });
  executable.write("x", at);
  return [...(executable.step("p").y as Float64Array)];
};

describe("gradients by finite differences", () => {
  test("cover every kind of primitive of the graph", () => {
    const source = readFileSync(new URL("../../src/engine/primitives.ts", import.meta.url), "utf8");
    const kinds = [...source.matchAll(/readonly kind: "(\w+)"/g)].map(([, kind]) => kind as string);
    expect(kinds.length).toBeGreaterThan(15);
    expect(Object.keys(CASES).sort()).toEqual(kinds.sort());
    const block = (name: string) => source.slice(source.indexOf(`type ${name}`)).split(";")[0] ?? "";
    const functions = (name: string) => [...block(name).matchAll(/"(\w+)"/g)].map(([, fn]) => fn as string).sort();
    expect(Object.keys(UNARY).sort()).toEqual(functions("UnaryFunction"));
    expect(Object.keys(BINARY).sort()).toEqual(functions("BinaryFunction"));
  });

  for (const [kind, cases] of Object.entries(CASES))
    test(kind, () => {
      for (const entry of cases) {
        expect(reachable([leavesOf(entry).loss]).some(({ op }) => op.kind === kind)).toBe(true);
        for (const { numeric, analytic } of compare(entry)) {
          expect(analytic.length).toBe(numeric.length);
          analytic.forEach((value, i) => {
            expect(Math.abs(value - (numeric[i] as number))).toBeLessThan(1e-8 * Math.max(1, Math.abs(value)));
          });
        }
      }
    });
});

describe("conventions of PyTorch", () => {
  test("ties of maximum and minimum share the gradient by halves", () => {
    expect(scalarGrad((x) => g.maximum(x, 2), 2)).toBe(0.5);
    expect(scalarGrad((x) => g.minimum(3, x), 3)).toBe(0.5);
  });
  test("the maximum of several equal elements shares it equally", () => {
    expect(vectorGrad((x) => g.max(x), [1, 5, 5, 5])).toEqual([0, 1 / 3, 1 / 3, 1 / 3]);
  });
  test("the absolute value has slope 0 at 0", () => {
    expect(scalarGrad(g.abs, 0)).toBe(0);
  });
  test("where passes nothing of the branch not taken, not even NaN", () => {
    expect(scalarGrad((x) => g.where(g.lessEqual(x, 0), 0, x), 0)).toBe(0);
    expect(scalarGrad((x) => g.where(g.less(0, x), g.log(g.where(g.less(0, x), x, 1)), 0), -1)).toBe(0);
  });
  test("a custom gradient replaces the derivative of the value, and detach stops it", () => {
    expect(scalarGrad((x) => g.customGradient(g.mul(x, x), [x], [g.constant(7)]), 3)).toBe(7);
    expect(scalarGrad((x) => g.mul(x, g.detach(x)), 3)).toBe(3);
  });
  test("repeated rows of a gather add up", () => {
    const i = g.constant([0]);
    expect(() => g.gather(i, i)).toThrow(g.GraphError);
    const index = g.state("index", [3], "int");
    expect(vectorGrad((x) => g.sum(g.gather(x, index)), [1, 2])).toEqual([3, 0]);
  });
});

describe("grad", () => {
  test("differentiates twice and three times", () => {
    expect(scalarGrad((x) => g.mul(g.mul(x, x), g.mul(x, x)), 2, 2)).toBe(48);
    expect(scalarGrad(g.sin, 0.7, 3)).toBeCloseTo(-Math.cos(0.7), 14);
    const sigmoid = 1 / (1 + Math.exp(-0.3));
    expect(scalarGrad(g.sigmoid, 0.3, 2)).toBeCloseTo(sigmoid * (1 - sigmoid) * (1 - 2 * sigmoid), 14);
    expect(scalarGrad((x) => g.log1p(g.exp(x)), 0.3, 2)).toBeCloseTo(sigmoid * (1 - sigmoid), 14);
  });

  test("gives zeros for what the output does not depend on, and flows on through members that depend on others", () => {
    const x = g.constant(3);
    const y = g.mul(x, 2);
    const [dy, dx, dz] = grad(g.mul(y, y), [y, x, g.constant([1, 2])]) as [g.Tensor, g.Tensor, g.Tensor];
    expect(interpret({ p: { outputs: { dy, dx, dz } } }).step("p")).toEqual({ dy: 12, dx: 24, dz: new Float64Array(2) });
  });

  test("refuses outputs that are not scalars and integers", () => {
    expect(() => grad(g.constant([1, 2]), [])).toThrow(/scalar/);
    expect(() => grad(g.constant(1), [g.input("i", [], "int")])).toThrow(/floats/);
  });

  test("builds no permutation and no multiplication by one for a linear layer under a mean", () => {
    const x = g.input("x", [8, 3]);
    const w = g.state("w", [4, 3]);
    const loss = g.mul(g.sum(g.matmul(x, w, { transposeB: true })), 1 / 32);
    const gradient = grad(loss, [w])[0] as g.Tensor;
    expect(reachable([gradient]).map(({ op }) => op.kind)).toEqual(["input", "constant", "broadcast", "matmul"]);
  });
});
