/**
 * Tables drawn from populations that are known, straight lines trained on some rows, and how often the intervals of their figures on held-out
 * rows hold the figures on many fresh ones. Lines rather than networks, since they train in a millisecond and an interval knows no
 * difference.
 */

import type { Intervals, Range } from "../../../src/domain/models/intervals.ts";
import { type ScoreMetrics, scoreMetricsOf } from "../../../src/domain/models/score.ts";
import { createRandom, type Random, streamKey } from "../../../src/engine/index.ts";
import { withIntervals } from "../../../src/training/certainty/intervals.ts";
import { type Table, takeRows } from "../../../src/training/data/table.ts";
import { evaluate, type Predicted } from "../../../src/training/evaluate/evaluate.ts";
import { fitStraightLine } from "../../../src/training/evaluate/straight-line.ts";

const WIDTH = 4;
/** Rows that a line is trained on. */
const TRAINED = 100;

/** Populations: the target of a row, by its linear value and the random numbers of the row. */
export const POPULATIONS = {
  two_classes: { classes: 2, target: classOf(2) },
  three_classes: { classes: 3, target: classOf(3) },
  values: { classes: 0, target: ([value], random, noise) => (value as number) + noise * random.normal() },
  // A scale of its own for each row: squared errors have long tails.
  heavy_values: {
    classes: 0,
    target: ([value], random, noise) => (value as number) + noise * random.normal() * Math.exp(random.normal() / 2),
  },
} as const satisfies Record<
  string,
  { classes: number; target: (values: readonly number[], random: Random, noise: number) => number }
>;

export type PopulationName = keyof typeof POPULATIONS;

function classOf(classes: number) {
  return (values: readonly number[], random: Random): number => {
    const scores = Array.from({ length: classes }, (_, label) => Math.exp(label === 0 ? 0 : (values[label - 1] as number)));
    let left = random.uniform() * scores.reduce((total, score) => total + score, 0);
    for (let label = 0; label < classes - 1; label++) {
      left -= scores[label] as number;
      if (left < 0) return label;
    }
    return classes - 1;
  };
}

function drawFeatures(rows: number, random: Random): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows * WIDTH }, () => random.normal());
}

/** A population of its own for each repeat: how well its rows can be told apart, how often each class is, and how noisy values are. */
export function createPopulation(name: PopulationName, repeat: number) {
  const { classes, target } = POPULATIONS[name];
  const random = createRandom(streamKey(repeat, `coverage/${name}`));
  const scale = 0.3 + 2.2 * random.uniform();
  const lines = [0, 1].map(() => ({
    slopes: Array.from({ length: WIDTH }, () => scale * random.normal()),
    shift: 3 * (random.uniform() - 0.5),
  }));
  const noise = 0.2 + 2 * random.uniform();
  const labels = Array.from({ length: classes }, (_, label) => String(label));
  const draw = (rows: number, features = drawFeatures(rows, random)): Table => {
    const targets = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const own = features.subarray(row * WIDTH, (row + 1) * WIDTH);
      const values = lines.map(({ slopes, shift }) => own.reduce((sum, x, at) => sum + x * (slopes[at] as number), shift));
      targets[row] = target(values, random, noise);
    }
    return { rows, featureWidth: WIDTH, targetWidth: 1, features, targets, actual: null, weights: null };
  };
  const train = (scoredRows: number, rows = TRAINED) => {
    const line = fitStraightLine({ train: draw(rows), preprocessing: null, classes, scoredRows, seed: repeat });
    if (!line.fitted) throw new Error(line.reason);
    return (table: Table): Predicted => ({ rows: table.rows, outputs: line.outputs(table), targets: table.targets });
  };
  return { labels, draw, train };
}

/** Of an interval: how many there were, and how many of them held the figure of fresh rows. */
export interface Covered {
  intervals: number;
  held: number;
}

