import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import type { EncodedColumn } from "../../../src/domain/datasets/preprocessing.ts";
import { createPredictor } from "../../../src/training/predict/predict.ts";
import { datasetOf } from "../dataset.ts";
import { modelRecord, prepare, train } from "../train.ts";

const layers = [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }];
const spec = (rest: object = {}, source: object = {}) => ({
  data: { dataset: { id: "ds_1", target: "species", ...source } },
  model: { layers },
  optimizer: { type: "adam", lr: 0.05 },
  epochs: 150,
  ...rest,
});

/** Two measurements and an island; the species follows from them, some values are missing. */
function penguins(rows = 120): DatasetRows {
  const species = Array.from({ length: rows }, (_, row) => ["Adelie", "Chinstrap", "Gentoo"][row % 3] as string);
  const wobble = (row: number) => ((row * 7919) % 13) / 13;
  return datasetOf({
    bill: species.map((name, row) => (row % 47 === 0 ? null : { Adelie: 38, Chinstrap: 48, Gentoo: 47 }[name]! + wobble(row))),
    mass: species.map(
      (name, row) => ({ Adelie: 3700, Chinstrap: 3733, Gentoo: 5076 })[name]! + Math.round(90 * wobble(row + 5)),
    ),
    island: species.map((name, row) =>
      row % 23 === 0 ? null : name === "Gentoo" ? "Biscoe" : row % 2 ? "Dream" : "Torgersen",
    ),
    species,
  });
}

function trained(given: object, dataset: DatasetRows) {
  const run = train(given, { dataset });
  if (run.result.state !== "succeeded") throw new Error(JSON.stringify(run.result));
  return { ...run, result: run.result };
}

