import { describe, expect, it } from "vitest";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { packTexts } from "../../../src/domain/datasets/texts.ts";
import {
  assertExplainable,
  explainedAtATime,
  explainRequestOf,
  planExplanation,
} from "../../../src/domain/explanations/explanation.ts";
import type { Model, Prediction } from "../../../src/domain/models/model.ts";
import { readRows } from "../../../src/training/explain/background.ts";
import { explainRows } from "../../../src/training/explain/explain.ts";
import { createPredictor, type Predictor } from "../../../src/training/predict/predict.ts";
import { rowMultiplyAdds } from "../../../src/training/predict/row-work.ts";
import { datasetOf } from "../dataset.ts";
import { modelRecord, train } from "../train.ts";

type Cell = number | string | null;
type Row = readonly Cell[];

const ROWS = 120;
const wave = (row: number, column: number) => Math.sin((row + 1) * (column + 1.37) * 12.9898);
const COLOURS = ["red", "green", "blue"];
const SAID = ["good red wine", "bad wine", "good day here"];
const numberColumn = (column: number) => Array.from({ length: ROWS }, (_, row) => wave(row, column) * (column + 1));

/** A table of numbers, one with gaps, with labels, dates and texts where they are asked for. */
function tableOf(numbers: number, mixed: boolean) {
  const cells: Record<string, Cell[]> = {};
  for (let column = 0; column < numbers; column++) cells[`n${column}`] = numberColumn(column);
  const y = numberColumn(0).map(
    (value, row) => 50 + 10 * value * wave(row, 1) + (mixed ? 20 * ((row * 7) % 3) : 5 * wave(row, numbers - 1)),
  );
  if (!mixed) return { cells, y, dataset: datasetOf(cells) };
  Object.assign(cells, {
    n0: numberColumn(0).map((value, row) => (row % 7 === 0 ? null : value)),
    colour: Array.from({ length: ROWS }, (_, row) => COLOURS[(row * 7) % 3] as string),
  });
  const days = Array.from({ length: ROWS }, (_, row) => Date.UTC(2024, row % 12, 10 + (row % 9)));
  const said = Array.from({ length: ROWS }, (_, row) => SAID[row % 3] as string);
  const { columns, values, ...dataset } = datasetOf({ ...cells, day: days, said });
  Object.assign(cells, { day: days.map((day) => new Date(day).toISOString()), said });
  const typed = columns.map((column): Column => {
    if (column.name === "day") return { ...column, type: "datetime" };
    return column.name === "said" ? { ...column, type: "text", kept: true, categories: null } : column;
  });
  return { cells, y, dataset: { ...dataset, columns: typed, values: new Map([...values, ["said", packTexts(said)]]) } };
}

function trainedOn(numbers: number, mixed: boolean, more: { task?: "classes"; spec?: object } = {}) {
  const { cells, y, dataset: features } = tableOf(numbers, mixed);
  const target = more.task ? y.map((value) => (value > 60 ? "high" : value > 45 ? "mid" : "low")) : y;
  const names = Object.keys(cells);
  const own = datasetOf({ y: target });
  const dataset = {
    ...features,
    columns: [...features.columns, ...own.columns],
    values: new Map([...features.values, ...own.values]),
  };
  const { result } = train(
    {
      data: { dataset: { id: "ds", target: "y", features: names } },
      model: { layers: [{ type: "linear", units: 12 }, { type: "tanh" }, { type: "linear" }] },
      optimizer: { type: "adam", lr: 0.02 },
      epochs: 15,
      split: null,
      early_stopping: null,
      ...more.spec,
    },
    { dataset },
  );
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  const model = modelRecord(result.model);
  const rows = Array.from({ length: ROWS }, (_, row): Row => names.map((name) => cells[name]?.[row] as Cell));
  return { model, predictor: createPredictor(model, result.weights), rows };
}
type Trained = ReturnType<typeof trainedOn>;

const numbersOf = (prediction: Prediction): readonly number[] =>
  "value" in prediction ? (prediction.quantiles ?? [prediction.value].flat()) : prediction.probabilities;

function predict(predictor: Predictor, rows: readonly Row[]) {
  const result = predictor.predict(rows);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.predictions.map(numbersOf);
}

