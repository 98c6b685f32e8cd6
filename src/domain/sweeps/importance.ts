/**
 * How much each parameter of a sweep matters for being among its best trials: PED-ANOVA (S. Watanabe, A. Bansal, F. Hutter, "PED-ANOVA:
 * efficiently quantifying hyperparameter importance in arbitrary subspaces", IJCAI 2023), as in Optuna's `PedAnovaImportanceEvaluator`. It
 * is only shown to people, so Math.exp is fine, whose last digits differ between machines.
 */
import type { ParameterValue, Range } from "./parameter.ts";
import { type Dimension, isActive, type Space } from "./parameter-space.ts";
import type { Trial } from "./trial.ts";

/** The measure by name, and where it comes from. */
export const IMPORTANCE_MEASURE = {
  name: "PED-ANOVA",
  source:
    "S. Watanabe, A. Bansal, F. Hutter: PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces, IJCAI 2023, https://arxiv.org/abs/2304.10255",
} as const;

/** The share of a parameter: those of all parameters sum up to 1, unless none has any. */
export interface Importance {
  readonly pointer: string;
  readonly importance: number;
}

/** The share of the trials that count as best. */
const TARGET_SHARE = 0.1;
/** Maximum cells in which the numbers of a range are counted. */
const MAX_CELLS = 50;
/** Keeps a ratio of densities finite. */
const FLOOR = 1e-12;

/**
 * Returns the importance of each parameter, the greatest first. Trials are the finished ones; one without a value, which failed, is among
 * the worst. The cost grows with trials times parameters: about 0.1 us each.
 */
export function importancesOf(
  { dimensions }: Space,
  trials: readonly Pick<Trial, "parameters" | "value">[],
  isMaximized: boolean,
): Importance[] {
  const best = bestOf(trials, isMaximized);
  const measured = dimensions.map((dimension) => {
    const cells = cellsOf(dimension);
    if (best.length === 0 || best.length === trials.length || cells.count < 2) return 0;
    const ofBest = countsIn(cells, dimension, best);
    const ofAll = countsIn(cells, dimension, trials);
    if (ofBest.total === 0 || ofAll.total < 2) return 0;
    // A parameter below choices: by how much more often it is active among the best (condPED-ANOVA, theorem 4.2).
    const shareOfBest = ofBest.total / best.length;
    const shareOfAll = ofAll.total / trials.length;
    return (shareOfBest ** 2 / shareOfAll) * divergence(cells.densityOf(ofBest.counts), cells.densityOf(ofAll.counts));
  });
  const total = measured.reduce((sum, each) => sum + each, 0);
  return dimensions
    .map(({ pointer }, index) => ({ pointer, importance: total > 0 ? (measured[index] as number) / total : 0 }))
    .sort((a, b) => b.importance - a.importance);
}

type Rated = Pick<Trial, "parameters" | "value">;

/** The tenth of the trials with the best values, and those that equal the last of them. */
function bestOf(trials: readonly Rated[], isMaximized: boolean): Rated[] {
  const costOf = ({ value }: Rated) => (value === null ? Number.POSITIVE_INFINITY : isMaximized ? -value : value);
  const costs = Float64Array.from(trials, costOf).sort();
  const cutoff = costs[Math.ceil(TARGET_SHARE * trials.length) - 1] ?? Number.NEGATIVE_INFINITY;
  return trials.filter((trial) => trial.value !== null && costOf(trial) <= cutoff);
}

/** The Pearson divergence of one distribution from another. */
function divergence(of: readonly number[], from: readonly number[]): number {
  return from.reduce((sum, each, cell) => {
    const base = each + FLOOR;
    return sum + base * (((of[cell] as number) + FLOOR) / base - 1) ** 2;
  }, 0);
}

/** Cells in which the values of a parameter are counted. */
interface Cells {
  readonly count: number;
  cellOf(value: ParameterValue): number;
  /** The smoothed distribution over the cells. */
  densityOf(counts: Float64Array): number[];
}

function countsIn(cells: Cells, dimension: Dimension, trials: readonly Rated[]): { counts: Float64Array; total: number } {
  const counts = new Float64Array(cells.count);
  let total = 0;
  for (const { parameters } of trials) {
    if (!isActive(dimension, parameters)) continue;
    const cell = cells.cellOf(parameters[dimension.pointer] as ParameterValue);
    counts[cell] = (counts[cell] as number) + 1;
    total++;
  }
  return { counts, total };
}