/** How often the interval of each figure on `rows` held-out rows holds what the same line comes to on `fresh` other rows; `first` is of the repeats. */
export function coverage(name: PopulationName, rows: number, repeats: number, fresh: number, first = 0): Map<string, Covered> {
  const covered = new Map<string, Covered>();
  // Fresh rows share their features, which takes most of the time, and have targets of their own.
  const features = drawFeatures(fresh, createRandom(streamKey(rows, `coverage/${name}/fresh`)));
  for (let repeat = first; repeat < first + repeats; repeat++) {
    const { labels, draw, train } = createPopulation(name, repeat + rows * 1_000_000);
    const predict = train(fresh);
    const scored = predict(draw(rows));
    const { intervals } = withIntervals(evaluate(scored, labels), scored, labels, []);
    countHeld(covered, intervals, scoreMetricsOf(evaluate(predict(draw(fresh, features)), labels)));
  }
  return covered;
}

const FOLDS = 5;

/**
 * The same of scores out of fold: each row is predicted by a line of the other folds, and the truth is what is served, the average of these
 * lines as a search serves it, or else the line of all rows.
 */
export function foldCoverage(
  name: PopulationName,
  rows: number,
  repeats: number,
  fresh: number,
  first = 0,
  isAverage = true,
): Map<string, Covered> {
  const covered = new Map<string, Covered>();
  for (let repeat = first; repeat < first + repeats; repeat++) {
    const { labels, draw } = createPopulation(name, repeat + rows * 1_000_000);
    const classes = labels.length;
    const table = draw(rows);
    const lineOf = (train: Table) => {
      const line = fitStraightLine({ train, preprocessing: null, classes, scoredRows: rows + fresh, seed: repeat });
      if (!line.fitted) throw new Error(line.reason);
      return line;
    };
    const numbers = Array.from({ length: rows }, (_, row) => row);
    const inFold = (fold: number, isHeld: boolean) => numbers.filter((row) => (row % FOLDS === fold) === isHeld);
    const folds = Array.from({ length: FOLDS }, (_, fold) => fold);
    const lines = folds.map((fold) => lineOf(takeRows(table, inFold(fold, false))));
    const served = isAverage
      ? (of: Table) =>
          averageOf(
            lines.map((line) => line.outputs(of)),
            classes,
          )
      : (of: Table) => lineOf(table).outputs(of);
    const heldOut = takeRows(
      table,
      folds.flatMap((fold) => inFold(fold, true)),
    );
    const outputs = folds.flatMap((fold) => [...(lines[fold]?.outputs(takeRows(table, inFold(fold, true))) ?? [])]);
    const scored: Predicted = { rows, outputs: Float32Array.from(outputs), targets: heldOut.targets };
    const seen = { served: served(heldOut), folds: FOLDS, stopped: false };
    const { intervals } = withIntervals(evaluate(scored, labels), scored, labels, [], seen);
    const fresher = draw(fresh);
    const truth = { rows: fresh, outputs: served(fresher), targets: fresher.targets };
    countHeld(covered, intervals, scoreMetricsOf(evaluate(truth, labels)));
  }
  return covered;
}

/** The average of several models as a search serves it: of values, or of logits. */
function averageOf(outputs: readonly Float32Array[], classes: number): Float32Array {
  const mean = (of: (model: Float32Array) => number) => outputs.reduce((sum, model) => sum + of(model), 0) / outputs.length;
  const length = outputs[0]?.length ?? 0;
  if (classes === 0) return Float32Array.from({ length }, (_, at) => mean((model) => model[at] as number));
  const tiny = 1e-7;
  const logit = (p: number) => Math.log(Math.max(tiny, p) / Math.max(tiny, 1 - p));
  if (classes === 2)
    return Float32Array.from({ length }, (_, at) => 1 / (1 + Math.exp(-mean((model) => logit(model[at] as number)))));
  const powers = Float64Array.from({ length }, (_, at) =>
    Math.exp(mean((model) => Math.log(Math.max(tiny, model[at] as number)))),
  );
  return Float32Array.from(powers, (power, at) => {
    const row = at - (at % classes);
    return power / powers.subarray(row, row + classes).reduce((sum, each) => sum + each, 0);
  });
}

export function countHeld(covered: Map<string, Covered>, intervals: Intervals | undefined, truth: ScoreMetrics): void {
  for (const [figure, range] of Object.entries(intervals ?? {})) {
    if (figure === "level") continue;
    const [low, high] = range as Range;
    const value = (truth as Record<string, number | null>)[figure] as number;
    const counted = covered.get(figure) ?? { intervals: 0, held: 0 };
    covered.set(figure, counted);
    counted.intervals += 1;
    if (value >= low && value <= high) counted.held += 1;
  }
}