describe("a job on a data set", () => {
  it("resolves task, columns, split and preprocessing from the columns", () => {
    const prepared = prepare(spec(), {}, penguins());
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
    expect(prepared.spec).toMatchObject({
      name: "species",
      task: "multiclass_classification",
      loss: { type: "cross_entropy" },
      data: { dataset: { id: "ds_1", features: ["bill", "mass", "island"], target: ["species"] } },
      split: { validation: 0.2, test: 0, stratify: true },
      preprocess: { numeric: { impute: "mean", scale: "standard" }, category: { encode: "one_hot" } },
    });
    expect(prepared.classes).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
    // bill, mass, three islands and any other: 6 features.
    expect(prepared.parameters).toBe(6 * 8 + 8 + 8 * 3 + 3);
  });

  it("learns, and predicts from raw rows as objects and as arrays", () => {
    const { result, series } = trained(spec(), penguins());
    expect(series.val_accuracy?.at(-1)).toBeGreaterThan(0.97);
    const predictor = createPredictor(modelRecord(result.model), result.weights);
    const predicted = predictor.predict([
      { bill: 38.4, mass: 3710, island: "Torgersen" },
      [47.3, 5100, "Biscoe"],
      { bill: null, mass: 5100, island: "Atlantis" },
      { mass: "5100" },
    ]);
    if (!predicted.ok) throw new Error(JSON.stringify(predicted.errors));
    expect(predicted.predictions.map((prediction) => "label" in prediction && prediction.label)).toEqual([
      "Adelie",
      "Gentoo",
      "Gentoo",
      "Gentoo",
    ]);
  });

  it("refuses raw rows at the value that is wrong", () => {
    const { result } = trained(spec({ epochs: 1 }), penguins());
    const { predict } = createPredictor(modelRecord(result.model), result.weights);
    const pointer = (row: unknown) => {
      const answer = predict([row]);
      return answer.ok ? "accepted" : answer.errors[0]?.pointer;
    };
    expect(pointer({ bil: 1 })).toBe("/instances/0/bil");
    expect(pointer({ mass: "heavy" })).toBe("/instances/0/mass");
    expect(pointer([1, 2])).toBe("/instances/0");
    expect(pointer([1, 2, {}])).toBe("/instances/0/2");
    expect(pointer(7)).toBe("/instances/0");
  });

  it("scales a regression's target for training and gives it back in its own units", () => {
    const x = Array.from({ length: 80 }, (_, row) => row / 8);
    const dataset = datasetOf({ x, y: x.map((value) => 1000 + 250.5 * value) });
    const linear = {
      ...spec({ model: { layers: [{ type: "linear" }] }, epochs: 400, early_stopping: null }),
      data: { dataset: { id: "ds_1", target: "y" } },
    };
    const { result, series } = trained(linear, dataset);
    expect(series.val_r2?.at(-1)).toBeGreaterThan(0.9999);
    const predicted = createPredictor(modelRecord(result.model), result.weights).predict([{ x: 20 }]);
    if (!predicted.ok) throw new Error("refused");
    expect((predicted.predictions[0] as { value: number }).value / 6010).toBeCloseTo(1, 3);
  });

  it("embeds a category in a table of its own", () => {
    const { result, series } = trained(spec({ preprocess: { category: { encode: "embedding", dimension: 2 } } }), penguins());
    expect(result.model.weights[0]).toEqual({ name: "embedding.island.weight", shape: [4, 2] });
    expect(series.val_accuracy?.at(-1)).toBeGreaterThan(0.9);
  });

  it("fits scalers on the training rows alone: what is held out may hold anything", () => {
    const rows = 30;
    const cell = fc.oneof(fc.constant(null), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
    const label = fc.constantFrom("a", "b", "c", "d", null);
    const column = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: rows, maxLength: rows });
    const options = fc.record({
      numeric: fc.record({
        impute: fc.constantFrom("mean", "median", "most_frequent"),
        scale: fc.constantFrom("standard", "min_max", "robust", "none"),
      }),
      category: fc.record({ impute: fc.constantFrom("other", "most_frequent") }),
    });
    const heldOut = [3, 4, 11, 12, 20, 29];
    fc.assert(
      fc.property(column(cell), column(cell), column(label), column(label), options, (x, otherX, z, otherZ, preprocess) => {
        const y = Array.from({ length: rows }, (_, row) => (row % 2 ? "yes" : "no"));
        const mixed = <T>(values: T[], others: T[]) =>
          values.map((value, row) => (heldOut.includes(row) ? (others[row] as T) : value));
        const job = {
          ...spec({ preprocess, split: { validation_rows: heldOut }, epochs: 1 }),
          data: { dataset: { id: "ds_1", target: "y" } },
        };
        const fitted = (dataset: DatasetRows) => trained(job, dataset).result.model.preprocessing?.columns as EncodedColumn[];
        const wide = (values: (number | null)[]) => values.map((value) => (value === null ? null : value + 0.5));
        const [first, second] = [
          datasetOf({ x: wide(x), z, y }),
          datasetOf({ x: wide(mixed(x, otherX)), z: mixed(z, otherZ), y }),
        ];
        fc.pre([first, second].every(({ columns }) => columns[0]?.type !== "integer" && columns[1]?.type === "category"));
        expect(fitted(second)).toEqual(fitted(first));
      }),
      { numRuns: 40 },
    );
  });

  it("splits by a column, by given rows, and into a test part", () => {
    const table = penguins(60);
    const part = Array.from({ length: 60 }, (_, row) => (row % 5 === 0 ? "held" : row % 5 === 1 ? "final" : "train"));
    const marked = datasetOf({ part });
    const dataset: DatasetRows = {
      ...table,
      columns: [...table.columns, ...marked.columns],
      values: new Map([...table.values, ...marked.values]),
    };
    const byColumn = trained(spec({ split: { column: "part", validation: ["held"], test: ["final"] }, epochs: 1 }), dataset);
    const byRows = (offset: number) => Array.from({ length: 12 }, (_, index) => index * 5 + offset);
    const given = trained(
      spec(
        { split: { validation_rows: byRows(0), test_rows: byRows(1) }, epochs: 1 },
        { features: ["bill", "mass", "island"] },
      ),
      dataset,
    );
    expect(byColumn.result.model.sha256).toBe(given.result.model.sha256);
    expect(byColumn.series.val_loss).toEqual(given.series.val_loss);
  });
});

