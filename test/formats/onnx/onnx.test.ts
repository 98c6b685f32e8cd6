import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DATETIME_PARTS,
  type EncodedColumn,
  featureWidth,
  type Preprocessing,
  type Scaling,
} from "../../../src/domain/datasets/preprocessing.ts";
import type { Model } from "../../../src/domain/models/model.ts";
import { type Layer, layer } from "../../../src/domain/spec/layers.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { createPredictor } from "../../../src/training/predict/predict.ts";
import { embeddingsOf, networkOf } from "../../../src/training/run/network.ts";
import { aModel } from "../../contract/fixtures.ts";
import { type Outputs, type Row, runOnnx, runOnnxTimes, weightsFor } from "./onnx-runtime.ts";

const RELATIVE = 1e-5;

interface Described {
  readonly task?: Model["task"];
  readonly activation?: Model["activation"];
  readonly classes?: readonly string[];
  readonly threshold?: number;
  readonly inputWidth?: number;
  readonly preprocessing?: Preprocessing;
  /** As a request names them: defaults may be left out. */
  readonly layers: readonly object[];
}

function modelOf({
  task = "regression",
  activation = "none",
  classes = [],
  threshold,
  preprocessing,
  inputWidth,
  layers,
}: Described): Model {
  const parsed = layers.map((given): Layer => layer.parse(given));
  const width = preprocessing ? featureWidth(preprocessing) : (inputWidth ?? 5);
  const network = networkOf(parsed, width, embeddingsOf(preprocessing?.columns ?? []));
  return {
    ...aModel("job_1"),
    task,
    activation,
    classes,
    ...(threshold !== undefined && { threshold }),
    preprocessing: preprocessing ?? null,
    inputWidth: width,
    outputWidth: network.outputShape.at(-1) as number,
    layers: parsed,
    weights: network.tensors.map(({ name, shape }) => ({ name, shape })),
  };
}

function someRows(width: number, count = 7): number[][] {
  const random = createRandom(streamKey(3, "rows"));
  return Array.from({ length: count }, () => Array.from({ length: width }, () => 3 * random.normal()));
}

/** What predict says of rows, in the form of the file's outputs. */
async function expectAgreement(model: Model, rows: readonly Row[], output?: string): Promise<void> {
  await expectAgreements(model, [rows], output);
}

/** The same of several batches of rows. */
async function expectAgreements(model: Model, batches: readonly (readonly Row[])[], output?: string): Promise<void> {
  const weights = weightsFor(model);
  const predictor = createPredictor(model, weights);
  const ran = await runOnnxTimes(model, weights, batches);
  for (const [batch, rows] of batches.entries()) {
    const predicted = predictor.predict(rows);
    if (!predicted.ok) throw new Error(JSON.stringify(predicted.errors));
    const outputs = ran[batch] as Outputs;
    const name = output ?? (model.task === "regression" ? "value" : "probabilities");
    const expected = predicted.predictions.flatMap((prediction) =>
      "value" in prediction ? prediction.value : prediction.probabilities,
    );
    const actual = Array.from(outputs[name]?.data as Float32Array);
    expect(outputs[name]?.dims).toEqual([rows.length, expected.length / rows.length]);
    for (const [index, value] of expected.entries()) {
      expect(Math.abs((actual[index] as number) - value)).toBeLessThanOrEqual(RELATIVE * Math.max(1, Math.abs(value)));
    }
    expect(new Set(actual).size).toBeGreaterThan(1);
    if (model.task === "regression") continue;
    expect(outputs.label?.data).toEqual(predicted.predictions.map((prediction) => "label" in prediction && prediction.label));
  }
}

const linear = (units: number, more = {}) => ({ type: "linear", units, ...more });
const plain = (type: string) => ({ type });
const activations = [
  plain("relu"),
  { type: "leaky_relu", negative_slope: 0.2 },
  { type: "elu", alpha: 0.7 },
  plain("selu"),
  plain("sigmoid"),
  plain("logsigmoid"),
  plain("tanh"),
  { type: "hardtanh", min_val: -0.5, max_val: 2 },
  plain("gelu"),
  { type: "gelu", approximate: "tanh" },
  plain("silu"),
  plain("mish"),
  plain("softplus"),
  { type: "softplus", beta: 2, threshold: 3 },
  plain("softmax"),
  plain("log_softmax"),
  { type: "dropout", p: 0.4 },
];

