/**
 * How much each row moves a figure: its influence function at the rows that were scored. The mean of their squares over the rows is the
 * variance of the figure (the infinitesimal jackknife; Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 21).
 */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { MAX_LISTED_CLASSES } from "../../domain/models/evaluation.ts";
import { deterministicMath } from "../../engine/index.ts";
import { choose, columnValues, type Predicted, probabilityOf } from "../evaluate/evaluate.ts";
import { areaInfluences } from "./area-influences.ts";
import type { Influence } from "./influence.ts";

/** Computes the influences of a figure on request; null if the figure has no value. */
export type Influences<Name extends string = string> = Readonly<Record<Name, () => Influence | null>>;

export type ClassFigure = "accuracy" | "balanced_accuracy" | "mcc" | "f1" | "log_loss" | "roc_auc" | "pr_auc";
export type ValueFigure = "mae" | "mse" | "r2";

/** Maximum rows times classes sorted for areas under curves: above it, areas have no influences. */
const MAX_SORTED = 2 ** 22;

const mean = (values: ArrayLike<number>): number => {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at] as number;
  return total / values.length;
};

/** A mean over the rows, whose influences are the distances from it. */
function meanInfluence(values: Float64Array): Influence | null {
  const value = mean(values);
  return Number.isFinite(value) ? { value, rows: values.map((each) => each - value) } : null;
}

// ---------------------------------------------------------------- values

/** The figures of a regression, in the target's own units; of several columns their means. */
export function valueInfluences(
  predicted: Predicted,
  scalings: readonly (TargetScaling | null)[],
): Influences<ValueFigure> & { readonly rmse: () => Influence | null } {
  const { rows } = predicted;
  const width = predicted.outputs.length / rows;
  const columns = Array.from({ length: width }, (_, column) => columnValues(predicted, scalings, column));
  /** The mean over the columns of the result of `of` for each. */
  const averaged = (of: (column: (typeof columns)[number]) => Influence | null): Influence | null => {
    const each = columns.map(of);
    const total = new Float64Array(rows);
    let value = 0;
    for (const influence of each) {
      if (!influence) return null;
      value += influence.value / width;
      for (let row = 0; row < rows; row++) total[row]! += (influence.rows[row] as number) / width;
    }
    return { value, rows: total };
  };
  type Values = (typeof columns)[number];
  const errors = ({ actual, predicted: answers }: Values) => actual.map((value, row) => (answers[row] as number) - value);
  const squared = (column: Values) => meanInfluence(errors(column).map((error) => error * error));
  return {
    mae: () => averaged((column) => meanInfluence(errors(column).map(Math.abs))),
    mse: () => averaged(squared),
    rmse: () =>
      averaged((column) => {
        const influence = squared(column);
        if (!influence || influence.value === 0) return null;
        const value = Math.sqrt(influence.value);
        return { value, rows: influence.rows.map((each) => each / (2 * value)) };
      }),
    r2: () => averaged((column) => determination(column.actual, squared(column))),
  };
}

/** R² = 1 - A / B of the mean squared error A and the variance B. */
function determination(actual: Float64Array, squared: Influence | null): Influence | null {
  if (!squared) return null;
  const centre = mean(actual);
  const distances = actual.map((value) => (value - centre) * (value - centre));
  const spread = mean(distances);
  if (!(spread > 0)) return null;
  const unexplained = squared.value / spread;
  const rows = squared.rows.map(
    (influence, row) => -(influence - unexplained * ((distances[row] as number) - spread)) / spread,
  );
  return { value: 1 - unexplained, rows };
}

// ---------------------------------------------------------------- classes

/** The figures of a classification with this many classes. */
export function classInfluences(predicted: Predicted, classes: number): Influences<ClassFigure> {
  const choices = choose(predicted);
  const shares = sharesOf(predicted, choices, classes);
  const hits = Float64Array.from(choices, (choice, row) => (choice === predicted.targets[row] ? 1 : 0));
  const isRanked = classes <= MAX_LISTED_CLASSES && predicted.rows * classes <= MAX_SORTED;
  // Sorting rows takes longer than all other figures, and both areas need the same order.
  let areas: Areas | null | undefined;
  const areaOf = (name: keyof Areas) => () => {
    if (areas === undefined) areas = isRanked ? averageAreas(predicted, classes) : null;
    return areas?.[name] ?? null;
  };
  return {
    accuracy: () => meanInfluence(hits),
    balanced_accuracy: () => balanced(predicted, hits, shares),
    mcc: () => matthews(predicted, choices, hits, shares),
    f1: () => macroF1(predicted, choices, shares),
    log_loss: () => meanInfluence(surprises(predicted)),
    roc_auc: areaOf("roc"),
    pr_auc: areaOf("precisionRecall"),
  };
}

/** By class, as shares of all rows: its rows that are predicted correctly, rows predicted to be of it, and its rows. */
interface Shares {
  readonly hits: Float64Array;
  readonly chosen: Float64Array;
  readonly actual: Float64Array;
}

