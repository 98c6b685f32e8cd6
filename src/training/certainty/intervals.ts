/**
 * Where the figures of a model lie on fresh rows of the same kind, given chance among the scored rows: closed forms of the influences of
 * rows, without random numbers. Their coverage was measured; see DECISIONS 120.
 */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import type { PartEvaluation } from "../../domain/models/evaluation.ts";
import { type Intervals, LEVEL, type Range } from "../../domain/models/intervals.ts";
import { deterministicMath } from "../../engine/index.ts";
import type { Predicted } from "../evaluate/evaluate.ts";
import { afterStopping, foldScale, MAX_REFINED_ROWS, type SeenOutputs, widened } from "./fold-chance.ts";
import type { Influence } from "./influence.ts";
import { type ClassFigure, classInfluences, type Influences, type ValueFigure, valueInfluences } from "./influences.ts";

/** Minimum rows of a part, and of each class for a mean over classes: with fewer, chance itself is not known. */
export const MIN_ROWS = 10;
const MIN_OF_CLASS = 5;
/** Maximum rows used: above it, chance is below a thousandth. */
const MAX_ROWS = 2 ** 20;

/** The normal quantile with this probability beyond it on one side. */
const Z = deterministicMath.normalQuantile((1 + LEVEL) / 2);
/** Shares this close to 0 or 1, and variances below it, are rounding. */
const ROUNDING = 1e-12;

/**
 * An evaluation of rows that the model was not fitted to, with the intervals of its figures. `seen` is given for out-of-fold scores, whose
 * rows are predicted by one model for each fold.
 */
export function withIntervals(
  evaluation: PartEvaluation,
  predicted: Predicted,
  classes: readonly string[],
  scalings: readonly (TargetScaling | null)[],
  seen: SeenOutputs | null = null,
): PartEvaluation {
  const intervals = intervalsOf(predicted, classes, scalings, seen);
  return intervals ? { ...evaluation, intervals } : evaluation;
}

/** The intervals of the figures that have one; null if there are too few rows, or so many that chance does not matter. */
function intervalsOf(
  predicted: Predicted,
  classes: readonly string[],
  scalings: readonly (TargetScaling | null)[],
  given: SeenOutputs | null,
): Intervals | null {
  if (predicted.rows < MIN_ROWS || predicted.rows > MAX_ROWS) return null;
  const seen = predicted.rows <= MAX_REFINED_ROWS ? given : null;
  const ranges = classes.length > 0 ? classRanges(predicted, classes.length, seen) : valueRanges(predicted, scalings, seen);
  const known = Object.entries(ranges).filter(([, range]) => range?.every(Number.isFinite));
  return { level: LEVEL, ...(Object.fromEntries(known) as Omit<Intervals, "level">) };
}

function valueRanges(predicted: Predicted, scalings: readonly (TargetScaling | null)[], seen: SeenOutputs | null) {
  const of = (outputs: Float32Array): Influences<ValueFigure | "rmse"> => valueInfluences({ ...predicted, outputs }, scalings);
  const plain = of(predicted.outputs);
  const loss = plain.mse();
  // A log loss of normal errors is half of a squared error over the variance.
  const scale = seen && loss ? foldScale(loss, of(seen.served).mse(), seen.folds, 2 * loss.value) : 1;
  const figures = widened(plain, scale);
  const isSingle = predicted.outputs.length === predicted.rows;
  const squared = isSingle ? positive(figures.mse()) : null;
  const r2 = figures.r2();
  // The unexplained part is a mean of squares too: R2 is at most 1.
  const unexplained = r2 && positive({ value: 1 - r2.value, rows: r2.rows.map((each) => -each) });
  const ranges = {
    r2: unexplained && ([1 - unexplained[1], 1 - unexplained[0]] as const),
    // A root of one mean keeps the interval of the mean; a mean of roots does not.
    rmse: squared ? ([Math.sqrt(squared[0]), Math.sqrt(squared[1])] as const) : positive(figures.rmse()),
    mae: positive(figures.mae()),
  };
  if (!seen?.stopped || !loss) return ranges;
  const moved = (name: keyof typeof ranges) =>
    afterStopping(ranges[name], plain[name](), loss, { folds: seen.folds, unit: 2 * loss.value });
  const [explained, rmse, mae] = [moved("r2"), moved("rmse"), moved("mae")];
  return { r2: explained && ([explained[0], Math.min(1, explained[1])] as const), rmse: aboveZero(rmse), mae: aboveZero(mae) };
}

