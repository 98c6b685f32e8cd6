import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ClassEvaluation,
  evaluation as evaluationSchema,
  MAX_WORST_ROWS,
  type RegressionEvaluation,
  WORST_OF_CELL,
  WORST_RESIDUALS,
} from "../../../src/domain/models/evaluation.ts";
import { evaluate, type Predicted } from "../../../src/training/evaluate/evaluate.ts";
import { withWorstRows } from "../../../src/training/evaluate/worst-rows.ts";
import { datasetOf } from "../dataset.ts";
import { train } from "../train.ts";

const worstOf = (
  predicted: Predicted,
  classes: readonly string[],
  numbers = Int32Array.from({ length: predicted.rows }, (_, row) => row),
) => withWorstRows(evaluate(predicted, classes), predicted, numbers, classes, []).worst_rows;

const share = fc.integer({ min: 0, max: 20 }).map((value) => value / 20);

describe("the worst rows", () => {
  it("of a regression are those with the greatest errors, as sorting all of them finds", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(share, share), { minLength: 1, maxLength: 90 }), (pairs) => {
        const predicted = {
          rows: pairs.length,
          outputs: Float32Array.from(pairs, ([output]) => output),
          targets: Float32Array.from(pairs, ([, target]) => target),
        };
        const errors = pairs.map((_, row) => Math.abs((predicted.outputs[row] as number) - (predicted.targets[row] as number)));
        const sorted = [...errors.keys()].sort((a, b) => (errors[b] as number) - (errors[a] as number) || a - b);
        expect(worstOf(predicted, [])?.map(({ row }) => row)).toEqual(sorted.slice(0, WORST_RESIDUALS));
      }),
    );
  });

  it("of a classification are some of each cell of the confusion matrix, the least probable", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(share, fc.integer({ min: 0, max: 1 })), { minLength: 1, maxLength: 120 }), (pairs) => {
        const predicted = {
          rows: pairs.length,
          outputs: Float32Array.from(pairs, ([probability]) => probability),
          targets: Float32Array.from(pairs, ([, target]) => target),
        };
        const evaluation = evaluate(predicted, ["no", "yes"]) as ClassEvaluation;
        const worst = worstOf(predicted, ["no", "yes"]) as NonNullable<ClassEvaluation["worst_rows"]>;
        evaluation.confusion_matrix?.forEach((row, actual) => {
          row.forEach((count, chosen) => {
            const label = ["no", "yes"];
            const cell = worst.filter((own) => own.actual === label[actual] && own.predicted === label[chosen]);
            expect(cell).toHaveLength(Math.min(count, WORST_OF_CELL));
          });
        });
        const probabilities = worst.map(({ probability }) => probability as number);
        expect(probabilities).toEqual([...probabilities].sort((a, b) => a - b));
      }),
    );
  });

  it("are bounded however many cells there are, and every cell has its worst first", () => {
    const classes = Array.from({ length: 30 }, (_, index) => `class ${index}`);
    const rows = 3600;
    const outputs = new Float32Array(rows * 30);
    for (let row = 0; row < rows; row++) outputs[row * 30 + (row % 30)] = 1;
    const targets = Float32Array.from({ length: rows }, (_, row) => Math.floor(row / 30) % 5);
    const worst = worstOf({ rows, outputs, targets }, classes) as NonNullable<ClassEvaluation["worst_rows"]>;
    expect(worst).toHaveLength(MAX_WORST_ROWS);
    expect(new Set(worst.map(({ actual, predicted }) => `${actual}/${predicted}`)).size).toBe(150);
  });

  it("put a prediction that is no number first, and are left out of several outputs", () => {
    const predicted = { rows: 3, outputs: Float32Array.of(1, Number.NaN, 9), targets: Float32Array.of(1, 2, 3) };
    expect(worstOf(predicted, [], Int32Array.of(10, 20, 30))).toEqual([
      { row: 20, actual: 2, predicted: null },
      { row: 30, actual: 3, predicted: 9 },
      { row: 10, actual: 1, predicted: 1 },
    ]);
    expect(worstOf({ ...predicted, rows: 1, targets: Float32Array.of(1, 2, 3) }, [])).toBeUndefined();
  });
});

describe("the worst rows of a job", () => {
  const a = Array.from({ length: 80 }, (_, row) => row % 9);
  const dataset = datasetOf({ a, y: a.map((value, row) => (row === 31 ? 5000 : value * 2)) });
  const spec = (rest: object) => ({
    data: { dataset: { id: "ds_x", target: "y" } },
    task: "regression",
    epochs: 5,
    early_stopping: null,
    ...rest,
  });
  const evaluationOf = (rest: object) => {
    const { result } = train(spec(rest), { dataset });
    if (result.state !== "succeeded" || !result.evaluation) throw new Error(JSON.stringify(result));
    return evaluationSchema.parse(result.evaluation);
  };

  it("have the numbers of the data set's rows, of held-out parts only", () => {
    const split = { validation_rows: [3, 31, 50] };
    const evaluation = evaluationOf({ split, model: { layers: [{ type: "linear" }] } });
    const { worst_rows } = evaluation.validation as RegressionEvaluation;
    expect(worst_rows?.map(({ row }) => row).sort((a, b) => a - b)).toEqual([3, 31, 50]);
    expect(worst_rows?.[0]).toMatchObject({ row: 31, actual: 5000 });
    expect(evaluation.train.worst_rows).toBeUndefined();
  });

  it("of a search are those of predictions out of fold, by the same numbers", () => {
    const auto = { trials: 1, folds: 3 };
    const evaluation = evaluationOf({ split: null, model: { auto }, epochs: undefined, early_stopping: undefined });
    const { worst_rows } = evaluation.validation as RegressionEvaluation;
    expect(worst_rows).toHaveLength(WORST_RESIDUALS);
    expect(worst_rows?.[0]).toMatchObject({ row: 31, actual: 5000 });
    for (const { row, actual } of worst_rows ?? []) expect(actual).toBe(row === 31 ? 5000 : (row % 9) * 2);
  });
});
