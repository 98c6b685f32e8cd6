import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  evaluation as evaluationSchema,
  MAX_CURVE_POINTS,
  MAX_RESIDUALS,
  type PartEvaluation,
  WORST_RESIDUALS,
} from "../../../src/domain/models/evaluation.ts";
import { evaluateClasses, evaluateValues } from "../../../src/training/evaluate/evaluate.ts";
import { type Areas, areasUnderCurves } from "../../../src/training/evaluate/roc.ts";

interface ClassCase {
  readonly name: string;
  readonly classes: number;
  readonly outputs: number[];
  readonly targets: number[];
  readonly scores: Record<string, unknown>;
  readonly calibration: { readonly frequency: number[]; readonly probability: number[] } | null;
}

interface ValueCase {
  readonly name: string;
  readonly rows: number;
  readonly outputs: number[];
  readonly targets: number[];
  readonly scores: Record<string, number>;
}

/** Made by scikit-learn. */
const golden = JSON.parse(readFileSync(new URL("../../fixtures/evaluation/evaluation.json", import.meta.url), "utf8")) as {
  classification: ClassCase[];
  regression: ValueCase[];
};

const f32 = (values: readonly number[]) => Float32Array.from(values);
const labels = (count: number) => Array.from({ length: count }, (_, index) => `class ${index}`);

/** Every number of `expected` at the same place in `actual`, to 1e-9 relative. */
function expectSame(actual: unknown, expected: unknown, path = ""): void {
  if (typeof expected === "number") {
    expect(Math.abs((actual as number) - expected), `${path}: ${actual} for ${expected}`).toBeLessThanOrEqual(
      1e-9 * Math.max(1, Math.abs(expected)),
    );
  } else if (expected === null) expect(actual, path).toBeNull();
  else
    for (const [key, value] of Object.entries(expected as object))
      expectSame((actual as Record<string, unknown>)[key], value, `${path}/${key}`);
}

describe("evaluation of classes, as scikit-learn's", () => {
  it.each(golden.classification)("$name", ({ classes, outputs, targets, scores, calibration }) => {
    const evaluation = evaluateClasses({ rows: targets.length, outputs: f32(outputs), targets: f32(targets) }, labels(classes));
    expectSame(evaluation, scores);
    if (calibration) {
      const bins = evaluation.calibration.bins.filter(({ rows }) => rows > 0);
      expectSame(
        bins.map(({ frequency }) => frequency),
        calibration.frequency,
      );
      expectSame(
        bins.map(({ probability }) => probability),
        calibration.probability,
      );
    }
    expect(evaluationSchema.safeParse(whole(evaluation)).success).toBe(true);
  });

  it("lists no classes above a hundred, and still has the averages", () => {
    const rows = 300;
    const outputs = new Float32Array(rows * 150).fill(1 / 150);
    const evaluation = evaluateClasses(
      { rows, outputs, targets: f32(Array.from({ length: rows }, (_, row) => row % 150)) },
      labels(150),
    );
    expect(evaluation).toMatchObject({ accuracy: 1 / 150, classes: null, confusion_matrix: null, roc_auc: null, pr_auc: null });
  });
});

describe("the Matthews correlation", () => {
  const oneHot = (...places: number[]) =>
    Float32Array.from(places.flatMap((place) => [0, 1, 2].map((at) => (at === place ? 1 : 0))));

  it("is the correlation of the indicators of true and predicted classes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { minLength: 2, maxLength: 30 }), (rows) => {
        const share = (of: (row: [number, number]) => boolean) => rows.filter(of).length / rows.length;
        const covariance = (a: 0 | 1, b: 0 | 1) =>
          [0, 1, 2].reduce(
            (sum, place) =>
              sum +
              share((row) => row[a] === place && row[b] === place) -
              share((row) => row[a] === place) * share((row) => row[b] === place),
            0,
          );
        const spread = Math.sqrt(covariance(0, 0) * covariance(1, 1));
        const outputs = oneHot(...rows.map(([chosen]) => chosen));
        const targets = Float32Array.from(rows, ([, actual]) => actual);
        const { mcc } = evaluateClasses({ rows: rows.length, outputs, targets }, ["a", "b", "c"]);
        expect(mcc).toBeCloseTo(spread > 1e-9 ? covariance(0, 1) / spread : 0, 9);
      }),
    );
  });

  it("is the example of scikit-learn's guide", () => {
    const outputs = Float32Array.of(1, 0, 1, 1);
    const targets = Float32Array.of(1, 1, 1, 0);
    expect(evaluateClasses({ rows: 4, outputs, targets }, ["-1", "1"]).mcc).toBeCloseTo(-1 / 3, 12);
  });
});