function explain(
  { model, predictor, rows }: Trained,
  chosen: readonly number[],
  background: number,
  samples: number | null = null,
) {
  const own = readRows(
    model,
    chosen.map((row) => rows[row]),
    "/instances",
  );
  const other = readRows(model, rows.slice(0, background), "/explain/background");
  expect([...own.errors, ...other.errors]).toEqual([]);
  const encoded = { rows: background, features: other.features, ranges: new Float64Array() };
  return explainRows(model, predictor.inference, own.features, encoded, { askedRows: background, samples, seed: 0 });
}

const measured = (model: Model) => ({ ...model, multiplyAdds: rowMultiplyAdds(model) });

/** By the definition: raw rows mixed cell by cell, through the ordinary prediction, over every coalition of every column. */
function bruteForce({ predictor, rows }: Trained, row: Row, background: number): number[][] {
  const columns = row.length;
  const values = Array.from({ length: 2 ** columns }, (_, mask) => {
    const mixed = rows
      .slice(0, background)
      .map((other) => row.map((cell, at) => ((mask >> at) & 1 ? cell : (other[at] as Cell))));
    const answers = predict(predictor, mixed);
    return (answers[0] as readonly number[]).map(
      (_, n) => answers.reduce((sum, each) => sum + (each[n] as number), 0) / background,
    );
  });
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return row.map((_, column) =>
    (values[0] as number[]).map((_, n) =>
      values.reduce((sum, without, mask) => {
        if ((mask >> column) & 1) return sum;
        const size = mask.toString(2).replaceAll("0", "").length;
        const weight = (factorial(size) * factorial(columns - size - 1)) / factorial(columns);
        return sum + weight * ((values[mask | (1 << column)]?.[n] as number) - (without[n] as number));
      }, 0),
    ),
  );
}

function expectBruteForce(trained: Trained, background: number, tolerance: number): void {
  for (const row of [3, 77]) {
    const [explanation] = explain(trained, [row], background);
    const expected = bruteForce(trained, trained.rows[row] as Row, background).flat();
    expect(explanation?.errors).toBeNull();
    expect(explanation?.contributions).toHaveLength(expected.length);
    expected.forEach((value, at) => {
      expect(Math.abs((explanation?.contributions[at] as number) - value)).toBeLessThan(tolerance);
    });
  }
}

/** How far base and contributions are from the prediction, relative to its size. */
function worstGap(trained: Trained, chosen: readonly number[], background: number): number {
  const predictions = predict(
    trained.predictor,
    chosen.map((row) => trained.rows[row] as Row),
  );
  const gaps = explain(trained, chosen, background).flatMap(({ base, contributions }, index) =>
    Array.from(base, (start, number) => {
      const columns = contributions.length / base.length;
      const sum = Array.from({ length: columns }, (_, column) => contributions[column * base.length + number] as number);
      const expected = predictions[index]?.[number] as number;
      return Math.abs(sum.reduce((total, value) => total + value, start) - expected) / Math.max(1, Math.abs(expected));
    }),
  );
  return Math.max(...gaps);
}

const SOME = [0, 11, 42, 119];
const quantiles = { loss: { type: "pinball", quantiles: [0.1, 0.5, 0.9] } };

