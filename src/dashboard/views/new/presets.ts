/** Jobs to start from: the tutorial's three, shapes that are worth watching, and the sample tables. */
import type { Dataset } from "../../../client/answers.ts";
import { CHOSEN_BY_SEARCH } from "../../../client/search.ts";
import { SAMPLES, type Sample } from "../../datasets/samples.ts";
import { datasetSpec } from "../../request/dataset-spec.ts";
import type { JsonObject } from "../../request/draft.ts";

export interface Preset {
  readonly key: string;
  readonly title: string;
  readonly about: string;
  readonly group: "Tutorial" | "Shapes" | "Tables";
  /** The table that must be uploaded first; null for generated data. */
  readonly sample: Sample | null;
  spec(dataset: Dataset | null): JsonObject;
}

/** Checkpoints often enough to replay the training. */
const WATCHED = { every_epochs: 20, min_seconds: 0, keep: 60 };
const MOONS = { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } };

const shape = (key: string, title: string, about: string, group: "Tutorial" | "Shapes", spec: JsonObject): Preset => ({
  key,
  title,
  about,
  group,
  sample: null,
  spec: () => ({ name: key, ...spec, checkpoint: WATCHED }),
});

const GENERATED: readonly Preset[] = [
  shape("linear", "Linear regression", "A line through a hundred points", "Tutorial", {
    data: {
      generator: { type: "linear", samples: 100, slope: 3, intercept: 2, low: 0, high: 10, noise: 2, seed: 2 },
    },
    model: { layers: [{ type: "linear" }] },
    loss: { type: "mse" },
    optimizer: { type: "sgd", lr: 0.01 },
    epochs: 1000,
    seed: 42,
  }),
  shape("logistic", "Logistic regression", "One straight boundary between two moons", "Tutorial", {
    data: MOONS,
    model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
    loss: { type: "bce" },
    optimizer: { type: "adam", lr: 0.1 },
    epochs: 1000,
    seed: 42,
  }),
  shape("mlp", "A small network", "Four units bend the boundary around the moons", "Tutorial", {
    data: MOONS,
    model: {
      layers: [
        { type: "linear", units: 4, init: { weight: "kaiming_normal" } },
        { type: "relu" },
        { type: "linear", init: { weight: "kaiming_normal" } },
        { type: "sigmoid" },
      ],
    },
    loss: { type: "bce" },
    optimizer: { type: "adam", lr: 0.05 },
    epochs: 1000,
    seed: 42,
  }),
  shape("circles", "Circles", "One ring inside another", "Shapes", {
    data: { generator: { type: "circles", samples: 300, noise: 0.08, factor: 0.5, seed: 1 } },
    split: { validation: 0.2 },
    model: { layers: [{ type: "linear", units: 6 }, { type: "tanh" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.03 },
    epochs: 1000,
    seed: 1,
  }),
  shape("xor", "Exclusive or", "Four corners that no line separates", "Shapes", {
    data: { generator: { type: "xor", samples: 300, noise: 0.2, seed: 1 } },
    split: { validation: 0.2 },
    model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.03 },
    epochs: 1000,
    seed: 1,
  }),
  shape("spirals", "Spirals", "Three arms, wound around each other", "Shapes", {
    data: { generator: { type: "spirals", samples: 450, classes: 3, noise: 0.08, turns: 1, seed: 0 } },
    split: { validation: 0.2 },
    model: {
      layers: [
        { type: "linear", units: 32 },
        { type: "relu" },
        { type: "linear", units: 32 },
        { type: "relu" },
        { type: "linear" },
      ],
    },
    optimizer: { type: "adam", lr: 0.01 },
    epochs: 1000,
    seed: 3,
  }),
  shape("blobs", "Blobs", "Four heaps of points", "Shapes", {
    data: { generator: { type: "blobs", samples: 400, features: 2, classes: 4, cluster_std: 1.2, seed: 5 } },
    split: { validation: 0.2 },
    model: { layers: [{ type: "linear", units: 12 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.02 },
    epochs: 600,
    seed: 5,
  }),
];

const tables: readonly Preset[] = SAMPLES.map((sample) => ({
  key: sample.name,
  title: sample.title,
  about: sample.about,
  group: "Tables",
  sample,
  spec: (dataset) => ({ name: sample.name, ...datasetSpec(dataset?.id ?? "", sample.target) }),
}));

export const PRESETS: readonly Preset[] = [...GENERATED, ...tables];

/** A network that trains well on most small tables: two hidden layers, mini-batches, and the early stopping of every data set. */
const NETWORK: JsonObject = {
  split: { validation: 0.2, test: 0 },
  model: {
    layers: [
      { type: "linear", units: 32 },
      { type: "relu" },
      { type: "linear", units: 16 },
      { type: "relu" },
      { type: "linear" },
    ],
  },
  optimizer: { type: "adamw", lr: 0.003 },
  epochs: 300,
  batch_size: 32,
};

/** Returns a spec with an initial network instead of a search. */
export function withNetwork({ model: _, split, ...rest }: JsonObject): JsonObject {
  return { ...rest, ...NETWORK, ...(split === undefined ? {} : { split }) };
}

/** Returns a spec without its network and the fields that need one: a search chooses them, and holds out each row once. */
export function withSearch(spec: JsonObject): JsonObject {
  const left = new Set<string>([...CHOSEN_BY_SEARCH, "model", "split", "checkpoint"]);
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !left.has(key)));
}
