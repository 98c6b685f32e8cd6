import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cos, exp, log, normalQuantile, pow, powi, sin } from "../../src/engine/deterministic-math.ts";
import * as g from "../../src/engine/graph.ts";
import { interpret } from "../../src/engine/interpreter.ts";

/** Largest relative difference of two functions over evenly spaced points. */
function worst(f: (x: number) => number, reference: (x: number) => number, low: number, high: number, count = 40_001): number {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const x = low + ((high - low) * i) / (count - 1);
    const [a, b] = [f(x), reference(x)];
    if (a !== b) largest = Math.max(largest, Math.abs(a / b - 1));
  }
  return largest;
}

describe("mathematics", () => {
  test("log agrees with Math.log to 1e-15, subnormal numbers included", () => {
    expect(worst(log, Math.log, 1e-9, 10)).toBeLessThan(1e-15);
    expect(worst(log, Math.log, 0.99, 1.01)).toBeLessThan(1e-15);
    expect(
      worst(
        (x) => log(Math.exp(x)),
        (x) => Math.log(Math.exp(x)),
        -740,
        709,
      ),
    ).toBeLessThan(1e-15);
    expect([0, -1, Number.POSITIVE_INFINITY, Number.NaN, 1, 5e-324].map(log)).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      0,
      Math.log(5e-324),
    ]);
  });

  test("exp agrees with Math.exp to 1e-15 over its whole range", () => {
    expect(worst(exp, Math.exp, -3, 3)).toBeLessThan(1e-15);
    expect(worst(exp, Math.exp, -708, 709.7)).toBeLessThan(1e-15);
    expect([0, 710, -746, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN].map(exp)).toEqual([
      1,
      Number.POSITIVE_INFINITY,
      0,
      0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
  });

  test("sin and cos agree with Math's to 1e-15, at large angles and close to their zeros too", () => {
    for (const [own, reference] of [
      [sin, Math.sin],
      [cos, Math.cos],
    ] as const) {
      expect(worst(own, reference, -7, 7)).toBeLessThan(1e-15);
      expect(worst(own, reference, -1e6, 1e6)).toBeLessThan(1e-15);
      expect(
        worst(
          (n) => own((Math.round(n) * Math.PI) / 2),
          (n) => reference((Math.round(n) * Math.PI) / 2),
          -1000,
          1000,
          2001,
        ),
      ).toBeLessThan(1e-15);
    }
    for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect([sin(x), cos(x)]).toEqual([Number.NaN, Number.NaN]);
    for (const x of [1e7, -1e30, Number.MAX_VALUE]) expect(sin(x) ** 2 + cos(x) ** 2).toBeCloseTo(1, 14);
    expect(sin(1e7)).toBeCloseTo(Math.sin(1e7), 8);
  });

  test("powi agrees with repeated multiplication done exactly", () => {
    fc.assert(
      fc.property(fc.integer({ min: -60, max: 60 }), fc.integer({ min: 0, max: 40 }), (base, n) => {
        expect(powi(base, n)).toBe(Number(BigInt(base) ** BigInt(n)));
      }),
    );
    expect(
      worst(
        (x) => powi(x, 1000),
        (x) => x ** 1000,
        0.6,
        1.8,
      ),
    ).toBeLessThan(1e-15);
    expect([powi(2, -3), powi(10, 400), powi(0, 0), powi(0.5, 1075), powi(10, 308)]).toEqual([
      0.125,
      Number.POSITIVE_INFINITY,
      1,
      0,
      1e308,
    ]);
    expect(() => powi(2, 0.5)).toThrow(RangeError);
  });

  test("pow takes any exponent of numbers that are not negative", () => {
    expect(
      worst(
        (x) => pow(x, 1.7),
        (x) => x ** 1.7,
        0,
        10,
      ),
    ).toBeLessThan(2e-15);
    expect([pow(0, 0.5), pow(3, 4), pow(-1, 0.5)]).toEqual([0, 81, Number.NaN]);
  });

  test("normalQuantile inverts the distribution function", () => {
    const p = Array.from({ length: 999 }, (_, i) => (i + 1) / 1000);
    const z = g.constant(p.map(normalQuantile));
    const inverted = g.mul(g.add(g.erf(g.mul(z, Math.SQRT1_2)), 1), 0.5);
    const values = interpret({ p: { outputs: { inverted } } }).step("p").inverted as Float64Array;
    p.forEach((share, i) => {
      expect(Math.abs((values[i] as number) / share - 1)).toBeLessThan(1e-13);
    });
    // The values that the algorithm's publication gives for checking.
    expect(normalQuantile(0.25)).toBeCloseTo(-0.6744897501960817, 15);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167813, 15);
    expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798409, 14);
  });
});