describe("classes and rows that count differently", () => {
  const rare = (row: number) => row % 10 === 0;
  const table = {
    x: Array.from({ length: 200 }, (_, row) => (rare(row) ? 0.6 : 0.4) + ((row * 31) % 17) / 20),
    y: Array.from({ length: 200 }, (_, row) => (rare(row) ? "rare" : "usual")),
  };
  const job = (loss: object, source: object = {}) => ({
    data: { dataset: { id: "ds_1", features: ["x"], target: "y", ...source } },
    model: { layers: [{ type: "linear" }] },
    loss,
    split: null,
    optimizer: { type: "adam", lr: 0.05 },
    epochs: 200,
  });
  const losses = (given: object, dataset = datasetOf(table)) => trained(given, dataset).series.loss;

  it("balance by the training rows of each class, as scikit-learn", () => {
    const explicit = [200 / (2 * 20), 200 / (2 * 180)];
    expect(losses(job({ type: "cross_entropy", weight: "balanced" }))).toEqual(
      losses(job({ type: "cross_entropy", weight: explicit })),
    );
    expect(losses(job({ type: "bce_with_logits", pos_weight: "balanced" }))).toEqual(
      losses(job({ type: "bce_with_logits", pos_weight: 20 / 180 })),
    );
  });

  it("weigh rows by a column as if heavy rows were there more often", () => {
    const weights = Array.from({ length: 200 }, (_, row) => (rare(row) ? 3 : 1));
    const repeated = Array.from({ length: 200 }, (_, row) => row).flatMap((row) =>
      Array.from({ length: weights[row] as number }, () => row),
    );
    const many = datasetOf({
      x: repeated.map((row) => table.x[row] as number),
      y: repeated.map((row) => table.y[row] as string),
    });
    for (const loss of [{ type: "bce_with_logits" }, { type: "cross_entropy" }]) {
      const weighted = losses(job({ ...loss }, { weights: "w" }), withStatistics(datasetOf({ ...table, w: weights })));
      // The scaler sees each row once, so the raw column is compared.
      const raw = (given: object) => ({ ...given, preprocess: { numeric: { scale: "none" } } });
      const [one, other] = [
        losses(raw(job({ ...loss }, { weights: "w" })), withStatistics(datasetOf({ ...table, w: weights }))),
        losses(raw(job({ ...loss })), many),
      ];
      expect(weighted).toHaveLength(200);
      expect(one?.at(-1)).toBeCloseTo(other?.at(-1) as number, 4);
    }
  });

  function withStatistics(dataset: DatasetRows): DatasetRows {
    const statistics = {
      min: 1,
      max: 3,
      mean: 1,
      sd: 1,
      quantiles: { q05: 1, q25: 1, q50: 1, q75: 1, q95: 3 },
      histogram: { edges: [], counts: [] },
    };
    return {
      ...dataset,
      columns: dataset.columns.map((column) => ({ ...column, statistics: column.name === "w" ? statistics : null })),
    };
  }
});

describe("a job on a data set is refused", () => {
  it.each([
    ["a target that is not there", {}, { target: "specie" }, "/data/dataset/target", "there is no column specie"],
    ["a target in other letters", {}, { target: "Species" }, "/data/dataset/target", "did you mean species?"],
    ["the beginning of a target", {}, { target: "spe" }, "/data/dataset/target", "did you mean species?"],
    ["a feature that is not there", {}, { features: ["bill", "bil"] }, "/data/dataset/features/1", "there is no column bil"],
    ["the target as a feature", {}, { features: ["bill", "species"] }, "/data/dataset/features/1", "is the target"],
    ["a regression on labels", { task: "regression" }, {}, "/data/dataset/target", "a regression needs numbers"],
    [
      "an option of another type",
      { preprocess: { columns: { bill: { encode: "ordinal" } } } },
      {},
      "/preprocess/columns/bill/encode",
      "is not an option of a number column",
    ],
    [
      "an exception for no feature",
      { preprocess: { columns: { bil: { scale: "none" } } } },
      {},
      "/preprocess/columns/bil",
      "is not a feature",
    ],
    [
      "a splitting column of numbers",
      { split: { column: "bill", validation: ["1"] } },
      {},
      "/split/column",
      "must be a category",
    ],
  ])("for %s, at its field", (_, rest, source, pointer, detail) => {
    const prepared = prepare(spec(rest, source), {}, penguins());
    if (prepared.ok) throw new Error("it was accepted");
    expect(Object.fromEntries(prepared.errors.map((error) => [error.pointer, error.detail]))[pointer]).toContain(detail);
  });
});
