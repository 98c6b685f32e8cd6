/**
 * The straight line beside a model: logistic or ridge regression on the network's columns, fitted on the model's training rows. Its cost is
 * bounded by counting (DECISIONS 14): rows are sampled, or it is left out with a reason.
 */
import { binEdges, featureNames, hasValue, type Preprocessing } from "../../domain/datasets/preprocessing.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import { type Table, takeRows } from "../data/table.ts";
import { fitLogistic, linearOutputs, MAX_CALLS, outputsOf, toProbabilities } from "./logistic.ts";
import { solveRidge } from "./ridge.ts";

/** A fitted line, or why there is none. */
export type StraightLineFit =
  | {
      readonly fitted: true;
      /** Number of training rows that it was fitted on. */
      readonly rows: number;
      /** [rows, outputs]: as `Predicted` has them, in the units of the table's targets. */
      outputs(table: Table): Float32Array<ArrayBuffer>;
    }
  | { readonly fitted: false; readonly reason: string };

/** Maximum columns, categories as indicators: the system of a ridge regression is solved in memory. */
const MAX_COLUMNS = 1024;
const MAX_ROWS = 50_000;
/** Minimum rows worth fitting if there are more. */
const MIN_ROWS = 50;
/** Maximum multiplications of a fit: about a second of one core at worst. */
const BUDGET = 1e9;
/** The cost of an exponential, in multiplications. */
const EXPONENTIAL = 30;

/** The input of a line. */
export interface StraightLineTask {
  /** The training rows, with equal weights. */
  readonly train: Table;
  readonly preprocessing: Preprocessing | null;
  /** 0 for a regression. */
  readonly classes: number;
  /** Rows on which it will be scored. */
  readonly scoredRows: number;
  readonly seed: number;
}

/** Fits the line. A function of its arguments alone. */
export function fitStraightLine({ train, preprocessing, classes, scoredRows, seed }: StraightLineTask): StraightLineFit {
  const columns = designColumns(preprocessing, train.featureWidth);
  const width = columns.length;
  if (width > MAX_COLUMNS) return { fitted: false, reason: `${width} columns are more than ${MAX_COLUMNS}` };
  const outputs = classes > 0 ? outputsOf(classes) : train.targetWidth;
  const rows = Math.min(train.rows, MAX_ROWS, affordableRows(width, outputs, classes > 0));
  if (rows < Math.min(train.rows, MIN_ROWS) || scoredRows * outputs * (width + EXPONENTIAL) > BUDGET)
    return { fitted: false, reason: `${width} columns and ${outputs} outputs would take too long` };
  const table = rows < train.rows ? takeRows(train, drawnRows(train.rows, rows, seed)) : train;
  const design = createDesign(table, columns);
  const line = classes > 0 ? fitClasses(table, design, classes) : fitValues(table, design);
  return { fitted: true, rows, outputs: (scored) => outputsOn(scored, design, line) };
}

function affordableRows(width: number, outputs: number, isClassifier: boolean): number {
  if (!isClassifier) return Math.floor(BUDGET / (width * (width / 2 + outputs)));
  return Math.floor(BUDGET / (MAX_CALLS * outputs * (2 * width + EXPONENTIAL)));
}

function drawnRows(of: number, rows: number, seed: number): Int32Array {
  return createRandom(streamKey(seed, "evaluation/line")).permutation(of).subarray(0, rows).sort();
}

// ---------------------------------------------------------------- columns

/** A column of the line: a feature as it is, or an indicator of a category. */
interface DesignColumn {
  readonly feature: number;
  /** The category of an indicator; null for the feature itself. */
  readonly category: number | null;
  /** Whether it is 0 or 1, and so not scaled. */
  readonly isIndicator: boolean;
}

function designColumns(preprocessing: Preprocessing | null, featureWidth: number): DesignColumn[] {
  const itself = (feature: number, isIndicator = false): DesignColumn => ({ feature, category: null, isIndicator });
  if (!preprocessing) return Array.from({ length: featureWidth }, (_, feature) => itself(feature));
  let next = 0;
  return preprocessing.columns.flatMap((encoded) => {
    const start = next;
    const width = featureNames(encoded).length;
    next += width;
    if (encoded.kind === "category" && encoded.encode !== "one_hot")
      return [...encoded.categories, null].map((_, category) => ({ feature: start, category, isIndicator: true }));
    // Bins bend the line.
    const bins = encoded.kind === "numeric" && hasValue(encoded) ? Math.max(0, binEdges(encoded).length - 1) : 0;
    return Array.from({ length: width }, (_, index) => index).flatMap((index) => {
      if (index > 0 && index <= bins) return [];
      const isLast = index === width - 1;
      const isIndicator = encoded.kind === "category" || ("indicator" in encoded && encoded.indicator && isLast);
      // Terms are as rare as categories are, and as comparable.
      return [itself(start + index, isIndicator || encoded.kind === "text")];
    });
  });
}