describe("an ONNX file in onnxruntime agrees with predict", () => {
  it.each<[string, Described]>([
    ["a straight line", { inputWidth: 1, layers: [linear(1)] }],
    ["a linear layer without a bias, and several outputs", { layers: [linear(3, { bias: false })] }],
    ["a regression over many layers", { layers: [linear(16), plain("relu"), linear(16), plain("tanh"), linear(2)] }],
    [
      "a binary classification with a sigmoid of its own",
      {
        task: "binary_classification",
        classes: ["no", "yes"],
        layers: [linear(4), plain("relu"), linear(1), plain("sigmoid")],
      },
    ],
    [
      "a binary classification by logits",
      {
        task: "binary_classification",
        activation: "sigmoid",
        classes: ["0", "1"],
        layers: [linear(8), plain("gelu"), linear(1)],
      },
    ],
    [
      "the label by a threshold of its own, of one output",
      {
        task: "binary_classification",
        activation: "sigmoid",
        classes: ["0", "1"],
        threshold: 0.2,
        layers: [linear(8), plain("gelu"), linear(1)],
      },
    ],
    [
      "the label by a threshold of its own, of two outputs",
      {
        task: "binary_classification",
        activation: "softmax",
        classes: ["a", "b"],
        threshold: 0.85,
        layers: [linear(2)],
      },
    ],
    [
      "a binary classification by cross entropy",
      { task: "binary_classification", activation: "softmax", classes: ["a", "b"], layers: [linear(2)] },
    ],
    [
      "many classes",
      {
        task: "multiclass_classification",
        activation: "softmax",
        classes: ["rouge", "vert", "bleu", "ölig"],
        layers: [linear(32), plain("silu"), { type: "dropout", p: 0.5 }, linear(4)],
      },
    ],
    [
      "batch and layer normalisation, with weights and without",
      {
        layers: [
          linear(6),
          plain("batch_norm"),
          plain("layer_norm"),
          { type: "batch_norm", affine: false, eps: 0.01 },
          { type: "layer_norm", elementwise_affine: false, eps: 0.1 },
          linear(2),
        ],
      },
    ],
    [
      "an image network",
      {
        task: "multiclass_classification",
        activation: "softmax",
        classes: ["0", "1", "2"],
        inputWidth: 64,
        layers: [
          { type: "reshape", shape: [1, 8, 8] },
          { type: "conv2d", out_channels: 4, kernel_size: 3, padding: 1 },
          plain("batch_norm"),
          plain("relu"),
          { type: "max_pool", kernel_size: 2 },
          { type: "conv2d", out_channels: 3, kernel_size: [2, 3], stride: [1, 2], padding: [0, 1], bias: false },
          { type: "avg_pool", kernel_size: [3, 1], stride: [1, 2] },
          plain("flatten"),
          linear(3),
        ],
      },
    ],
    [
      "a sequence network",
      {
        inputWidth: 24,
        layers: [
          { type: "reshape", shape: [2, 12] },
          { type: "conv1d", out_channels: 5, kernel_size: 4, stride: 2, padding: 1 },
          plain("layer_norm"),
          plain("mish"),
          { type: "max_pool", kernel_size: 2, stride: 1 },
          { type: "avg_pool", kernel_size: 2 },
          plain("batch_norm"),
          linear(3),
          linear(2, { bias: false }),
          plain("flatten"),
          linear(1),
        ],
      },
    ],
    [
      "residual layers",
      {
        layers: [
          linear(8),
          { type: "residual", layers: [linear(8), plain("batch_norm"), plain("relu"), linear(8)] },
          { type: "residual", layers: [plain("layer_norm"), linear(8)] },
          linear(1),
        ],
      },
    ],
    [
      "an ensemble, whose members hold residual layers, and layers after it",
      {
        layers: [
          linear(6),
          {
            type: "ensemble",
            members: [
              { weight: 0.75, layers: [{ type: "residual", layers: [linear(6), plain("tanh")] }, linear(3)] },
              { layers: [linear(8), plain("relu"), plain("batch_norm"), linear(3)] },
              { weight: -1.5, layers: [linear(3, { bias: false })] },
            ],
          },
          linear(2),
        ],
      },
    ],
    [
      "members that select features of their own",
      {
        layers: [
          {
            type: "ensemble",
            members: [
              { layers: [{ type: "select", features: [1, 2, 3] }, linear(2)] },
              { layers: [{ type: "select", features: [4, 0, 4] }, linear(2)] },
            ],
          },
        ],
      },
    ],
    [
      "periodic embeddings with a linear layer for each feature",
      {
        layers: [
          { type: "periodic", frequencies: 5, sigma: 0.3 },
          { type: "per_feature_linear", units: 4 },
          plain("relu"),
          { type: "per_feature_linear", units: 2, bias: false },
          plain("flatten"),
          linear(2),
        ],
      },
    ],
    [
      "PLR(lite)",
      { layers: [{ type: "periodic", frequencies: 3, sigma: 0.1 }, linear(4), plain("relu"), plain("flatten"), linear(1)] },
    ],
    [
      "a batch ensemble",
      {
        task: "multiclass_classification",
        activation: "softmax",
        classes: ["a", "b", "c"],
        layers: [
          { type: "batch_ensemble_linear", members: 4, units: 8 },
          plain("relu"),
          { type: "dropout", p: 0.3 },
          { type: "batch_ensemble_linear", members: 4, units: 8, scaling_init: "normal", bias: false },
          plain("gelu"),
          { type: "per_feature_linear", units: 3 },
          { type: "mean_members" },
        ],
      },
    ],
    [
      "a mean of probabilities",
      {
        task: "multiclass_classification",
        classes: ["a", "b", "c"],
        layers: [
          { type: "ensemble", members: new Array(3).fill({ layers: [linear(4), plain("relu"), linear(3), plain("softmax")] }) },
        ],
      },
    ],
    ["every activation", { layers: activations.flatMap((activation) => [linear(6), activation]).concat(linear(2)) }],
  ])("%s", async (_, described) => {
    const model = modelOf(described);
    await expectAgreement(model, someRows(model.inputWidth));
    await expectAgreement(model, someRows(model.inputWidth, 2));
  });

  it.each<[string, Described]>([
    ["a logit", { activation: "sigmoid", layers: [linear(1)] }],
    ["a sigmoid layer", { layers: [linear(1), plain("sigmoid")] }],
    ["two logits", { activation: "softmax", layers: [linear(2)] }],
  ])("to five digits of a rare class's probability, by %s", async (_, described) => {
    const model = modelOf({ task: "binary_classification", classes: ["no", "yes"], inputWidth: 1, ...described });
    const values = model.outputWidth === 1 ? [1] : [0, 1];
    const weights = packTensors([
      { name: "0.weight", shape: [values.length, 1], values },
      { name: "0.bias", shape: [values.length], values: values.map(() => 0) },
    ]);
    const rows = Array.from({ length: 75 }, (_, index) => [-5 - index]);
    const predicted = createPredictor(model, weights).predict(rows);
    if (!predicted.ok) throw new Error(JSON.stringify(predicted.errors));
    const { data } = (await runOnnx(model, weights, rows)).probabilities as { readonly data: ArrayLike<number> };
    for (const [index, prediction] of predicted.predictions.entries()) {
      const [, rare] = (prediction as { readonly probabilities: readonly number[] }).probabilities as [number, number];
      expect(rare).toBeGreaterThan(0);
      expect(Math.abs((data[2 * index + 1] as number) / rare - 1)).toBeLessThanOrEqual(RELATIVE);
    }
  });

  it("a table of embedded places, with zeros for what is no place in it", async () => {
    const layers = [{ type: "embedding", num_embeddings: 4, embedding_dim: 3 }, plain("flatten"), linear(2)];
    await expectAgreement(modelOf({ inputWidth: 2, layers }), [
      [0, 3],
      [2, 1],
      [4, -1],
      [0.5, 1],
      [1e9, 2],
    ]);
  });

  it.each(activations)("$type far from 0", async (activation) => {
    const values = [-1e3, -60, -20.5, -3, -1, -1e-3, 0, 1e-3, 1, 3, 20.5, 60, 1e3];
    const layers = [linear(2), activation];
    const model = modelOf({ inputWidth: 2, layers });
    await expectAgreement(
      model,
      values.map((value) => [value, 0.3]),
    );
  });
});

