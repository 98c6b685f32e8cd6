/** Chooses the probability above which a row gets the second of two classes. Pure functions of probabilities and classes. */
import { type Criterion, DEFAULT_THRESHOLD, type DecisionOptions, type MAXIMIZED } from "../../domain/spec/decision-options.ts";

/** Rows by true and predicted class; positive is the second class. */
interface Counts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

type Worth = (counts: Counts) => number;

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** The value of counts by each metric; a division by zero is 0, as in scikit-learn. */
const WORTHS: Readonly<Record<(typeof MAXIMIZED)[number], Worth>> = {
  f1: ({ truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn }) =>
    (share(2 * tp, 2 * tp + fp + fn) + share(2 * tn, 2 * tn + fp + fn)) / 2,
  balanced_accuracy: ({ truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn }) =>
    (share(tp, tp + fn) + share(tn, tn + fp)) / 2,
  mcc: ({ truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn }) =>
    share(tp * tn - fp * fn, Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
};

function worthOf(criterion: Criterion): Worth {
  if ("maximize" in criterion) return WORTHS[criterion.maximize];
  const { false_positive, false_negative } = criterion.cost;
  return ({ falsePositives, falseNegatives }) => -(falsePositives * false_positive + falseNegatives * false_negative);
}

/**
 * The best threshold for `probabilities` of the second class, [rows], against `labels`, 0 or 1, by a criterion. Thresholds lie in the
 * middle between neighbouring probabilities; among equally good ones, the one nearest to a half wins. A half if all rows are of one class.
 * Rows whose probability is not a number do not count.
 *
 * @internal Exported for tests.
 */
export function chooseThreshold(probabilities: ArrayLike<number>, labels: ArrayLike<number>, criterion: Criterion): number {
  const rows = Array.from({ length: probabilities.length }, (_, row) => row)
    .filter((row) => !Number.isNaN(probabilities[row]))
    .sort((a, b) => (probabilities[a] as number) - (probabilities[b] as number));
  const positives = rows.reduce((count, row) => count + (labels[row] === 1 ? 1 : 0), 0);
  const negatives = rows.length - positives;
  if (positives === 0 || negatives === 0) return DEFAULT_THRESHOLD;
  const worth = worthOf(criterion);
  const probabilityAt = (place: number): number => {
    const row = rows[place];
    return row === undefined ? 1 : (probabilities[row] as number);
  };
  let [falseNegatives, trueNegatives] = [0, 0];
  let best = { threshold: DEFAULT_THRESHOLD, value: Number.NEGATIVE_INFINITY };
  const consider = (threshold: number): void => {
    const truePositives = positives - falseNegatives;
    const value = worth({ truePositives, falsePositives: negatives - trueNegatives, falseNegatives, trueNegatives });
    const isNearer = Math.abs(threshold - DEFAULT_THRESHOLD) < Math.abs(best.threshold - DEFAULT_THRESHOLD);
    if (value > best.value || (value === best.value && isNearer)) best = { threshold, value };
  };
  // No threshold gives a row with probability 0 the second class.
  if (probabilityAt(0) > 0) consider(probabilityAt(0) / 2);
  for (let place = 0; place < rows.length; ) {
    const probability = probabilityAt(place);
    for (; place < rows.length && probabilityAt(place) === probability; place++) {
      if (labels[rows[place] as number] === 1) falseNegatives++;
      else trueNegatives++;
    }
    consider((probability + probabilityAt(place)) / 2);
  }
  return best.threshold;
}

/** Probabilities of the second of two classes, [rows], and the classes of the same rows. */
export interface DecidedRows {
  readonly probabilities: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/**
 * The threshold of a model by its job's decision, as the field of the model; none if the job has no decision. `rows` returns the rows for a
 * criterion; null if there are none yet.
 */
export function decide(decision: DecisionOptions | undefined, rows: () => DecidedRows | null): { readonly threshold?: number } {
  if (!decision) return {};
  if ("threshold" in decision) return { threshold: decision.threshold };
  const decided = rows();
  return decided ? { threshold: chooseThreshold(decided.probabilities, decided.labels, decision) } : {};
}

/** The probabilities of the second class in outputs of one or two a row. */
export function secondOf(outputs: Float32Array, rows: number): Float32Array {
  const width = outputs.length / rows;
  return width === 1 ? outputs : Float32Array.from({ length: rows }, (_, row) => outputs[row * width + 1] as number);
}