describe("evaluation of values, as scikit-learn's", () => {
  it.each(golden.regression)("$name", ({ rows, outputs, targets, scores }) => {
    const evaluation = evaluateValues({ rows, outputs: f32(outputs), targets: f32(targets) });
    expectSame(evaluation, scores);
    expect(evaluationSchema.safeParse(whole(evaluation)).success).toBe(true);
  });

  it("is in the target's own units when targets were scaled", () => {
    const { rows, outputs, targets, scores } = golden.regression[0] as ValueCase;
    const scaling = { offset: 3, scale: 0.5 };
    const scaled = (values: number[]) => f32(values.map((value) => (value - scaling.offset) / scaling.scale));
    const evaluation = evaluateValues({ rows, outputs: scaled(outputs), targets: scaled(targets) }, [scaling]);
    for (const [name, value] of Object.entries(scores)) {
      expect(evaluation[name as "mae"]).toBeCloseTo(value, 5);
    }
  });

  it("is null where a score is not finite", () => {
    const evaluation = evaluateValues({ rows: 2, outputs: f32([1, Number.POSITIVE_INFINITY]), targets: f32([1, 2]) });
    expect(evaluation).toMatchObject({ rows: 2, mae: null, rmse: null, r2: null, mape: null });
    expect(evaluation.residuals).toEqual({ actual: [1, 2], predicted: [1, null] });
  });

  it("lists rows with what was predicted, in the target's own units, and only so many", () => {
    const rows = 3 * MAX_RESIDUALS;
    const targets = f32(Array.from({ length: rows }, (_, row) => row));
    const { residuals } = evaluateValues({ rows, outputs: targets.map((value) => value + 1), targets }, [
      { offset: 10, scale: 2 },
    ]);
    const actual = (residuals?.actual ?? []) as number[];
    expect(actual.length).toBeLessThanOrEqual(MAX_RESIDUALS);
    expect(actual.length).toBeGreaterThan(0.9 * MAX_RESIDUALS);
    expect(actual).toEqual(actual.toSorted((a, b) => a - b));
    // Spread over the whole part.
    expect(Math.max(...actual.slice(WORST_RESIDUALS).map((value, at, all) => value - (all[at - 1] ?? value)))).toBeLessThan(10);
    expect([actual[0], (actual.at(-1) ?? 0) > 10 + 2 * (rows - 5)]).toEqual([10, true]);
    expect(residuals?.predicted).toEqual(residuals?.actual.map((value) => (value as number) + 2));
    expect(evaluateValues({ rows: 2, outputs: f32([1, 2, 3, 4]), targets: f32([1, 2, 3, 4]) }).residuals).toBeNull();
  });

  it("lists every outlier, wherever it is", () => {
    const rows = 10 * MAX_RESIDUALS;
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(rows - 1), { minLength: 1, maxLength: WORST_RESIDUALS }), (outliers) => {
        const targets = f32(Array.from({ length: rows }, (_, row) => row));
        const outputs = targets.slice();
        for (const row of outliers) outputs[row] = row - 1e6;
        const { residuals } = evaluateValues({ rows, outputs, targets });
        const listed = residuals?.actual.filter((value, at) => (residuals.predicted[at] ?? 0) < (value ?? 0) - 9e5);
        expect(listed).toEqual(outliers.toSorted((a, b) => a - b));
      }),
      { numRuns: 20 },
    );
  });
});

