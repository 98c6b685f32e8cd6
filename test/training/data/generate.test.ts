import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Generator, generator } from "../../../src/domain/spec/spec.ts";
import { generate, generatorShape } from "../../../src/training/data/generate.ts";
import { type SplitResult, splitRows } from "../../../src/training/data/split.ts";

const TYPES = ["linear", "moons", "circles", "blobs", "spirals", "xor"] as const;
const options = (type: string, rest: object = {}): Generator => generator.parse({ type, ...rest });

describe.each(TYPES)("the generator %s", (type) => {
  it("gives the same rows for the same seed, and others for another", () => {
    expect(generate(options(type, { seed: 5 }))).toEqual(generate(options(type, { seed: 5 })));
    expect(generate(options(type, { seed: 6 }))).not.toEqual(generate(options(type, { seed: 5 })));
  });

  it("gives as many rows and classes as it says, every class alike", () => {
    const chosen = options(type, { samples: 120 });
    const { featureWidth, classes } = generatorShape(chosen);
    const table = generate(chosen);
    expect(table).toMatchObject({ rows: 120, featureWidth, targetWidth: 1 });
    if (type === "linear") return;
    const counts = new Map<number, number>();
    for (const label of table.targets) counts.set(label, (counts.get(label) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(Array.from({ length: classes }, (_, label) => label));
    if (type !== "xor") expect([...counts.values()].every((count) => count === 120 / classes)).toBe(true);
  });
});

it("moons without noise lie on their half circles", () => {
  const { features, targets } = generate(options("moons", { noise: 0, samples: 101 }));
  targets.forEach((label, row) => {
    const [x, y] = [features[2 * row] as number, features[2 * row + 1] as number];
    const radius = label === 0 ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5);
    expect(radius).toBeCloseTo(1, 6);
    expect(label === 0 ? y : 0.5 - y).toBeGreaterThanOrEqual(-1e-6);
  });
});

function partsOf(result: SplitResult) {
  if (!result.ok) throw new Error(result.errors[0].detail);
  return result.parts;
}

describe("a split", () => {
  const split = fc.record({
    samples: fc.integer({ min: 2, max: 200 }),
    share: fc.double({ min: 0, max: 0.9, noNaN: true }),
    seed: fc.nat(),
    stratify: fc.boolean(),
  });

  it("puts every row in one part, and never leaves the training part empty", () => {
    fc.assert(
      fc.property(split, ({ samples, share, seed, stratify }) => {
        const { targets } = generate(options("blobs", { samples, features: 1, classes: 2 }));
        const shares = { validation: share, test: share / 2, stratify };
        const parts = partsOf(splitRows(samples, shares, seed, { classes: targets, column: null }));
        expect(parts.train.length).toBeGreaterThan(0);
        const together = [...parts.train, ...parts.validation, ...parts.test].sort((a, b) => a - b);
        expect(together).toEqual(Array.from({ length: samples }, (_, row) => row));
      }),
    );
  });

  it("keeps the classes in proportion when stratified", () => {
    const { targets } = generate(options("moons", { samples: 200 }));
    const shares = { validation: 0.2, test: 0.1, stratify: true };
    const { validation, test } = partsOf(splitRows(200, shares, 9, { classes: targets, column: null }));
    const positives = (rows: Int32Array) => rows.filter((row) => targets[row] === 1).length;
    expect([validation.length, positives(validation), test.length, positives(test)]).toEqual([40, 20, 20, 10]);
  });
});
