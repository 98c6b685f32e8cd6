import { describe, expect, it } from "vitest";
import type { CurveFigureName } from "../../../src/domain/explanations/learning-curve.ts";
import { curveFigure } from "../../../src/training/learning-curve/forecast.ts";

const SIZES = [40, 57, 80, 113, 160];
const REPEATS = 8;
/** Half of the steps of a doubling. */
const STEP = 0.01;

/** A curve that rises by the same for each size, where the figure of a repeat differs by `noise` of its number. */
const repeatsOf = (step: number, from = 0.5, noise: (repeat: number, size: number) => number = () => 0) =>
  SIZES.map((_, size) => Float64Array.from({ length: REPEATS }, (__, repeat) => from + size * step + noise(repeat, size)));

const figureOf = (name: CurveFigureName, repeats: readonly Float64Array[], scored = 1e9) =>
  curveFigure(name, SIZES, repeats, repeats, scored);

describe("the band of twice the rows", () => {
  it("is of the gains of the last doublings alone, where repeats do not differ", () => {
    const { forecast, points } = figureOf("r2", repeatsOf(STEP));
    const gain = 2 * STEP;
    expect(points.at(-1)).toMatchObject({ rows: 160, mean: expect.closeTo(0.54, 12), training: expect.closeTo(0.54, 12) });
    expect(forecast).toMatchObject({ rows: 320, level: 0.8, verdict: "helps" });
    expect(forecast?.gain[0]).toBeCloseTo((0.6 - 1.32 * 0.4) * gain, 12);
    expect(forecast?.gain[1]).toBeCloseTo((0.6 + 1.32 * 0.4) * gain, 12);
  });

  it("is as wide as half of the spread of paired gains, however much repeats differ from each other", () => {
    // What a repeat has on all sizes alike leaves its gains as they are.
    const level = figureOf(
      "r2",
      repeatsOf(STEP, 0.2, (repeat) => repeat / 20),
    ).forecast;
    expect(level?.gain[0]).toBeCloseTo((0.6 - 1.32 * 0.4) * 2 * STEP, 12);
    // Gains of -1, 0, 0, 0, 0, 0, 0, 1 have nothing left once the ends are drawn in, gains of +-d a variance of 8 / 7 d^2.
    const sign = (repeat: number) => (repeat % 2 === 0 ? 1 : -1);
    const flat = repeatsOf(0, 0.5, (repeat, size) => (size < 2 ? 0 : Math.floor(size / 2) * 0.01 * sign(repeat)));
    const spread = Math.sqrt((1.6 * 8) / 7) * 0.01;
    const { forecast } = figureOf("r2", flat);
    expect(forecast?.gain[1]).toBeCloseTo((1.32 * spread) / 2, 12);
    expect(forecast?.gain[0]).toBeCloseTo((-1.32 * spread) / 2, 12);
  });

  it("does not hear a repeat that went astray on few rows", () => {
    const astray = repeatsOf(STEP, 0.5, (repeat, size) => (repeat === 3 && size < 2 ? -1e6 : 0));
    expect(figureOf("r2", astray).forecast?.gain[1]).toBeCloseTo((0.6 + 1.32 * 0.4) * 2 * STEP, 12);
  });

  it("is at least as wide as one of the scored rows, and stays where the figure can be", () => {
    const perfect = figureOf("accuracy", repeatsOf(0, 1), 50).forecast;
    expect(perfect).toMatchObject({ figure: [expect.closeTo(1 - 1.32 / 50, 12), 1], verdict: "flat" });
    expect(figureOf("rmse", repeatsOf(-0.1, 0.41)).forecast?.figure[0]).toBe(0);
  });

  it.each([
    ["accuracy", STEP, 0.5, "helps"],
    ["accuracy", -STEP, 0.5, "flat"],
    ["accuracy", 0.001, 0.5, "flat"],
    ["log_loss", -STEP, 0.5, "helps"],
    ["log_loss", STEP, 0.5, "flat"],
    ["mae", -1, 500, "flat"],
    ["mae", -20, 500, "helps"],
  ] as const)("of %s that changes by %d a size from %d says %s", (name, step, from, verdict) => {
    expect(figureOf(name, repeatsOf(step, from)).forecast?.verdict).toBe(verdict);
  });

  it("says that more data may help where the band reaches from worse to better", () => {
    const noisy = repeatsOf(0, 0.5, (repeat, size) => (repeat % 2 === 0 ? 1 : -1) * 0.03 * Math.floor(size / 2));
    expect(figureOf("accuracy", noisy).forecast?.verdict).toBe("may_help");
  });

  it("is left out where fewer than eight pairs of trainings came to a figure, and points without three trainings", () => {
    const none = repeatsOf(STEP, 0.5, (repeat, size) => (size === 2 && repeat > 1 ? Number.NaN : 0));
    const { points, forecast } = figureOf("accuracy", none);
    expect(points[2]).toEqual({ rows: 80, mean: null, band: null, training: null });
    expect(forecast).toBeNull();
    const seven = repeatsOf(STEP, 0.5, (repeat, size) => (size === 2 && repeat === 7 ? Number.NaN : 0));
    const { points: known, forecast: unknown } = figureOf("accuracy", seven);
    expect(known[2]?.mean).not.toBeNull();
    expect(unknown).toBeNull();
  });
});

it("the band of a point holds the 10th to the 90th percentile of its trainings, as NumPy's", () => {
  const { points } = figureOf(
    "accuracy",
    repeatsOf(0, 0, (repeat) => repeat / 10),
  );
  expect(points[0]?.band).toEqual([expect.closeTo(0.07, 12), expect.closeTo(0.63, 12)]);
});