function classRanges(predicted: Predicted, classes: number, seen: SeenOutputs | null) {
  const of = (outputs: Float32Array) => classInfluences({ ...predicted, outputs }, classes);
  const plain = of(predicted.outputs);
  const loss = plain.log_loss();
  const scale = seen ? foldScale(loss, of(seen.served).log_loss(), seen.folds, 1) : 1;
  const figures = widened(plain, scale);
  const counts = new Float64Array(classes);
  for (const label of predicted.targets) counts[label]! += 1;
  const hits = figures.accuracy();
  const ofClasses = (name: ClassFigure) => (counts.some((count) => count < MIN_OF_CLASS) ? null : figures[name]());
  const share = (influence: Influence | null) => influence && shareOfClasses(influence, predicted.targets, counts);
  const lossRange = positive(figures.log_loss());
  const correlation = ofClasses("mcc");
  const half =
    correlation && share({ value: (1 + correlation.value) / 2, rows: correlation.rows.map((influence) => influence / 2) });
  return {
    accuracy: hits && wilson(hits.value, predicted.rows / (scale * scale), Z),
    balanced_accuracy: share(ofClasses("balanced_accuracy")),
    f1: share(ofClasses("f1")),
    mcc: half && ([2 * half[0] - 1, 2 * half[1] - 1] as const),
    // Stopping fits how sure probabilities are, more than which is the greatest: shares do not move.
    log_loss: seen?.stopped ? aboveZero(afterStopping(lossRange, loss, loss, { folds: seen.folds, unit: 1 })) : lossRange,
    roc_auc: share(ofClasses("roc_auc")),
    pr_auc: share(ofClasses("pr_auc")),
  };
}

/** Wilson's score interval of a share of `rows` (1927), which has room below all and above none. */
function wilson(share: number, rows: number, z: number): Range {
  const middle = (share + (z * z) / (2 * rows)) / (1 + (z * z) / rows);
  const reach = (z / (1 + (z * z) / rows)) * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}

/**
 * Wilson's interval of a figure between 0 and 1 that is a mean over classes, with the number of rows at which a share has the same variance
 * (Kish's effective size). If all rows are right, the variance says nothing; then the rows of each class are those of a mean of recalls.
 */
function shareOfClasses({ value, rows }: Influence, targets: ArrayLike<number>, counts: Float64Array): Range {
  const classes = counts.length;
  let variance = 0;
  for (let row = 0; row < rows.length; row++) {
    const count = counts[targets[row] as number] as number;
    variance += ((rows[row] as number) ** 2 * count) / (count - 1) / rows.length;
  }
  const harmonic = (classes * classes) / counts.reduce((total, count) => total + 1 / count, 0);
  const spread = value * (1 - value);
  const effective = spread > ROUNDING && variance > ROUNDING ? (spread * rows.length) / variance : harmonic;
  return wilson(value, effective, student(Math.min(...counts) - 1));
}

/** Student's quantile by its expansion in the degrees of freedom (Abramowitz and Stegun, 26.7.5). */
export function student(freedom: number): number {
  const square = Z * Z;
  const first = (Z * (square + 1)) / 4;
  const second = (Z * (5 * square * square + 16 * square + 3)) / 96;
  return Z + first / freedom + second / (freedom * freedom);
}

/** The interval of a mean that cannot be negative. */
const positive = (influence: Influence | null): Range | null => influence && aboveZero(skewed(influence));

const aboveZero = (range: Range | null): Range | null => range && [Math.max(0, range[0]), range[1]];

/**
 * The interval of a figure with skewed influences, such as losses and squared errors: by the cubic that removes the skewness from the
 * studentised figure (Hall, "On the removal of skewness by transformation", 1992). A studentised bootstrap converges to it. The variance
 * has as many degrees of freedom as one of normal numbers that is known equally badly (Satterthwaite 1946): fewer if a few rows make most
 * of it.
 */
function skewed({ value, rows }: Influence): Range {
  const n = rows.length;
  let [square, cube, fourth] = [0, 0, 0];
  for (let row = 0; row < n; row++) {
    const influence = rows[row] as number;
    square += influence * influence;
    cube += influence * influence * influence;
    fourth += influence ** 4;
  }
  const variance = square / n;
  if (!(variance > 0)) return [value, value];
  const skewness = cube / n / (variance * Math.sqrt(variance));
  const error = Math.sqrt(variance / (n - 1));
  const root = Math.sqrt(n);
  const kurtosis = fourth / n / (variance * variance);
  const reach = student(Math.max(2, (2 * n) / Math.max(2, kurtosis - 1)));
  const inverse = (z: number): number => {
    if (Math.abs(skewness) < 1e-6) return z;
    const inner = 1 + skewness * (z / root - skewness / (6 * n));
    return ((3 * root) / skewness) * (cubeRoot(inner) - 1);
  };
  return [value - error * inverse(reach), value - error * inverse(-reach)];
}

/** Made of the engine's logarithm and exponential, which are the same everywhere. */
function cubeRoot(x: number): number {
  if (x === 0) return 0;
  const root = deterministicMath.exp(deterministicMath.log(Math.abs(x)) / 3);
  return x < 0 ? -root : root;
}