const numeric = (column: string, more: Partial<Extract<EncodedColumn, { kind: "numeric" }>> = {}): EncodedColumn => ({
  kind: "numeric",
  column,
  integer: false,
  fill: 2.5,
  indicator: false,
  scaling: { offset: 3, scale: 0.5 },
  ...more,
});
const category = (column: string, more: Partial<Extract<EncodedColumn, { kind: "category" }>> = {}): EncodedColumn => ({
  kind: "category",
  column,
  boolean: false,
  categories: ["Biscoe", "Dream", "Ünlü"],
  fill: null,
  encode: "one_hot",
  dimension: null,
  ...more,
});
const tables = (columns: readonly EncodedColumn[], targets: Preprocessing["targets"] = []): Preprocessing => ({
  columns: [...columns],
  targets,
});

describe("an ONNX file takes the raw rows that predict takes", () => {
  it("with missing numbers, scaled numbers, and numbers far from 0", async () => {
    const columns = [
      numeric("a", { indicator: true }),
      numeric("b", { fill: 0, scaling: null, integer: true }),
      numeric("c", { scaling: { offset: 1.7e9, scale: 10 }, fill: 1.7e9 }),
    ];
    await expectAgreement(modelOf({ preprocessing: tables(columns), layers: [linear(4), plain("tanh"), linear(1)] }), [
      [1, 2, 1_700_000_003],
      [null, -2, 1_700_000_000],
      [3.25, 0, null],
      [-4, 7, 1_699_999_987],
    ]);
  });

  it("with numbers that mean a missing value", async () => {
    const columns = [
      numeric("a", { indicator: true, reading: { missing: ["na", "-999", "0"] } }),
      numeric("b", { indicator: true, reading: { decimal: ",", missing: ["-99,9"] } }),
    ];
    await expectAgreement(modelOf({ preprocessing: tables(columns), layers: [linear(4), plain("tanh"), linear(1)] }), [
      [1, 2],
      [-999, 2],
      [0, -99.9],
      [-1, -99],
      [null, null],
    ]);
  });

  it("with categories: known, unknown, missing, filled; one-hot, ordinal and embedded", async () => {
    const columns = [
      category("island"),
      category("filled", { fill: "Dream" }),
      category("ordinal", { encode: "ordinal" }),
      category("embedded", { encode: "embedding", dimension: 2 }),
      category("flag", { boolean: true, categories: ["false", "true"] }),
      numeric("mass"),
    ];
    // A word such as NA is a label of no row here, as text of JSON is: not a missing value, which would be filled.
    const labels = ["Biscoe", "Dream", "Ünlü", "Atlantis", null, "NA", "none", "null", "NaN", ""];
    const rows = labels.map((label, index) => [label, label, label, label, [true, false, null][index % 3], index]);
    const model = modelOf({
      task: "multiclass_classification",
      activation: "softmax",
      classes: ["Adelie", "Chinstrap", "Gentoo"],
      preprocessing: tables(columns),
      layers: [linear(8), plain("relu"), linear(3)],
    });
    await expectAgreement(model, rows);
  });

  it("with words for a missing value, those of the column's own reading too, however they are spelled", async () => {
    const words = ["n/k", "-999", "not known", "(none)", "ÄÖ", "a|b", "na"];
    const labels = ["Dream", "Biscoe", "NA", "n/a", "-", "Ünlü"];
    const respelled = (text: string, spaces: string, upper: boolean) => spaces + (upper ? text.toUpperCase() : text) + spaces;
    const spelling = fc.tuple(fc.constantFrom("", " ", "\t ", "\u00a0"), fc.boolean());
    const wordOf = (from: readonly string[]) =>
      fc.tuple(fc.constantFrom(...from), spelling).map(([word, [spaces, upper]]) => respelled(word, spaces, upper));
    const textOf = (from: readonly string[]) =>
      fc.oneof(wordOf([...from, "#N/A", "<NA>", "\\N", "nan(ind)", ""]), fc.constantFrom(...labels, "Atlantis", "None?"));
    const truth = wordOf([
      "true",
      "false",
      "yes",
      "no",
      "t",
      "F",
      "1",
      "0",
      "y",
      "n",
      "NA",
      "none",
      "-",
      "n.d.",
      "n/k",
      "maybe",
      "",
    ]);
    const given = fc.record({
      categories: fc.uniqueArray(fc.constantFrom(...labels), { minLength: 2 }),
      missing: fc.uniqueArray(fc.constantFrom(...words), { minLength: 1 }),
      rows: fc.array(fc.tuple(textOf(words), truth), { minLength: 80, maxLength: 80 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ categories, missing, rows: written }) => {
        // A label that is no such word is spelled as the model spells it.
        const isPlain = (text: string) => categories.includes(text.trim()) && !missing.includes(text.trim().toLowerCase());
        const rows = written.map(([place, flag]) => [isPlain(place) ? place.trim() : place, flag]);
        const columns = [
          category("place", { categories, fill: categories[0] as string, reading: { missing } }),
          category("flag", { boolean: true, categories: ["false", "true"], fill: "true", reading: { missing } }),
        ];
        const preprocessing = tables(columns);
        // Weights by which every label shows in the value.
        const width = featureWidth(preprocessing);
        const model = modelOf({ preprocessing, layers: [linear(1)] });
        const weights = packTensors([
          { name: "0.weight", shape: [1, width], values: Array.from({ length: width }, (_, index) => 2 ** index) },
          { name: "0.bias", shape: [1], values: [0] },
        ]);
        const predicted = createPredictor(model, weights).predict(rows);
        if (!predicted.ok) throw new Error(JSON.stringify(predicted.errors));
        const expected = predicted.predictions.map((each) => "value" in each && each.value);
        expect(Array.from((await runOnnx(model, weights, rows)).value?.data as Float32Array)).toEqual(expected.flat());
      }),
      { numRuns: 10 },
    );
  });

  it("with labels in any capitals, where the column's reading ignores them", async () => {
    const columns = [
      category("answer", { categories: ["No", "Yes", "n/a", "Ünlü", "AB", "ab"], fill: "No", reading: { case: "ignored" } }),
    ];
    const preprocessing = tables(columns);
    const rows = ["No", "NO ", "yes", "YES", " Yes", "N/A", "n/a", "ünlü", "ÜNLÜ", "AB", "ab", "Ab", "yess", "", "#N/A"].map(
      (text) => [text],
    );
    const model = modelOf({ preprocessing, layers: [linear(1)] });
    const width = featureWidth(preprocessing);
    const weights = packTensors([
      { name: "0.weight", shape: [1, width], values: Array.from({ length: width }, (_, index) => 2 ** index) },
      { name: "0.bias", shape: [1], values: [0] },
    ]);
    const predicted = createPredictor(model, weights).predict(rows);
    if (!predicted.ok) throw new Error(JSON.stringify(predicted.errors));
    const expected = predicted.predictions.flatMap((each) => ("value" in each ? [each.value].flat() : []));
    expect(Array.from((await runOnnx(model, weights, rows)).value?.data as Float32Array)).toEqual(expected);
    expect(new Set(expected).size).toBe(7);
  });

  it("with datetimes: every part, of leap days, ends of months and years, and before 1970", async () => {
    const parts = DATETIME_PARTS.map((part) => ({
      part,
      ...(part === "age" && { latest: Date.UTC(2024, 5, 1) }),
      scaling:
        (
          {
            timestamp: { offset: 1.6e9, scale: 1e8 },
            year: { offset: 2000, scale: 10 },
            age: { offset: 900, scale: 4000 },
          } as Record<string, Scaling>
        )[part] ?? null,
    }));
    const columns: EncodedColumn[] = [{ kind: "datetime", column: "at", fill: Date.UTC(2020, 1, 29), indicator: true, parts }];
    const dates = [
      "2024-02-29T23:59:59.999Z",
      "2023-02-28T00:00:00Z",
      "2100-02-28T12:30:00Z",
      "2000-02-29T01:02:03Z",
      "1969-12-31T23:59:00Z",
      "1900-03-01T06:00:00Z",
      "2023-12-31T18:45:00Z",
      "2024-01-01T00:00:00Z",
      "2021-04-30T05:00:00Z",
      "1600-02-29T05:00:00Z",
      // In week 53 of the year before, in week 1 of the year after, and a Thursday.
      "2021-01-03T12:00:00Z",
      "2019-12-30T00:00:00Z",
      "1970-01-01T00:00:00Z",
    ];
    const model = modelOf({ preprocessing: tables(columns), layers: [linear(9, { bias: false })] });
    await expectAgreements(model, [[...dates.map((date) => [date]), [null]], ...dates.map((date) => [[date], [null]])]);
  });

  it("and gives targets in their own units", async () => {
    const targets = [
      { column: "price", scaling: { offset: 250_000, scale: 80_000 } },
      { column: "rooms", scaling: null },
    ];
    await expectAgreement(modelOf({ preprocessing: tables([numeric("a"), numeric("b")], targets), layers: [linear(2)] }), [
      [1, 2],
      [null, 3],
    ]);
  });

  it("and gives targets that were learnt as logarithms in their own units, huge ones bounded", async () => {
    const targets: Preprocessing["targets"] = [
      { column: "price", scaling: { offset: 12, scale: 1.5, transform: "log" } },
      { column: "income", scaling: { offset: 0, scale: 1, transform: "log" } },
    ];
    await expectAgreement(modelOf({ preprocessing: tables([numeric("a"), numeric("b")], targets), layers: [linear(2)] }), [
      [1, 2],
      [null, 3],
      [-400, 1],
      [400, -3],
    ]);
  });

  it("whatever the columns are called", async () => {
    const names = ["value", "label", "probabilities", "/Gemm", "/constant", "0.weight", "features", "a b/c:d", "ü"];
    const columns = names.map((name) => numeric(name));
    const rows = someRows(names.length, 3);
    const model = modelOf({ preprocessing: tables(columns, [{ column: "y", scaling: null }]), layers: [linear(1)] });
    await expectAgreement(model, rows, "value_1");
  });
});
