/**
 * The decision between two classes: which class a probability means at a threshold, and which threshold is the best for rows
 * whose class is known. Everything that gives a row a label of two asks `isSecond`.
 */
import { DEFAULT_THRESHOLD, type ThresholdCriterion } from "../../domain/spec/decision.ts";

/**
 * Whether a row is given the second of two classes: where the second's share of both probabilities is above the threshold. At
 * 0.5 the more probable one wins, and the first of equal ones, as with argmax; what is not a number is given the first.
 */
export function isSecond(first: number, second: number, threshold: number): boolean {
  return second * (1 - threshold) > first * threshold;
}

/** Rows by their true class and by the one that they are given; the second class is the positive one. */
interface Outcomes {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

const ratio = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** What each criterion makes of the outcomes: the more the better. */
const WORTH: Readonly<Record<Extract<ThresholdCriterion, { maximize: string }>["maximize"], (outcomes: Outcomes) => number>> = {
  accuracy: ({ truePositives, trueNegatives }) => truePositives + trueNegatives,
  balanced_accuracy: ({ truePositives, falseNegatives, trueNegatives, falsePositives }) =>
    (ratio(truePositives, truePositives + falseNegatives) + ratio(trueNegatives, trueNegatives + falsePositives)) / 2,
  f1: ({ truePositives, falsePositives, falseNegatives, trueNegatives }) => {
    const wrong = falsePositives + falseNegatives;
    return (ratio(2 * truePositives, 2 * truePositives + wrong) + ratio(2 * trueNegatives, 2 * trueNegatives + wrong)) / 2;
  },
  mcc: ({ truePositives, falsePositives, falseNegatives, trueNegatives }) => {
    const hits = [trueNegatives, truePositives];
    const predicted = [trueNegatives + falseNegatives, truePositives + falsePositives];
    const actual = [trueNegatives + falsePositives, truePositives + falseNegatives];
    return matthewsCorrelation(hits, predicted, actual);
  },
};

/**
 * Matthews' correlation of true and predicted classes, -1 to 1, from the rows of each class that are predicted to be of it,
 * that are predicted at all, and that are there (Gorodkin, "Comparing two K-category assignments by a K-category correlation
 * coefficient", 2004). 0 where all rows have one class or are given one, as in scikit-learn.
 */
export function matthewsCorrelation(hits: Counts, predicted: Counts, actual: Counts): number {
  let [rows, correct, together, spreadPredicted, spreadActual] = [0, 0, 0, 0, 0];
  for (let index = 0; index < hits.length; index++) {
    const [given, there] = [predicted[index] as number, actual[index] as number];
    rows += there;
    correct += hits[index] as number;
    together += given * there;
    spreadPredicted += given * given;
    spreadActual += there * there;
  }
  // Each root by itself: the product of both can leave the whole numbers of float64.
  const spread = Math.sqrt(rows * rows - spreadPredicted) * Math.sqrt(rows * rows - spreadActual);
  return spread > 0 ? (correct * rows - together) / spread : 0;
}

type Counts = ArrayLike<number>;

/**
 * The threshold that is best by a criterion for rows with these probabilities of the second class and these labels (0 or 1, the
 * class as an index). Between two probabilities it is the shortest decimal about halfway; of equally good ones the nearest to
 * 0.5. 0.5 itself where there is nothing to choose by: rows of one class or none, or a probability that is not a number. The
 * order of the rows does not matter.
 */
export function chooseThreshold(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  criterion: ThresholdCriterion,
): number {
  const positives = sortedOf(probabilities, (row) => labels[row] === 1);
  const negatives = sortedOf(probabilities, (row) => labels[row] !== 1);
  const isKnown = !Number.isNaN(positives.at(-1)) && !Number.isNaN(negatives.at(-1));
  if (positives.length === 0 || negatives.length === 0 || !isKnown) return DEFAULT_THRESHOLD;
  const worth = worthOf(criterion);
  let best = Number.NEGATIVE_INFINITY;
  let chosen = DEFAULT_THRESHOLD;
  // From 1 down: rows above the threshold are given the second class, first none of them.
  let [positive, negative] = [positives.length, negatives.length];
  let upper = 1;
  while (upper > 0) {
    const lower = Math.max(positives[positive - 1] ?? 0, negatives[negative - 1] ?? 0);
    const value = worth({
      truePositives: positives.length - positive,
      falsePositives: negatives.length - negative,
      falseNegatives: positive,
      trueNegatives: negative,
    });
    const candidate = between(lower, upper);
    if (value > best || (value === best && Math.abs(candidate - 0.5) < Math.abs(chosen - 0.5))) {
      best = value;
      chosen = candidate;
    }
    while (positive > 0 && positives[positive - 1] === lower) positive--;
    while (negative > 0 && negatives[negative - 1] === lower) negative--;
    upper = lower;
  }
  return chosen;
}

function sortedOf(probabilities: ArrayLike<number>, isOf: (row: number) => boolean): Float64Array {
  return Float64Array.from(Array.from(probabilities).filter((_, row) => isOf(row))).sort();
}

function worthOf(criterion: ThresholdCriterion): (outcomes: Outcomes) => number {
  if ("maximize" in criterion) return WORTH[criterion.maximize];
  const { false_positive, false_negative } = criterion.cost;
  return ({ falsePositives, falseNegatives }) => -(false_positive * falsePositives + false_negative * falseNegatives);
}

const MOST_DIGITS = 9;

/** A number from `lower` on and below `upper`: 0.5 if it is one, else the shortest near the middle. `lower` where it is not below. */
function between(lower: number, upper: number): number {
  const isWithin = (value: number) => value >= lower && value < upper;
  if (isWithin(DEFAULT_THRESHOLD)) return DEFAULT_THRESHOLD;
  const middle = (lower + upper) / 2;
  for (let digits = 2; digits <= MOST_DIGITS; digits++) {
    const value = Number(middle.toFixed(digits));
    if (isWithin(value)) return value;
  }
  return isWithin(middle) ? middle : lower;
}
