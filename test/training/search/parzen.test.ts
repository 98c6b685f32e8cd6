import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parameter } from "../../../src/domain/sweeps/parameter.ts";
import type { Dimension } from "../../../src/domain/sweeps/parameter-space.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { normalCdf, truncatedNormal } from "../../../src/training/search/normal.ts";
import { createDensity } from "../../../src/training/search/parzen.ts";

interface Reference {
  readonly ranges: Readonly<Record<string, object>>;
  readonly cases: readonly {
    readonly names: string[];
    readonly observed: Readonly<Record<string, number[]>>;
    readonly asked: Readonly<Record<string, number[]>>;
    readonly log_density: number[];
  }[];
  readonly normal: readonly [number, number][];
}

/** Densities of Optuna's estimator: test/fixtures/sweeps/generate.py. */
const REFERENCE = JSON.parse(readFileSync("test/fixtures/sweeps/densities.json", "utf8")) as Reference;

function dimensionOf(name: string): Dimension {
  const given = parameter.parse(REFERENCE.ranges[name]);
  if ("min" in given) return { kind: "range", pointer: name, condition: null, range: given };
  const values = "values" in given ? given.values : [];
  return { kind: "options", pointer: name, condition: null, options: values.map((value) => ({ value, part: value })) };
}

/** Values of the reference, where options are places. */
const valueIn = (dimension: Dimension, number: number) =>
  dimension.kind === "range" ? number : (dimension.options[number]?.value ?? null);

describe("the Parzen estimator", () => {
  it.each(REFERENCE.cases.map((each) => [each.names.join(" and "), Object.values(each.observed)[0]?.length, each] as const))(
    "has Optuna's density: %s of %d trials",
    (_, count = 0, { names, observed, asked, log_density }) => {
      const dimensions = names.map(dimensionOf);
      const rowOf = (table: Readonly<Record<string, number[]>>, row: number) =>
        dimensions.map((dimension) => valueIn(dimension, table[dimension.pointer]?.[row] as number));
      const trials = Array.from({ length: count }, (__, row) =>
        Object.fromEntries(rowOf(observed, row).map((value, place) => [names[place] as string, value])),
      );
      const density = createDensity(dimensions, trials, 1);
      const found = log_density.map((__, row) => density.logAt(rowOf(asked, row)));
      for (const [row, expected] of log_density.entries()) expect(found[row]).toBeCloseTo(expected, 7);
    },
  );

  it("draws what it has the density of", () => {
    const dimensions = ["integer", "values"].map(dimensionOf);
    const trials = [2, 2, 3, 7].map((integer) => ({ integer, values: integer > 2 ? "a" : "c" }));
    const density = createDensity(dimensions, trials, 1);
    const random = createRandom(streamKey(0, "test"));
    const counts = new Map<string, number>();
    const draws = 20_000;
    for (let draw = 0; draw < draws; draw++) {
      const values = JSON.stringify(density.draw(() => random.uniform()));
      counts.set(values, (counts.get(values) ?? 0) + 1);
    }
    let total = 0;
    for (let integer = 0; integer < 10; integer++) {
      for (const value of ["a", "b", "c"]) {
        const chance = Math.exp(density.logAt([integer, value]));
        total += chance;
        const share = (counts.get(JSON.stringify([integer, value])) ?? 0) / draws;
        expect(Math.abs(share - chance)).toBeLessThan(5 * Math.sqrt(chance / draws));
      }
    }
    expect(total).toBeCloseTo(1, 9);
  });
});

describe("the normal distribution", () => {
  it.each(REFERENCE.normal)("has SciPy's mass below %d", (x, mass) => {
    expect(Math.abs(normalCdf(x) - mass)).toBeLessThanOrEqual(Math.min(1e-15, 1e-7 * mass + 1e-300));
  });

  it("stays within its bounds when it is cut off", () => {
    for (const uniform of [0, 1e-300, 0.5, 1 - 2 ** -53]) {
      for (const deviation of [1e-3, 0.3, 1]) {
        const drawn = truncatedNormal(uniform, 0, 1, uniform > 0.5 ? 1 : 0, deviation);
        expect(drawn).toBeGreaterThanOrEqual(0);
        expect(drawn).toBeLessThanOrEqual(1);
      }
    }
  });
});