function whole(train: PartEvaluation) {
  return { train, validation: null, test: train, importance: null };
}

describe("laws", () => {
  const scored = fc.array(
    fc.record({
      score: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.float({ min: 0, max: 1, noNaN: true })),
      positive: fc.boolean(),
    }),
    { minLength: 2, maxLength: 40 },
  );
  const areas = (rows: readonly { score: number; positive: boolean }[], options?: { falling: boolean }) =>
    areasUnderCurves(f32(rows.map(({ score }) => score)), (row) => rows[row]?.positive === true, options);

  it("the area under the ROC curve is the share of pairs in the right order", () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const [positives, negatives] = [rows.filter(({ positive }) => positive), rows.filter(({ positive }) => !positive)];
        fc.pre(positives.length > 0 && negatives.length > 0);
        const won = positives.flatMap((p) =>
          negatives.map((n): number =>
            Math.fround(p.score) > Math.fround(n.score) ? 1 : Math.fround(p.score) === Math.fround(n.score) ? 0.5 : 0,
          ),
        );
        expect(areas(rows)?.roc).toBeCloseTo(won.reduce((a, b) => a + b, 0) / won.length, 12);
      }),
    );
  });

  it("a ROC curve of few rows has the same area, runs from (0, 0) to (1, 1), and never falls", () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const found = areas(rows);
        fc.pre(found !== null);
        const { false_positive_rate: x, true_positive_rate: y } = (found as Areas).curve;
        expect([x[0], y[0], x.at(-1), y.at(-1)]).toEqual([0, 0, 1, 1]);
        let area = 0;
        for (let point = 1; point < x.length; point++) {
          const [left, right, low, high] = [x[point - 1], x[point], y[point - 1], y[point]] as [number, number, number, number];
          expect(right - left >= 0 && high - low >= 0).toBe(true);
          area += ((right - left) * (low + high)) / 2;
        }
        expect(area).toBeCloseTo((found as Areas).roc, 3);
      }),
    );
  });

  it("a ROC curve of many rows has a bounded number of points", () => {
    const rows = Array.from({ length: 5000 }, (_, row) => ({ score: row / 5000, positive: (row * 7919) % 5000 < row }));
    const found = areas(rows) as Areas;
    expect(found.curve.false_positive_rate.length).toBeLessThanOrEqual(MAX_CURVE_POINTS);
    expect(found.curve.false_positive_rate.length).toBeGreaterThan(MAX_CURVE_POINTS / 2);
  });

  it("there is no area when all rows are of the class, or none", () => {
    expect(areas([{ score: 1, positive: true }])).toBeNull();
    expect(areas([{ score: 1, positive: false }])).toBeNull();
  });

  it("turning scores and classes upside down leaves the area under the ROC curve as it is", () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const turned = rows.map(({ score, positive }) => ({ score, positive: !positive }));
        expect(areas(turned, { falling: true })?.roc).toBe(areas(rows)?.roc);
      }),
    );
  });

  it("recall weighted by rows is accuracy, and the confusion matrix adds up", () => {
    const rows = fc.array(
      fc.record({
        target: fc.integer({ min: 0, max: 3 }),
        output: fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(rows, (rows) => {
        const evaluation = evaluateClasses(
          {
            rows: rows.length,
            outputs: f32(rows.flatMap(({ output }) => output)),
            targets: f32(rows.map(({ target }) => target)),
          },
          labels(4),
        );
        expect(evaluation.recall.weighted).toBeCloseTo(evaluation.accuracy as number, 12);
        const matrix = evaluation.confusion_matrix ?? [];
        expect(matrix.flat().reduce((a, b) => a + b, 0)).toBe(rows.length);
        expect(matrix.reduce((diagonal, row, index) => diagonal + (row[index] as number), 0) / rows.length).toBeCloseTo(
          evaluation.accuracy as number,
          12,
        );
        expect(evaluation.calibration.bins.reduce((total, bin) => total + bin.rows, 0)).toBe(rows.length);
      }),
    );
  });
});
