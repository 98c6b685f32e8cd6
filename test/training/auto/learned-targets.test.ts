import { describe, expect, it } from "vitest";
import type { Layer } from "../../../src/domain/spec/layers.ts";
import { packTensors, unpackTensors } from "../../../src/domain/tensor.ts";
import {
  inOwnUnits,
  type Learned,
  learnedRows,
  lossOfClasses,
  ownUnitsLayers,
  targetUnits,
} from "../../../src/training/auto/learned-targets.ts";
import type { Table } from "../../../src/training/data/table.ts";
import { rangesWidely } from "../../../src/training/data/target-units.ts";
import { createInference } from "../../../src/training/predict/inference.ts";
import { datasetOf } from "../dataset.ts";
import { prepare } from "../train.ts";

const AS_IT_IS: Learned = { logarithm: false, smoothing: 0, balance: 0 };

/** Rows whose one feature is their target as it is learned, so that a line of slope 1 answers it. */
function tableOf(targets: readonly number[], actual: readonly number[] | null): Table {
  return {
    rows: targets.length,
    featureWidth: 1,
    targetWidth: 1,
    features: Float32Array.from(targets),
    targets: Float32Array.from(targets),
    actual: actual && Float64Array.from(actual),
    weights: null,
  };
}

const line = (bias: number) =>
  packTensors([
    { name: "0.weight", shape: [1, 1], values: [1] },
    { name: "0.bias", shape: [1], values: [bias] },
  ]);
const LINEAR: Layer = { type: "linear", units: 1, bias: true };

describe("logarithms that a candidate learns", () => {
  const own = [3, 0, 1500, 20, 7, 90_000];
  const scaling = { offset: 1000, scale: 250 };
  const table = tableOf(
    own.map((value) => (value - scaling.offset) / scaling.scale),
    own,
  );
  const learned = { ...AS_IT_IS, logarithm: true };
  const units = targetUnits(table, [scaling], 0);
  const layers = [LINEAR, ...ownUnitsLayers(learned, 1)];
  const network = { layers, preprocessing: null, inputWidth: 1, outputWidth: 1, activation: "none" } as const;
  const outputs = (features: Float32Array) =>
    createInference(network, inOwnUnits(line(0), learned, units, 1), [32]).outputs(features, features.length);

  it("have mean 0 and variance 1, and come back to the units of all candidates", () => {
    const { targets } = learnedRows(table, learned, units, true);
    const mean = targets.reduce((sum, value) => sum + value, 0) / own.length;
    expect(mean).toBeCloseTo(0, 6);
    expect(targets.reduce((sum, value) => sum + value ** 2, 0) / own.length).toBeCloseTo(1, 6);
    const answers = outputs(targets);
    // Of the greatest value's digits, which is what float32 has of all of them.
    const exactness = 1e-6 * (90_000 / scaling.scale);
    answers.forEach((value, row) => {
      expect(Math.abs(value - (table.targets[row] as number))).toBeLessThan(exactness);
    });
  });

  it("go on as a straight line above the greatest of the training rows", () => {
    const [at, above, further] = outputs(Float32Array.of(2.2, 3.2, 4.2)) as unknown as [number, number, number];
    expect(further - above).toBeCloseTo(above - at, -1);
    // e to the power of the distance would be some hundred times the greatest value.
    expect(further).toBeLessThan(12 * (90_000 / scaling.scale));
  });

  it("are not there for values of -1 and below, nor where the job learns logarithms anyway", () => {
    expect(targetUnits(tableOf([0, -1], [0, -1]), [null], 0).logs).toBe(null);
    expect(targetUnits(table, [{ ...scaling, transform: "log" }], 0).logs).toBe(null);
  });

  it.each([
    ["exponentials", own, true],
    ["values alike", [4, 4, 4], false],
    ["values of one size", [4, 5, 6, 7], false],
    ["values that are small", own.map((value) => value / 1e9), false],
    ["values below -1", [...own, -2], false],
    ["none", [Number.NaN], false],
  ])("are tried for %s: %s", (_, values, expected) => {
    expect(rangesWidely([...values, Number.NaN])).toBe(expected);
  });
});

describe("classes that a candidate learns", () => {
  const table = tableOf([0, 0, 0, 1], null);
  const units = targetUnits(table, [null], 2);

  it("are smoothed for training and not for stopping", () => {
    const learned = { ...AS_IT_IS, smoothing: 0.1 };
    expect(Array.from(learnedRows(table, learned, units, true).targets, (value) => Number(value.toFixed(6)))).toEqual([
      0.05, 0.05, 0.05, 0.95,
    ]);
    expect(learnedRows(table, learned, units, false).targets).toEqual(table.targets);
    expect(lossOfClasses(learned, [3, 3, 3])).toMatchObject({ type: "cross_entropy", label_smoothing: 0.1 });
  });

  it("weigh by how rare they are, and their logits are as frequent as they are again", () => {
    const learned = { ...AS_IT_IS, balance: 1 };
    expect(lossOfClasses(learned, units.counts)).toEqual({ type: "bce_with_logits", pos_weight: 3 });
    const shifted = unpackTensors(inOwnUnits(line(0.5), learned, units, 1)).get("0.bias")?.[0];
    expect(shifted).toBeCloseTo(0.5 - Math.log(3), 6);
    const loss = lossOfClasses(learned, [10, 20, 30]);
    expect(loss).toMatchObject({ type: "cross_entropy", weight: [2, 1, expect.closeTo(2 / 3, 12)] });
    expect(inOwnUnits(line(0.5), AS_IT_IS, units, 1)).toEqual(line(0.5));
  });
});

describe("the candidates of a search", () => {
  const x = Array.from({ length: 200 }, (_, row) => ((row * 37) % 200) / 20);
  const candidates = (target: readonly (string | number)[]) => {
    const spec = { data: { dataset: { id: "ds", target: "target" } } };
    const prepared = prepare(spec, {}, datasetOf({ x, target }));
    if (!prepared.ok || !("auto" in prepared.spec.model)) throw new Error(JSON.stringify(prepared));
    return (prepared.spec.model.auto as { candidates?: string[] }).candidates as string[];
  };
  const kinds = (names: readonly string[]) => ({
    wide: names.some((name) => name.endsWith(", log")),
    rare: names.some((name) => name.endsWith(", balanced")),
    classes: names.some((name) => name.endsWith(", smoothed")),
    periodic: names.some((name) => name.startsWith("periodic")),
  });

  it.each<[string, (string | number)[], ReturnType<typeof kinds>]>([
    ["values", x.map((value) => 2 * value + 0.5), { wide: false, rare: false, classes: false, periodic: true }],
    [
      "values of wide range",
      x.map((value) => Math.exp(value) + 0.5),
      { wide: true, rare: false, classes: false, periodic: true },
    ],
    ["classes", x.map((value) => (value > 5 ? "a" : "b")), { wide: false, rare: false, classes: true, periodic: true }],
    ["a rare class", x.map((value) => (value > 9 ? "a" : "b")), { wide: false, rare: true, classes: true, periodic: true }],
  ])("of %s are those that it is for", (_, target, expected) => {
    expect(kinds(candidates(target))).toEqual(expected);
  });
});
