/** The settings of the playground: each with its choices, its form in the address, and the spec of the job that is the same training. Pure. */
import type { Generator, Task } from "../../domain/spec/spec.ts";
import type { LayerSpec, OptimizerSpec } from "../../engine/index.ts";
import type { JsonObject } from "../request/draft.ts";

/** Limits, so that each frame is quick; the view says them. */
export const MAX_ROWS = 2000;
export const MAX_LAYERS = 6;
export const MAX_UNITS = 32;
export const MAX_CLASSES = 10;

const SAMPLES = 300;

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** Generated data, by its name in the address. `noise` is the greatest that is offered. */
export const SHAPES: readonly (Choice & { readonly noise: number; generator(noise: number): Generator })[] = [
  {
    value: "moons",
    label: "Two moons",
    noise: 0.1,
    generator: (noise) => ({ type: "moons", samples: SAMPLES, noise, seed: 7 }),
  },
  {
    value: "circles",
    label: "Circles",
    noise: 0.1,
    generator: (noise) => ({ type: "circles", samples: SAMPLES, noise, factor: 0.5, seed: 1 }),
  },
  {
    value: "xor",
    label: "Exclusive or",
    noise: 0.1,
    generator: (noise) => ({ type: "xor", samples: SAMPLES, noise, seed: 1 }),
  },
  {
    value: "spirals",
    label: "Two spirals",
    noise: 0.05,
    generator: (noise) => ({ type: "spirals", samples: SAMPLES, classes: 2, noise, turns: 1, seed: 0 }),
  },
  {
    value: "arms",
    label: "Three spirals",
    noise: 0.05,
    generator: (noise) => ({ type: "spirals", samples: SAMPLES, classes: 3, noise, turns: 1, seed: 0 }),
  },
  {
    value: "blobs",
    label: "Four blobs",
    noise: 1.2,
    generator: (noise) => ({
      type: "blobs",
      samples: SAMPLES,
      features: 2,
      classes: 4,
      cluster_std: Math.max(noise, 0.01),
      seed: 5,
    }),
  },
];

export const ACTIVATIONS: readonly (Choice & { readonly value: LayerSpec["type"] })[] = [
  { value: "tanh", label: "Tanh" },
  { value: "relu", label: "ReLU" },
  { value: "leaky_relu", label: "Leaky ReLU" },
  { value: "gelu", label: "GELU" },
  { value: "silu", label: "SiLU" },
  { value: "elu", label: "ELU" },
  { value: "sigmoid", label: "Sigmoid" },
];

export const OPTIMISERS: readonly (Choice & { readonly spec: OptimizerSpec })[] = [
  { value: "adam", label: "Adam", spec: { type: "adam" } },
  { value: "adamw", label: "AdamW", spec: { type: "adamw" } },
  { value: "sgd", label: "SGD", spec: { type: "sgd" } },
  { value: "momentum", label: "SGD, momentum 0.9", spec: { type: "sgd", momentum: 0.9 } },
  { value: "rmsprop", label: "RMSprop", spec: { type: "rmsprop" } },
  { value: "adagrad", label: "Adagrad", spec: { type: "adagrad" } },
];

const numbers = (...values: readonly number[]): readonly Choice[] =>
  values.map((value) => ({ value: String(value), label: String(value) }));

export const RATES = numbers(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3);
export const BATCHES = [...numbers(8, 16, 32, 64, 128, 256), { value: String(MAX_ROWS), label: "All rows" }];
export const DECAYS = [{ value: "0", label: "None" }, ...numbers(0.0001, 0.001, 0.01, 0.1)];
export const VALIDATIONS: readonly Choice[] = [0, 0.1, 0.2, 0.3, 0.5].map((share) => ({
  value: String(share),
  label: share === 0 ? "None" : `${share * 100} %`,
}));
/** Noise as a multiple of the usual noise of the shape. */
export const NOISES: readonly Choice[] = [
  { value: "0", label: "None" },
  { value: "0.5", label: "Little" },
  { value: "1", label: "Some" },
  { value: "2", label: "Much" },
  { value: "4", label: "Very much" },
];

/** Everything that is set. */
export interface Settings {
  /** A shape, or the id of a data set. */
  readonly data: string;
  /** Columns of a data set; empty if none is chosen. */
  readonly x: string;
  readonly y: string;
  readonly target: string;
  readonly noise: string;
  /** Units of each hidden layer. */
  readonly layers: readonly number[];
  readonly activation: string;
  readonly optimizer: string;
  readonly lr: string;
  readonly batch: string;
  readonly decay: string;
  readonly validation: string;
  readonly seed: number;
}

