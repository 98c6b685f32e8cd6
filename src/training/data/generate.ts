/**
 * Synthetic data. One entry for each generator; each is a function of its parameters and seed alone, to the bit on every machine (the sines
 * and cosines are the engine's own). Shapes of moons, circles and blobs are those of scikit-learn's generators.
 */
import type { Generator, Task } from "../../domain/spec/spec.ts";
import { createRandom, deterministicMath, type Random, streamKey } from "../../engine/index.ts";
import { type Table, takeRows } from "./table.ts";

/** What is known of generated rows before they are made. */
export interface GeneratorShape {
  readonly task: Task;
  readonly featureWidth: number;
  /** Number of classes; 0 for regression. */
  readonly classes: number;
}

type Options<T extends Generator["type"]> = Extract<Generator, { type: T }>;

interface Entry<T extends Generator["type"]> {
  shape(options: Options<T>): GeneratorShape;
  /** Writes the features of row i into `point` and returns its target. */
  row(options: Options<T>, i: number, random: Random, point: number[]): number;
}

const { cos, sin } = deterministicMath;
const PI = Math.PI;
const twoClasses = (): GeneratorShape => ({ task: "binary_classification", featureWidth: 2, classes: 2 });

/** Position i of `count` points evenly spaced over [0, 1], both ends included. */
const spaced = (i: number, count: number) => (count > 1 ? i / (count - 1) : 0);

/** Rows are dealt to the classes in turn: row i is member floor(i / classes) of class i mod classes. */
const membersOf = (index: number, samples: number, classes: number) => Math.ceil((samples - index) / classes);

const generators: { [T in Generator["type"]]: Entry<T> } = {
  linear: {
    shape: () => ({ task: "regression", featureWidth: 1, classes: 0 }),
    row({ samples, slope, intercept, low, high, noise }, i, random, point) {
      const x = low + (high - low) * spaced(i, samples);
      point[0] = x;
      return slope * x + intercept + noise * random.normal();
    },
  },
  moons: {
    shape: twoClasses,
    row({ samples, noise }, i, random, point) {
      const label = i % 2;
      const angle = PI * spaced(Math.floor(i / 2), membersOf(label, samples, 2));
      point[0] = label === 0 ? cos(angle) : 1 - cos(angle);
      point[1] = label === 0 ? sin(angle) : 0.5 - sin(angle);
      return addNoise(point, noise, random, label);
    },
  },
  circles: {
    shape: twoClasses,
    row({ samples, noise, factor }, i, random, point) {
      const label = i % 2;
      const angle = (2 * PI * Math.floor(i / 2)) / membersOf(label, samples, 2);
      const radius = label === 0 ? 1 : factor;
      point[0] = radius * cos(angle);
      point[1] = radius * sin(angle);
      return addNoise(point, noise, random, label);
    },
  },
  blobs: {
    shape: ({ features, classes }) => ({
      task: classes === 2 ? "binary_classification" : "multiclass_classification",
      featureWidth: features,
      classes,
    }),
    row({ features, classes, cluster_std, seed }, i, random, point) {
      const label = i % classes;
      const centre = createRandom(streamKey(seed, `data/centre/${label}`));
      for (let axis = 0; axis < features; axis++) point[axis] = 20 * centre.uniform() - 10;
      return addNoise(point, cluster_std, random, label);
    },
  },
  spirals: {
    shape: ({ classes }) => ({
      task: classes === 2 ? "binary_classification" : "multiclass_classification",
      featureWidth: 2,
      classes,
    }),
    row({ samples, classes, noise, turns }, i, random, point) {
      const label = i % classes;
      const along = (Math.floor(i / classes) + 1) / membersOf(label, samples, classes);
      const angle = 2 * PI * (turns * along + label / classes);
      point[0] = 2 * along * cos(angle);
      point[1] = 2 * along * sin(angle);
      return addNoise(point, noise, random, label);
    },
  },
  xor: {
    shape: twoClasses,
    row({ noise }, _, random, point) {
      point[0] = 2 * random.uniform() - 1;
      point[1] = 2 * random.uniform() - 1;
      const label = point[0] > 0 === point[1] > 0 ? 0 : 1;
      return addNoise(point, noise, random, label);
    },
  },
};

function addNoise(point: number[], scale: number, random: Random, label: number): number {
  for (let axis = 0; axis < point.length; axis++) point[axis] = (point[axis] as number) + scale * random.normal();
  return label;
}

function entryOf<T extends Generator["type"]>(type: T): Entry<T> {
  return generators[type];
}

/** The task and the widths of the rows that a generator makes, without making them. */
export function generatorShape(options: Generator): GeneratorShape {
  return entryOf<Generator["type"]>(options.type).shape(options);
}

/** The rows of a generator, in an order drawn by its seed (a line's rows stay in the order of x). */
export function generate(options: Generator): Table {
  const entry = entryOf<Generator["type"]>(options.type);
  const { task, featureWidth } = entry.shape(options);
  const random = createRandom(streamKey(options.seed, `data/${options.type}`));
  const rows = options.samples;
  const features = new Float32Array(rows * featureWidth);
  const targets = new Float32Array(rows);
  const point: number[] = new Array(featureWidth).fill(0);
  for (let i = 0; i < rows; i++) {
    targets[i] = entry.row(options, i, random, point);
    features.set(point, i * featureWidth);
  }
  const table = { rows, featureWidth, targetWidth: 1, features, targets, actual: null, weights: null };
  return task === "regression" ? table : takeRows(table, createRandom(streamKey(options.seed, "data/order")).permutation(rows));
}