function sharesOf({ rows, targets }: Predicted, choices: Int32Array, classes: number): Shares {
  const [hits, chosen, actual] = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)];
  choices.forEach((choice, row) => {
    chosen[choice]! += 1 / rows;
    actual[targets[row] as number]! += 1 / rows;
    if (choice === targets[row]) hits[choice]! += 1 / rows;
  });
  return { hits, chosen, actual };
}

function balanced({ rows, targets }: Predicted, right: Float64Array, { hits, actual }: Shares): Influence {
  const recalls = hits.map((share, label) => ((actual[label] as number) > 0 ? share / (actual[label] as number) : 0));
  const present = actual.filter((share) => share > 0).length;
  const influence = Float64Array.from({ length: rows }, (_, row) => {
    const label = targets[row] as number;
    return ((right[row] as number) - (recalls[label] as number)) / ((actual[label] as number) * present);
  });
  return { value: recalls.reduce((total, recall) => total + recall, 0) / present, rows: influence };
}

function macroF1({ rows, targets }: Predicted, choices: Int32Array, { hits, chosen, actual }: Shares): Influence {
  const sums = chosen.map((share, label) => share + (actual[label] as number));
  const scores = hits.map((share, label) => ((sums[label] as number) > 0 ? (2 * share) / (sums[label] as number) : 0));
  const present = sums.filter((sum) => sum > 0).length;
  const influence = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const [label, choice] = [targets[row] as number, choices[row] as number];
    // A row adds to the sums of its own class and of the predicted one; if both are one, to its hits too.
    const moved = (at: number) => ((label === choice ? 1 : 0) - (scores[at] as number)) / (sums[at] as number);
    influence[row] = (moved(label) + moved(choice)) / present;
  }
  return { value: scores.reduce((total, score) => total + score, 0) / present, rows: influence };
}

/** The correlation as a function of shares; see matthews.ts. Null if all rows have one class, or are predicted as one. */
function matthews(
  { rows, targets }: Predicted,
  choices: Int32Array,
  right: Float64Array,
  { chosen, actual }: Shares,
): Influence | null {
  let [together, squareChosen, squareActual] = [0, 0, 0];
  chosen.forEach((share, label) => {
    together += share * (actual[label] as number);
    squareChosen += share * share;
    squareActual += (actual[label] as number) ** 2;
  });
  const [spreadChosen, spreadActual] = [1 - squareChosen, 1 - squareActual];
  const spread = Math.sqrt(spreadChosen) * Math.sqrt(spreadActual);
  // Rounding leaves a little of a spread of 0; one row of a million leaves more.
  if (Math.min(spreadChosen, spreadActual) < 1e-9) return null;
  const correct = mean(right);
  const value = (correct - together) / spread;
  const influence = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const [label, choice] = [targets[row] as number, choices[row] as number];
    const above = (right[row] as number) - correct - ((actual[choice] as number) + (chosen[label] as number) - 2 * together);
    const below =
      ((chosen[choice] as number) - squareChosen) / spreadChosen + ((actual[label] as number) - squareActual) / spreadActual;
    influence[row] = above / spread + value * below;
  }
  return { value, rows: influence };
}

/** The loss of each row as the evaluation has it. */
function surprises(predicted: Predicted): Float64Array {
  const width = predicted.outputs.length / predicted.rows;
  return Float64Array.from({ length: predicted.rows }, (_, row) => {
    let sum = width === 1 ? 1 : 0;
    if (width > 1) for (let at = 0; at < width; at++) sum += predicted.outputs[row * width + at] as number;
    const probability = probabilityOf(predicted, row, predicted.targets[row] as number);
    const clipped = Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON);
    return -deterministicMath.log(clipped / sum);
  });
}

type Areas = NonNullable<ReturnType<typeof areaInfluences>>;

/** For two classes the second one's areas; for more, the means over those that have one. */
function averageAreas(predicted: Predicted, classes: number): Areas | null {
  const counted = classes === 2 ? [1] : Array.from({ length: classes }, (_, index) => index);
  const ofClasses = counted.flatMap((index) => {
    const scores = Float32Array.from({ length: predicted.rows }, (_, row) => probabilityOf(predicted, row, index));
    return areaInfluences(scores, (row) => predicted.targets[row] === index) ?? [];
  });
  if (ofClasses.length === 0) return null;
  const meanOf = (name: keyof Areas): Influence => {
    const rows = new Float64Array(predicted.rows);
    let value = 0;
    for (const { [name]: area } of ofClasses) {
      value += area.value / ofClasses.length;
      for (let row = 0; row < rows.length; row++) rows[row]! += (area.rows[row] as number) / ofClasses.length;
    }
    return { value, rows };
  };
  return { roc: meanOf("roc"), precisionRecall: meanOf("precisionRecall") };
}
