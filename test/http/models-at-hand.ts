/** Models that a test needs without training: y = 2 x + 1, and a classifier of raw rows with every kind of column. */

import { featureWidth, type Preprocessing } from "../../src/domain/datasets/preprocessing.ts";
import { createId } from "../../src/domain/id.ts";
import type { Model, NewModel } from "../../src/domain/models/model.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { packTensors } from "../../src/domain/tensor.ts";
import { aModel } from "../contract/fixtures.ts";

/** Stores the model y = 2 x + 1 under the name `line`. */
export async function storeLine(store: Store): Promise<Model> {
  const weights = packTensors([
    { name: "0.weight", shape: [1, 1], values: [2] },
    { name: "0.bias", shape: [1], values: [1] },
  ]);
  const model: NewModel = {
    ...aModel("job_none"),
    id: createId("model"),
    name: "line",
    jobId: null,
    task: "regression",
    inputWidth: 1,
    classes: [],
    layers: [{ type: "linear", units: 1, bias: true }],
    parameters: 2,
    weights: weights.entries,
  };
  return store.models.insert(model, weights);
}

/** Stores a classifier of one number under the name `digits`, whose classes are whole numbers, not in the order of JavaScript's keys. */
export async function storeDigits(store: Store): Promise<Model> {
  const weights = packTensors([
    { name: "0.weight", shape: [3, 1], values: [1, 0, -1] },
    { name: "0.bias", shape: [3], values: [0.1, 0.2, 0.3] },
  ]);
  const model: NewModel = {
    ...aModel("job_none"),
    id: createId("model"),
    name: "digits",
    jobId: null,
    task: "multiclass_classification",
    inputWidth: 1,
    outputWidth: 3,
    classes: ["-1", "10", "9"],
    layers: [{ type: "linear", units: 3, bias: true }],
    activation: "softmax",
    parameters: 6,
    weights: weights.entries,
  };
  return store.models.insert(model, weights);
}

/** Stores a classifier of one number under the name `either`: of 1, `yes` with a probability of 0.73. */
export async function storeEither(store: Store): Promise<Model> {
  const weights = packTensors([
    { name: "0.weight", shape: [1, 1], values: [1] },
    { name: "0.bias", shape: [1], values: [0] },
  ]);
  const model: NewModel = {
    ...aModel("job_none"),
    id: createId("model"),
    name: "either",
    jobId: null,
    task: "binary_classification",
    inputWidth: 1,
    outputWidth: 1,
    classes: ["no", "yes"],
    layers: [{ type: "linear", units: 1, bias: true }],
    activation: "sigmoid",
    parameters: 2,
    weights: weights.entries,
  };
  return store.models.insert(model, weights);
}

/** Of a table of penguins; `island` has a label with a comma, and a class has a semicolon. */
export const PENGUINS: Preprocessing = {
  columns: [
    {
      kind: "category",
      column: "island",
      boolean: false,
      categories: ["Biscoe, north", "Dream"],
      fill: null,
      encode: "one_hot",
      dimension: null,
    },
    {
      kind: "numeric",
      column: "mass",
      integer: false,
      range: { min: 2700, max: 6300 },
      fill: 4000,
      indicator: true,
      scaling: { offset: 4000, scale: 800 },
    },
    {
      kind: "category",
      column: "tagged",
      boolean: true,
      categories: ["false", "true"],
      fill: "false",
      encode: "ordinal",
      dimension: null,
    },
    { kind: "datetime", column: "seen", fill: 1.7e12, indicator: false, parts: [{ part: "month", scaling: null }] },
  ],
  targets: [{ column: "species", scaling: null }],
};

/** Stores a classifier of three classes under the name `penguins`. */
export async function storePenguins(store: Store): Promise<Model> {
  const width = featureWidth(PENGUINS);
  const weights = packTensors([
    {
      name: "0.weight",
      shape: [3, width],
      values: Float32Array.from({ length: 3 * width }, (_, index) => Math.sin(index * 1.7)),
    },
    { name: "0.bias", shape: [3], values: [0.1, -0.2, 0.05] },
  ]);
  const model: NewModel = {
    ...aModel("job_none"),
    id: createId("model"),
    name: "penguins",
    jobId: null,
    task: "multiclass_classification",
    preprocessing: PENGUINS,
    inputWidth: width,
    outputWidth: 3,
    classes: ["Adelie", "Chinstrap", "Gentoo;x"],
    layers: [{ type: "linear", units: 3, bias: true }],
    activation: "softmax",
    parameters: 3 * width + 3,
    weights: weights.entries,
  };
  return store.models.insert(model, weights);
}

/** Stores a classifier of one sigmoid unit for raw rows: `yes` where the weighted features and the bias are great enough. */
export async function storeUnit(
  store: Store,
  name: string,
  preprocessing: Preprocessing,
  { weightOf, bias }: { readonly weightOf: (feature: number) => number; readonly bias: number },
): Promise<Model> {
  const width = featureWidth(preprocessing);
  const weights = packTensors([
    { name: "0.weight", shape: [1, width], values: Array.from({ length: width }, (_, feature) => weightOf(feature)) },
    { name: "0.bias", shape: [1], values: [bias] },
  ]);
  const model: NewModel = {
    ...aModel("job_none"),
    ...{ id: createId("model"), name, jobId: null, task: "binary_classification", inputWidth: width, outputWidth: 1 },
    ...{ activation: "sigmoid", classes: ["no", "yes"], parameters: width + 1, preprocessing, weights: weights.entries },
    layers: [{ type: "linear", units: 1, bias: true }],
  };
  return store.models.insert(model, weights);
}