function cellsOf(dimension: Dimension): Cells {
  if (dimension.kind === "range") return cellsOfRange(dimension.range);
  const places = new Map(dimension.options.map(({ value }, place) => [value, place]));
  return { count: places.size, cellOf: (value) => places.get(value) ?? 0, densityOf: optionDensity };
}

function cellsOfRange({ min, max, scale, integer, step: given }: Range): Cells {
  if (min === max) return { count: 1, cellOf: () => 0, densityOf: () => [1] };
  const step = given ?? (integer ? 1 : null);
  const scaled = scale === "log" ? Math.log : (number: number) => number;
  const [low, high] = [scaled(min), scaled(max)];
  // Integers on a logarithmic scale: a cell for each doubling.
  const numbers =
    step === null
      ? MAX_CELLS
      : scale === "log"
        ? Math.ceil(Math.log2(max - min + 1)) + 1
        : Math.floor((max - min) / step + 1e-9) + 1;
  const count = Math.min(MAX_CELLS, numbers);
  const width = (high - low) / Math.max(1, count - 1);
  const cellOf = (value: ParameterValue) => {
    const cell = Math.ceil((scaled(value as number) - low) / width - 0.5);
    return Math.min(count - 1, Math.max(0, cell));
  };
  return { count, cellOf, densityOf: numberDensity };
}

/** Each cell is a kernel by its count, with the prior's share of every option; and there is the prior. */
function optionDensity(counts: Float64Array): number[] {
  const kernels = counts.filter((count) => count > 0).length + 1;
  const total = counts.reduce((sum, count) => sum + count, 0) + 1;
  const share = 1 / kernels;
  const whole = 1 + share * counts.length;
  return Array.from(counts, (count) => {
    const others = total - 1 - count;
    return (count * ((1 + share) / whole) + others * (share / whole) + 1 / counts.length) / total;
  });
}

/** Normal kernels at the cells by their counts, with the width of D. W. Scott's rule (Multivariate Density Estimation, 1992). */
function numberDensity(counts: Float64Array): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const last = counts.length - 1;
  const deviation = Math.max(scottWidth(counts, total), 0.5 / 1.64);
  const kernels = [...counts.entries()]
    .filter(([, count]) => count > 0)
    .map(([mean, count]) => ({ mean, deviation, weight: count / (total + 1) }));
  kernels.push({ mean: last / 2, deviation: last + 1, weight: 1 / (total + 1) });
  const density = new Array<number>(counts.length).fill(0);
  for (const { mean, deviation: width, weight } of kernels) {
    const massBetween = (from: number, to: number) => normalMass((from - mean) / width, (to - mean) / width);
    const scaledWeight = weight / massBetween(-0.5, last + 0.5);
    for (let cell = 0; cell <= last; cell++)
      density[cell] = (density[cell] as number) + scaledWeight * massBetween(cell - 0.5, cell + 0.5);
  }
  return density;
}

function scottWidth(counts: Float64Array, total: number): number {
  const mean = counts.reduce((sum, count, cell) => sum + count * cell, 0) / total;
  const squares = counts.reduce((sum, count, cell) => sum + count * (cell - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, total - 1));
  const used = [...counts.keys()].filter((cell) => (counts[cell] as number) > 0);
  let sum = 0;
  const sums = used.map((cell) => {
    sum += counts[cell] as number;
    return sum;
  });
  const first = sums.findIndex((each) => each >= Math.floor(total / 4));
  const third = sums.findIndex((each) => each > Math.floor((total * 3) / 4));
  const range = (used.at(third < 0 ? -1 : third) as number) - (used[first] as number);
  return 1.059 * Math.min(range / 1.34, deviation) * total ** -0.2;
}

/** The mass of the standard normal distribution between two bounds, on the side where it does not cancel. */
function normalMass(from: number, to: number): number {
  return from > 0 ? normalMass(-to, -from) : normalCdf(to) - normalCdf(from);
}

/** The standard normal distribution function, to a relative error of 1.2e-7: erfcc of Press et al., Numerical Recipes in C, 6.2. */
function normalCdf(x: number): number {
  const z = Math.abs(x) * Math.SQRT1_2;
  const t = 1 / (1 + 0.5 * z);
  const tail = 0.5 * t * Math.exp(ERFC.reduce((sum, coefficient) => sum * t + coefficient, 0) - z * z);
  return x > 0 ? 1 - tail : tail;
}

const ERFC = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223,
];