describe("contributions", () => {
  it("are those of the sum over all coalitions, for numbers, gaps, labels, dates and texts", { timeout: 120_000 }, () => {
    expectBruteForce(trainedOn(3, true), 20, 1e-4);
    expectBruteForce(trainedOn(10, false), 5, 1e-4);
  });

  it("are of the probability of each class, and of each quantile", { timeout: 120_000 }, () => {
    expectBruteForce(trainedOn(2, true, { task: "classes" }), 20, 1e-5);
    expectBruteForce(trainedOn(4, false, { spec: quantiles }), 20, 1e-4);
    const [explanation] = explain(trainedOn(2, true, { task: "classes" }), [0], 20);
    expect(explanation?.base.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  it("add up with the base to the prediction, exact or estimated", { timeout: 120_000 }, () => {
    expect(worstGap(trainedOn(3, true), SOME, 100)).toBeLessThan(1e-6);
    expect(worstGap(trainedOn(3, true, { task: "classes" }), SOME, 100)).toBeLessThan(1e-6);
    expect(worstGap(trainedOn(4, false, { spec: quantiles }), SOME, 100)).toBeLessThan(1e-6);
    expect(worstGap(trainedOn(20, false), SOME, 100)).toBeLessThan(1e-6);
    expect(worstGap(trainedOn(20, true, { task: "classes" }), SOME, 100)).toBeLessThan(1e-6);
  });

  it("are estimated beyond twelve columns, the same each time, with errors that say how far off they are", () => {
    const trained = trainedOn(14, false);
    const [few] = explain(trained, [7], 40);
    const [many] = explain(trained, [7], 40, 400);
    expect(explain(trained, [7], 40)[0]).toEqual(few);
    expect(few?.permutations).toBe(2 * 40 * (planExplanation(measured(trained.model), 40, null).pairs as number));
    const off = Array.from(
      few?.contributions ?? [],
      (value, at) => Math.abs(value - (many?.contributions[at] as number)) / Math.max(1e-9, few?.errors?.[at] as number),
    );
    expect(Math.max(...off)).toBeLessThan(4.5);
    const range = Math.max(...Array.from(many?.contributions ?? [], Math.abs));
    expect(Math.max(...(few?.errors ?? []))).toBeLessThan(range / 20);
  });

  it("of a column that is everywhere the row's own are nothing", () => {
    const trained = trainedOn(3, true);
    const rows = trained.rows.map((row) => row.with(3, "red"));
    const [explanation] = explain({ ...trained, rows }, [5], 30);
    expect(explanation?.contributions[3]).toBe(0);
  });
});

describe("what one request may ask", () => {
  const model = measured(trainedOn(3, true).model);
  const ask = (more: object) => explainRequestOf({ ...more });

  it("is bounded in rows, contributions, background and work, each by its name", () => {
    expect(() => assertExplainable(model, 101, ask({}))).toThrow("the 100 that one request can explain");
    expect(() => assertExplainable({ ...model, inputWidth: 3000 }, 1, ask({ background: 1000 }))).toThrow("background");
    const many = { ...model, classes: Array.from({ length: 2000 }, String) };
    expect(() => assertExplainable(many, 10, ask({}))).toThrow("contributions");
    const large = { ...model, preprocessing: null, inputWidth: 500, multiplyAdds: 1_000_000 };
    expect(() => assertExplainable(large, 1, ask({}))).toThrow("multiply-adds");
  });

  it("estimates where it is asked to, close to what is exact", () => {
    const trained = trainedOn(6, false);
    const [exact] = explain(trained, [9], 50);
    const [estimated] = explain(trained, [9], 50, 200);
    expect([exact?.permutations, estimated?.permutations]).toEqual([null, 2 * 200 * 50]);
    Array.from(exact?.contributions ?? []).forEach((value, at) => {
      const error = Math.max(1e-4, estimated?.errors?.[at] as number);
      expect(Math.abs((estimated?.contributions[at] as number) - value)).toBeLessThan(4.5 * error);
    });
  });

  it("counts weights that a row uses at many places at each of them", () => {
    const layers = [
      { type: "reshape" as const, shape: [1, 64, 64] },
      { type: "conv2d" as const, out_channels: 16, kernel_size: 3, stride: 1, padding: 1, bias: true },
      { type: "flatten" as const },
      { type: "linear" as const, units: 1, bias: true },
    ];
    const image = { ...model, preprocessing: null, inputWidth: 4096, outputWidth: 1, layers: layers as never };
    expect(rowMultiplyAdds(image)).toBeGreaterThan(16 * 9 * 4096);
  });

  it("is explained as it was admitted, also where fewer rows trained than were asked for", () => {
    const trained = trainedOn(12, false);
    const large = { ...measured(trained.model), multiplyAdds: 7_900 };
    expect([97, 100].map((rows) => planExplanation(large, rows, null).pairs)).toEqual([null, 4]);
    const { model, predictor, rows } = trained;
    const encoded = { rows: 5, features: readRows(model, rows.slice(0, 5), "").features, ranges: new Float64Array() };
    const { features } = readRows(model, rows.slice(9, 10), "");
    const admitted = (askedRows: number) =>
      explainRows(model, predictor.inference, features, encoded, { askedRows, samples: null, seed: 0 })[0]?.permutations;
    expect([admitted(5), admitted(1_000_000)]).toEqual([null, expect.any(Number)]);
  });

  it("keeps the contributions of a block of a stream within those of an answer", () => {
    const wide = {
      ...model,
      preprocessing: null,
      inputWidth: 100,
      classes: Array.from({ length: 500 }, String),
      multiplyAdds: 100,
    };
    expect(explainedAtATime(wide, ask({ background: 1 }))).toBe(2);
  });

  it("decides by the model, and not by its rows, whether all coalitions are computed", () => {
    expect(planExplanation(model, 100, null).pairs).toBeNull();
    expect(planExplanation({ ...model, multiplyAdds: 1_000_000 }, 100, null).pairs).toBe(2);
  });
});
