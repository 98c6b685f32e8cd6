import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minimise } from "../../../src/training/evaluate/lbfgs.ts";
import { fitLogistic, outputsOf } from "../../../src/training/evaluate/logistic.ts";
import { solveRidge } from "../../../src/training/evaluate/ridge.ts";
import { fitStraightLine } from "../../../src/training/evaluate/straight-line.ts";

/** A number from 0 to 1 that looks random, counted. */
const noise = (place: number) => {
  const value = Math.sin(place * 12.9898 + 1) * 43758.5453;
  return value - Math.floor(value);
};

function matrix(rows: number, width: number): Float64Array {
  return Float64Array.from({ length: rows * width }, (_, place) => 2 * noise(place) - 1);
}

describe("ridge regression", () => {
  it("of one column is the sum of products over the sum of squares and the penalty", () => {
    const [x, y] = [Float64Array.of(-2, 1, 1), Float64Array.of(-3, 1, 2)];
    const [solution] = solveRidge({ rows: 3, width: 1, x, targets: [y], penalties: Float64Array.of(1) });
    expect(solution?.[0]).toBeCloseTo(9 / 7, 14);
  });

  it("leaves a gradient of zero for every target, also with more columns than rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 20 }), (rows, width) => {
        const x = matrix(rows, width);
        const targets = [0, 1].map((target) => Float64Array.from({ length: rows }, (_, row) => 5 * noise(1000 * target + row)));
        const penalties = Float64Array.from({ length: width }, (_, column) => 1 + column);
        const solutions = solveRidge({ rows, width, x, targets, penalties });
        targets.forEach((y, target) => {
          const b = solutions[target] as Float64Array;
          for (let column = 0; column < width; column++) {
            let gradient = (penalties[column] as number) * (b[column] as number);
            for (let row = 0; row < rows; row++) {
              const line = x.subarray(row * width, (row + 1) * width);
              const error = line.reduce((sum, value, i) => sum + value * (b[i] as number), 0) - (y[row] as number);
              gradient += error * (line[column] as number);
            }
            expect(Math.abs(gradient)).toBeLessThan(1e-9);
          }
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe("L-BFGS", () => {
  it("finds the least of Rosenbrock's valley", () => {
    const point = Float64Array.of(-1.2, 1);
    minimise(
      ([x, y], gradient) => {
        const [a, b] = [1 - (x as number), (y as number) - (x as number) ** 2];
        gradient[0] = -2 * a - 400 * (x as number) * b;
        gradient[1] = 200 * b;
        return a * a + 100 * b * b;
      },
      point,
      { maxCalls: 200, tolerance: 1e-9 },
    );
    expect(point[0]).toBeCloseTo(1, 8);
    expect(point[1]).toBeCloseTo(1, 8);
  });
});

describe("logistic regression", () => {
  it.each([2, 3, 7])(
    "of %i classes leaves a gradient of zero: the optimum is scikit-learn's, since there is but one",
    (classes) => {
      const [rows, width] = [80, 4];
      const x = matrix(rows, width);
      const targets = Int32Array.from({ length: rows }, (_, row) =>
        Math.min(classes - 1, Math.floor(classes * (0.7 * noise(row + 5000) + 0.15 * (1 + (x[row * width] as number))))),
      );
      const penalties = Float64Array.of(1, 1, 4, 0.5);
      const found = fitLogistic({ rows, width, x, targets, classes, penalties });
      const outputs = outputsOf(classes);
      expect(found).toHaveLength(outputs * (width + 1));
      for (let output = 0; output < outputs; output++) {
        const own = found.subarray(output * (width + 1), (output + 1) * (width + 1));
        for (let column = 0; column <= width; column++) {
          let gradient = column < width ? (penalties[column] as number) * (own[column] as number) : 0;
          for (let row = 0; row < rows; row++) {
            const line = [...x.subarray(row * width, (row + 1) * width), 1];
            const scores = Array.from({ length: outputs }, (_, k) =>
              line.reduce((sum, value, i) => sum + value * (found[k * (width + 1) + i] as number), 0),
            );
            const powers = (outputs === 1 ? [0, scores[0] as number] : scores).map(Math.exp);
            const index = outputs === 1 ? 1 : output;
            const probability = (powers[index] as number) / powers.reduce((a, b) => a + b, 0);
            gradient += (probability - (targets[row] === index ? 1 : 0)) * (line[column] as number);
          }
          expect(Math.abs(gradient) / rows).toBeLessThan(2e-6);
        }
      }
    },
  );

  it("does not care for the units of a column that is not scaled", () => {
    const features = Float32Array.from({ length: 200 }, (_, place) =>
      place % 2 === 0 ? 1e6 * noise(place) : 1e-6 * noise(place),
    );
    const targets = Float32Array.from({ length: 100 }, (_, row) => ((features[2 * row] as number) > 5e5 ? 1 : 0));
    const table = { rows: 100, featureWidth: 2, targetWidth: 1, features, targets, actual: null, weights: null };
    const fit = fitStraightLine({ train: table, preprocessing: null, classes: 2, scoredRows: 100, seed: 1 });
    if (!fit.fitted) throw new Error(fit.reason);
    const hits = fit.outputs(table).reduce((count, share, row) => count + ((share > 0.5 ? 1 : 0) === targets[row] ? 1 : 0), 0);
    expect(hits).toBeGreaterThan(95);
  });

  it("is fitted on rows drawn by the seed where all would take too long", () => {
    const [rows, width] = [3000, 400];
    const features = Float32Array.from({ length: rows * width }, (_, place) => noise(place));
    const targets = Float32Array.from({ length: rows }, (_, row) => row % 10);
    const table = { rows, featureWidth: width, targetWidth: 1, features, targets, actual: null, weights: null };
    const line = () => fitStraightLine({ train: table, preprocessing: null, classes: 10, scoredRows: 100, seed: 1 });
    const [one, two] = [line(), line()];
    if (!one.fitted || !two.fitted) throw new Error("no fit");
    expect(one.rows).toBeLessThan(rows);
    expect(one.rows).toBeGreaterThan(500);
    expect(two.outputs(table)).toEqual(one.outputs(table));
  });
});