/** How rows are converted for the line: centred at the means of the fitted rows, and scaled. */
interface Design {
  readonly columns: readonly DesignColumn[];
  readonly means: Float64Array;
  readonly scales: Float64Array;
  /** [width]: the coefficient of an indicator is penalised in the indicator's unit, others in that of a standard deviation. */
  readonly penalties: Float64Array;
}

function createDesign(table: Table, columns: readonly DesignColumn[]): Design {
  const means = new Float64Array(columns.length);
  const scales = new Float64Array(columns.length).fill(1);
  const penalties = new Float64Array(columns.length).fill(1);
  columns.forEach((column, index) => {
    let total = 0;
    for (let row = 0; row < table.rows; row++) total += valueAt(table, row, column);
    const centre = total / table.rows;
    let squares = 0;
    for (let row = 0; row < table.rows; row++) {
      const distance = valueAt(table, row, column) - centre;
      squares += distance * distance;
    }
    const deviation = Math.sqrt(squares / table.rows);
    means[index] = centre;
    if (!(deviation > 0)) return;
    // Every column is scaled, so that the fit is well conditioned; the penalty compensates where it should.
    scales[index] = deviation;
    if (column.isIndicator) penalties[index] = 1 / (deviation * deviation);
  });
  return { columns, means, scales, penalties };
}

function valueAt({ features, featureWidth }: Table, row: number, { feature, category }: DesignColumn): number {
  const value = features[row * featureWidth + feature] as number;
  return category === null ? value : value === category ? 1 : 0;
}

function writeRow(table: Table, row: number, { columns, means, scales }: Design, out: Float64Array, start: number): void {
  for (let index = 0; index < columns.length; index++) {
    const value = valueAt(table, row, columns[index] as DesignColumn);
    out[start + index] = (value - (means[index] as number)) / (scales[index] as number);
  }
}

function designMatrix(table: Table, design: Design): Float64Array {
  const width = design.columns.length;
  const x = new Float64Array(table.rows * width);
  for (let row = 0; row < table.rows; row++) writeRow(table, row, design, x, row * width);
  return x;
}

// ---------------------------------------------------------------- fits

interface Line {
  /** [outputs, width + 1]: coefficients, then the intercept. */
  readonly coefficients: Float64Array;
  readonly outputs: number;
  readonly isProbability: boolean;
}

function fitClasses(table: Table, design: Design, classes: number): Line {
  const width = design.columns.length;
  const { rows, targets } = table;
  const problem = { rows, width, x: designMatrix(table, design), targets, classes, penalties: design.penalties };
  return { coefficients: fitLogistic(problem), outputs: outputsOf(classes), isProbability: true };
}

function fitValues(table: Table, design: Design): Line {
  const width = design.columns.length;
  const { rows, targetWidth } = table;
  const means = targetMeans(table);
  const targets = means.map((centre, column) =>
    Float64Array.from({ length: rows }, (_, row) => (table.targets[row * targetWidth + column] as number) - centre),
  );
  const solutions = solveRidge({ rows, width, x: designMatrix(table, design), targets, penalties: design.penalties });
  const coefficients = new Float64Array(targetWidth * (width + 1));
  solutions.forEach((solution, output) => {
    coefficients.set(solution, output * (width + 1));
    coefficients[output * (width + 1) + width] = means[output] as number;
  });
  return { coefficients, outputs: targetWidth, isProbability: false };
}

/** The mean of each target column, in the units of the table. */
export function targetMeans({ rows, targets, targetWidth }: Table): number[] {
  return Array.from({ length: targetWidth }, (_, column) => {
    let total = 0;
    for (let row = 0; row < rows; row++) total += targets[row * targetWidth + column] as number;
    return total / rows;
  });
}

function outputsOn(table: Table, design: Design, { coefficients, outputs, isProbability }: Line): Float32Array<ArrayBuffer> {
  const width = design.columns.length;
  const x = new Float64Array(width);
  const values = new Float64Array(outputs);
  const found = new Float32Array(table.rows * outputs);
  for (let row = 0; row < table.rows; row++) {
    writeRow(table, row, design, x, 0);
    linearOutputs(coefficients, x, 0, width, values);
    if (isProbability) toProbabilities(values);
    found.set(values, row * outputs);
  }
  return found;
}