/**
 * The settings of an address without any.
 *
 * @internal Exported for tests.
 */
export const DEFAULTS: Settings = {
  ...{ data: "moons", x: "", y: "", target: "", noise: "1", layers: [8, 8], activation: "tanh", optimizer: "adam" },
  ...{ lr: "0.01", batch: "32", decay: "0", validation: "0.2", seed: 0 },
};

/** The settings that are one of a list. */
const LISTS: Readonly<Partial<Record<keyof Settings, readonly Choice[]>>> = {
  noise: NOISES,
  activation: ACTIVATIONS,
  optimizer: OPTIMISERS,
  lr: RATES,
  batch: BATCHES,
  decay: DECAYS,
  validation: VALIDATIONS,
};

/** Returns the id of the data set that is trained on; null for generated data. */
export const datasetIdOf = ({ data }: Settings): string | null => (data.startsWith("ds_") ? data : null);

/** Reads settings from an address; missing and invalid ones have their default. */
export function settingsFrom(query: URLSearchParams): Settings {
  const text = (key: keyof Settings) => {
    const value = query.get(key) ?? "";
    const choices = LISTS[key];
    return choices && !choices.some((choice) => choice.value === value) ? (DEFAULTS[key] as string) : value;
  };
  const data = query.get("data") ?? DEFAULTS.data;
  const layers = query.get("layers");
  const seed = Number(query.get("seed") ?? DEFAULTS.seed);
  return {
    data: data.startsWith("ds_") || SHAPES.some(({ value }) => value === data) ? data : DEFAULTS.data,
    ...{ x: text("x"), y: text("y"), target: text("target"), noise: text("noise"), activation: text("activation") },
    ...{ optimizer: text("optimizer"), lr: text("lr"), batch: text("batch"), decay: text("decay") },
    validation: text("validation"),
    layers: layers === null ? DEFAULTS.layers : layersFrom(layers),
    seed: Number.isSafeInteger(seed) && seed >= 0 ? seed : DEFAULTS.seed,
  };
}

/** Layers as the address has them: `8-8`, or nothing for none. */
const layersFrom = (text: string): number[] =>
  text
    .split("-")
    .map(Number)
    .filter((units) => Number.isInteger(units) && units >= 1)
    .slice(0, MAX_LAYERS)
    .map((units) => Math.min(MAX_UNITS, units));

/** Returns the address after a change; null for settings with their initial value. */
export function queryFor(change: Partial<Settings>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(change).map(([key, value]) => {
      const text = Array.isArray(value) ? value.join("-") : String(value);
      const first = DEFAULTS[key as keyof Settings];
      return [key, text === (Array.isArray(first) ? first.join("-") : String(first)) ? null : text];
    }),
  );
}

/** Returns the layers of the network: each hidden one with its activation, then the output, whose units follow from the target. */
export function layersOf({ layers, activation }: Settings): LayerSpec[] {
  const hidden = layers.flatMap((units): LayerSpec[] => [{ type: "linear", units }, { type: activation } as LayerSpec]);
  return [...hidden, { type: "linear" }];
}

/** Returns the optimiser with its weight decay. */
export function optimizerOf({ optimizer, decay }: Settings): OptimizerSpec {
  const { spec } = OPTIMISERS.find(({ value }) => value === optimizer) ?? (OPTIMISERS[0] as (typeof OPTIMISERS)[number]);
  return { ...spec, weight_decay: Number(decay) };
}

/** Returns the generator of a shape; null for a data set. */
export function generatorOf({ data, noise }: Settings): Generator | null {
  const shape = SHAPES.find(({ value }) => value === data);
  return shape ? shape.generator(shape.noise * Number(noise)) : null;
}

/** Returns the spec of the job that trains the same for `epochs` epochs. `task` is named for a data set, whose numbers may be labels. */
export function jobOf(settings: Settings, name: string, epochs: number, task: Task | null = null): JsonObject {
  const { data, x, y, target, lr, batch, validation, seed } = settings;
  const generator = generatorOf(settings);
  const spec = {
    name,
    ...(task && { task }),
    data: generator ? { generator } : { dataset: { id: data, features: [x, y], target } },
    split: { validation: Number(validation), test: 0 },
    model: { layers: layersOf(settings) },
    optimizer: { ...optimizerOf(settings), lr: Number(lr) },
    epochs,
    batch_size: Number(batch),
    early_stopping: null,
    seed,
  };
  return spec as unknown as JsonObject;
}
