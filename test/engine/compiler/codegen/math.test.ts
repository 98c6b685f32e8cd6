/** The functions of math.ts against float64, in units in the last place, and at the values where formulas break. */
import { describe, expect, it } from "vitest";
import { TRIGONOMETRIC_RANGE } from "../../../../src/engine/compiler/codegen/math.ts";
import { compile } from "../../../../src/engine/compiler/compile.ts";
import type { Tensor } from "../../../../src/engine/graph.ts";
import * as graph from "../../../../src/engine/graph.ts";
import { interpret } from "../../../../src/engine/interpreter.ts";

type Unary = (x: Tensor) => Tensor;

function evaluate(fn: Unary, values: Float32Array): readonly [Float32Array, Float64Array] {
  const programs = { p: { outputs: { y: fn(graph.input("x", [values.length])) } } };
  const compiled = compile(programs).step("p", { x: values }).y as Float32Array;
  const expected = interpret(programs).step("p", { x: values }).y as Float64Array;
  return [compiled, expected];
}

const bits = new DataView(new ArrayBuffer(4));

/** Distance between neighbouring float32 numbers at x. */
function ulpOf(x: number): number {
  bits.setFloat32(0, Math.abs(x));
  const exponent = Math.max(1, bits.getUint32(0) >>> 23);
  return 2 ** (exponent - 127 - 23);
}

/** Numbers of every magnitude and of both signs between the bounds, evenly spread over the bit patterns, and evenly spread. */
function sampled(low: number, high: number, count = 60_000): Float32Array {
  const values: number[] = [];
  for (let index = 0; index < count; index++) values.push(low + ((high - low) * (index + 0.5)) / count);
  for (let pattern = 0; pattern < 0x7f80_0000; pattern += 40_009) {
    bits.setUint32(0, pattern);
    const x = bits.getFloat32(0);
    for (const signed of [x, -x]) if (signed >= low && signed <= high) values.push(signed);
  }
  return Float32Array.from(values);
}

/** Largest error in ulp, and where. */
function worst(fn: Unary, values: Float32Array): { ulp: number; x: number } {
  const [actual, expected] = evaluate(fn, values);
  let found = { ulp: 0, x: 0 };
  actual.forEach((value, index) => {
    const exact = expected[index] as number;
    if (Object.is(Math.fround(exact), value) || (Number.isNaN(exact) && Number.isNaN(value))) return;
    const ulp = Math.abs(value - exact) / ulpOf(exact);
    if (!(ulp <= found.ulp)) found = { ulp, x: values[index] as number };
  });
  return found;
}

const LIMITS: readonly { name: string; fn: Unary; low: number; high: number; ulp: number }[] = [
  { name: "exp", fn: graph.exp, low: -110, high: 95, ulp: 1.5 },
  { name: "log", fn: graph.log, low: 0, high: 3.4e38, ulp: 1.5 },
  { name: "log1p", fn: graph.log1p, low: -1, high: 3.4e38, ulp: 2 },
  { name: "tanh", fn: graph.tanh, low: -20, high: 20, ulp: 5 },
  { name: "sigmoid", fn: graph.sigmoid, low: -110, high: 110, ulp: 3 },
  { name: "erf", fn: graph.erf, low: -12, high: 12, ulp: 2 },
  { name: "sqrt", fn: graph.sqrt, low: 0, high: 3.4e38, ulp: 0.5 },
  { name: "rsqrt", fn: graph.rsqrt, low: 0, high: 3.4e38, ulp: 1.5 },
];

describe("elementwise functions", () => {
  it.each(LIMITS)("$name is within $ulp ulp", ({ fn, low, high, ulp }) => {
    const error = worst(fn, sampled(low, high));
    expect(error.ulp, `at ${error.x}`).toBeLessThanOrEqual(ulp);
  });

  it.each([
    ["sin", graph.sin],
    ["cos", graph.cos],
  ] as const)("%s is within 2^-23 of the truth in its range", (_, fn) => {
    const values = sampled(-TRIGONOMETRIC_RANGE, TRIGONOMETRIC_RANGE);
    const [actual, expected] = evaluate(fn, values);
    const error = actual.reduce((most, value, index) => Math.max(most, Math.abs(value - (expected[index] as number))), 0);
    expect(error).toBeLessThanOrEqual(2 ** -23);
  });

  const special = Float32Array.of(
    0,
    -0,
    1,
    -1,
    1.4e-45,
    -1.4e-45,
    1e-40,
    -1e-40,
    Infinity,
    -Infinity,
    NaN,
    3.4e38,
    -3.4e38,
    88.72,
    89,
    -104,
    -87.4,
  );

  it.each([
    ["neg", graph.neg],
    ["abs", graph.abs],
    ["sign", graph.sign],
    ["exp", graph.exp],
    ["log", graph.log],
    ["log1p", graph.log1p],
    ["sqrt", graph.sqrt],
    ["rsqrt", graph.rsqrt],
    ["tanh", graph.tanh],
    ["sigmoid", graph.sigmoid],
    ["erf", graph.erf],
  ] as const)("%s is right at zeros, subnormals, infinities and NaN", (name, fn) => {
    const [actual, expected] = evaluate(fn, special);
    special.forEach((x, index) => {
      const exact = expected[index] as number;
      const value = actual[index] as number;
      const rounded = Math.fround(exact);
      if (Number.isFinite(rounded) && rounded !== 0)
        expect(Math.abs(value - exact) / ulpOf(exact), `${name}(${x})`).toBeLessThanOrEqual(4);
      else expect(value, `${name}(${x})`).toBe(rounded);
    });
  });

  it("tanh and erf never leave -1..1, and sigmoid never leaves 0..1", () => {
    const values = sampled(-30, 30);
    for (const fn of [graph.tanh, graph.erf]) expect(Math.max(...evaluate(fn, values)[0].map(Math.abs))).toBe(1);
    const [probabilities] = evaluate(graph.sigmoid, values);
    expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
  });

  it("maximum and minimum let NaN win from either side", () => {
    const values = Float32Array.of(1, NaN, NaN, -3);
    const x = graph.input("x", [4]);
    const y = graph.input("y", [4]);
    const outputs = {
      high: graph.maximum(x, y),
      low: graph.minimum(x, y),
      bounded: graph.maximum(x, 0),
      least: graph.minimum(0, x),
    };
    const result = compile({ p: { outputs } }).step("p", { x: values, y: Float32Array.of(2, 1, NaN, NaN) });
    expect(Array.from(result.high as Float32Array)).toEqual([2, NaN, NaN, NaN]);
    expect(Array.from(result.low as Float32Array)).toEqual([1, NaN, NaN, NaN]);
    expect(Array.from(result.bounded as Float32Array)).toEqual([1, NaN, NaN, 0]);
    expect(Array.from(result.least as Float32Array)).toEqual([0, NaN, NaN, -3]);
  });

  it("NaN wins a maximum over an axis", () => {
    const x = graph.input("x", [3, 40]);
    const values = new Float32Array(120).fill(1);
    values[47] = NaN;
    const result = compile({ p: { outputs: { y: graph.max(x, [1]), all: graph.max(x) } } }).step("p", { x: values });
    expect(Array.from(result.y as Float32Array)).toEqual([1, NaN, 1]);
    expect(result.all).toBeNaN();
  });
});
