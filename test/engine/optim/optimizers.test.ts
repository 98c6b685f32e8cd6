import { describe, expect, test } from "vitest";
import { clipByNorm, clipByValue, createOptimizer, graph as g, type OptimizerSpec } from "../../../src/engine/index.ts";
import { valuesOf } from "../evaluate.ts";

/** The parameter after each of some gradients, one number wide, from 0. */
function path(spec: OptimizerSpec, lr: number, gradients: readonly number[]): number[] {
  const optimizer = createOptimizer(spec);
  let parameter = 0;
  let slots = { ...optimizer.slots };
  const constants = (values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, g.constant(value)]));
  return gradients.map((gradient, i) => {
    const scalars = Object.fromEntries(Object.entries(optimizer.scalars).map(([name, scalar]) => [name, scalar(i + 1, lr)]));
    const next = optimizer.update({
      parameter: g.constant(parameter),
      gradient: g.constant(gradient),
      slots: constants(slots),
      scalars: constants(scalars),
    });
    parameter = valuesOf(next.parameter)[0] as number;
    slots = Object.fromEntries(Object.entries(next.slots).map(([name, slot]) => [name, valuesOf(slot)[0] as number]));
    expect(Object.keys(slots).sort()).toEqual(Object.keys(optimizer.slots).sort());
    return parameter;
  });
}

const SPECS: readonly OptimizerSpec[] = [
  { type: "sgd" },
  { type: "sgd", momentum: 0.9, dampening: 0.5 },
  { type: "sgd", momentum: 0.9, nesterov: true },
  { type: "adam" },
  { type: "adam", amsgrad: true },
  { type: "adamw" },
  { type: "nadam" },
  { type: "rmsprop" },
  { type: "rmsprop", centered: true, momentum: 0.5 },
  { type: "adagrad" },
  { type: "adadelta" },
];

describe("optimisers", () => {
  for (const spec of SPECS) {
    test(`${JSON.stringify(spec)} goes against the gradient`, () => {
      expect(path(spec, 0.1, [1])[0]).toBeLessThan(0);
      expect(path(spec, 0.1, [-1])[0]).toBeGreaterThan(0);
    });

    test(`${JSON.stringify(spec)} passes NaN on, so that divergence is seen`, () => {
      expect(path(spec, 0.1, [1, Number.NaN, 1])).toEqual([expect.any(Number), Number.NaN, Number.NaN]);
    });

    test(`${JSON.stringify(spec)} computes scalars from step and rate alone, in any order`, () => {
      for (const name of Object.keys(createOptimizer(spec).scalars)) {
        const [forward, jumping] = [createOptimizer(spec).scalars[name], createOptimizer(spec).scalars[name]];
        const values = Array.from({ length: 50 }, (_, i) => forward?.(i + 1, 0.1));
        for (const step of [50, 3, 17, 1, 49, 2]) expect(jumping?.(step, 0.1)).toBe(values[step - 1]);
      }
    });
  }

  test("sgd's buffer begins with the whole first gradient, whatever the dampening", () => {
    const [first, second] = path({ type: "sgd", momentum: 0.5, dampening: 0.75 }, 1, [4, 8]);
    expect(first).toBe(-4);
    expect(second).toBe(-4 - (0.5 * 4 + 0.25 * 8));
  });

  test("adam's first step is the learning rate, whatever the size of the gradient", () => {
    for (const gradient of [1e-3, 1, 1e3]) expect(path({ type: "adam" }, 0.1, [gradient])[0]).toBeCloseTo(-0.1, 5);
  });

  test("adam's corrections keep their digits at the first steps and vanish at late ones", () => {
    const { step_size, bias_correction2_sqrt } = createOptimizer({ type: "adam" }).scalars;
    expect(step_size?.(1, 0.1)).toBeCloseTo(0.1 / (1 - 0.9), 14);
    expect(bias_correction2_sqrt?.(2, 0.1)).toBeCloseTo(Math.sqrt(1 - 0.999 ** 2), 14);
    expect(step_size?.(1_000_000, 0.1)).toBe(0.1);
    expect(bias_correction2_sqrt?.(1_000_000, 0.1)).toBe(1);
  });

  test("adamw shrinks the parameter itself, adam adds the decay to the gradient", () => {
    const still = (spec: OptimizerSpec) => {
      const optimizer = createOptimizer(spec);
      const zeros = Object.fromEntries(Object.keys(optimizer.slots).map((name) => [name, g.constant(0)]));
      const scalars = Object.fromEntries(Object.entries(optimizer.scalars).map(([name, f]) => [name, g.constant(f(1, 0.1))]));
      return valuesOf(
        optimizer.update({ parameter: g.constant(2), gradient: g.constant(0), slots: zeros, scalars }).parameter,
      )[0];
    };
    expect(still({ type: "adamw", weight_decay: 0.5 })).toBe(2 * (1 - 0.1 * 0.5));
    expect(still({ type: "adam", weight_decay: 0.5 })).toBeCloseTo(1.9, 6);
    expect(still({ type: "adam" })).toBe(2);
  });

  test("a centred rmsprop stays a number when the gradient is constant", () => {
    const gradients = new Array<number>(200).fill(0.1);
    expect(path({ type: "rmsprop", centered: true, alpha: 0.5 }, 1e-6, gradients).every(Number.isFinite)).toBe(true);
  });
});

describe("clipping", () => {
  const gradients = [g.constant([3, 0]), g.constant([4], [1, 1])];
  const clipped = (maxNorm: number, p?: number) => {
    const { gradients: result, norm } = clipByNorm(gradients, maxNorm, p);
    return { norm: valuesOf(norm)[0] as number, values: result.flatMap(valuesOf), shapes: result.map(({ shape }) => shape) };
  };

  test("scales all gradients by one factor to the norm allowed, and reports the norm before", () => {
    const { norm, values, shapes } = clipped(1);
    expect(norm).toBe(5);
    expect(shapes).toEqual([[2], [1, 1]]);
    [0.6, 0, 0.8].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 6);
    });
    expect(Math.hypot(...values)).toBeLessThanOrEqual(1);
  });

  test("leaves gradients within the norm as they are, to the bit", () => {
    expect(clipped(10)).toMatchObject({ norm: 5, values: [3, 0, 4] });
  });

  test("takes any p", () => {
    expect(clipped(10, 1).norm).toBe(7);
    expect(clipped(10, Number.POSITIVE_INFINITY).norm).toBe(4);
    expect(clipped(10, 3).norm).toBeCloseTo(91 ** (1 / 3), 12);
    expect(clipped(10, 1.5).norm).toBeCloseTo((3 ** 1.5 + 8) ** (1 / 1.5), 12);
    expect(clipped(2, Number.POSITIVE_INFINITY).values[2]).toBeCloseTo(2, 5);
  });

  test("takes zero gradients and none at all, and passes NaN on", () => {
    expect(valuesOf(clipByNorm([g.constant([0, 0])], 1).norm)).toEqual([0]);
    expect(clipByNorm([g.constant([0, 0])], 1).gradients.flatMap(valuesOf)).toEqual([0, 0]);
    expect(clipByNorm([], 1).gradients).toEqual([]);
    expect(clipByNorm([g.constant([Number.NaN, 1])], 1).gradients.flatMap(valuesOf)).toEqual([Number.NaN, Number.NaN]);
  });

  test("by value bounds each element", () => {
    expect(clipByValue([g.constant([-3, -0.5, 0.5, 3])], 1).flatMap(valuesOf)).toEqual([-1, -0.5, 0.5, 1]);
  });
});
