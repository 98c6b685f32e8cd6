/** Ranks rows by how surprising their class is, from probabilities of models that have not seen them. Pure functions of numbers. */
import { type AuditedLabel, type LabelAudit, MAX_LISTED_LABELS } from "../../domain/models/label-audit.ts";

/** Rows, their classes, and the predicted probability of each class. */
export interface Doubted {
  readonly rows: number;
  /** [rows]: the class as an index. */
  readonly targets: ArrayLike<number>;
  /** [rows, classes] */
  readonly probabilities: Float64Array;
  readonly classes: number;
}

/**
 * The mean of several models' probabilities, [rows, classes], each of them [rows, 1], the probability of the second of two classes, or
 * [rows, classes]. A straight line and a network err on different rows, so their mean finds more wrong labels than either.
 */
export function meanProbabilities(models: readonly Float32Array[], rows: number, classes: number): Float64Array {
  const means = new Float64Array(rows * classes);
  for (const outputs of models) {
    const width = outputs.length / rows;
    for (let row = 0; row < rows; row++)
      for (let index = 0; index < classes; index++) {
        const own = width === 1 ? secondOf(outputs[row] as number, index) : (outputs[row * width + index] as number);
        means[row * classes + index]! += own / models.length;
      }
  }
  return means;
}

const secondOf = (probability: number, index: number): number => (index === 1 ? probability : 1 - probability);

/**
 * Whether each row counts off the diagonal of the confident joint: its probability for another class is at least the average of that
 * class's own rows, and among such classes that one is the most probable. Northcutt, Jiang, Chuang, "Confident learning: estimating
 * uncertainty in dataset labels", JAIR 70, 2021, section 3.1.
 *
 * @internal Exported for tests.
 */
export function confidentlyWrong({ rows, targets, probabilities, classes }: Doubted): boolean[] {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    const label = targets[row] as number;
    sums[label]! += probabilities[row * classes + label] as number;
    counts[label]! += 1;
  }
  // A class without rows has no threshold that anything could reach.
  const thresholds = sums.map((sum, label) => ((counts[label] as number) > 0 ? sum / (counts[label] as number) : 2));
  return Array.from({ length: rows }, (_, row) => {
    let counted = -1;
    for (let index = 0; index < classes; index++) {
      const own = probabilities[row * classes + index] as number;
      if (own >= (thresholds[index] as number) && (counted < 0 || own > (probabilities[row * classes + counted] as number)))
        counted = index;
    }
    return counted >= 0 && counted !== targets[row];
  });
}

/** Positions of the rows, the one with the least probable own class first; equal ones in their order. */
function bySurprise({ rows, targets, probabilities, classes }: Doubted): Int32Array {
  const own = Float64Array.from(
    { length: rows },
    (_, row) => probabilities[row * classes + (targets[row] as number)] as number,
  );
  return Int32Array.from({ length: rows }, (_, row) => row).sort((a, b) => (own[a] as number) - (own[b] as number) || a - b);
}

/** Describes the most surprising rows. `numbers` are those of the rows in the data, `labels` the names of the classes. */
export function auditLabels(
  doubted: Doubted,
  numbers: ArrayLike<number>,
  labels: readonly string[],
): Pick<LabelAudit, "rows" | "doubtful" | "labels"> {
  const { rows, targets, probabilities, classes } = doubted;
  const wrong = confidentlyWrong(doubted);
  const listed = [...bySurprise(doubted).subarray(0, MAX_LISTED_LABELS)].map((row): AuditedLabel => {
    const label = targets[row] as number;
    let suggested = label === 0 ? 1 : 0;
    for (let index = 0; index < classes; index++)
      if (index !== label && probabilityAt(row, index) > probabilityAt(row, suggested)) suggested = index;
    return {
      row: numbers[row] as number,
      label: labels[label] as string,
      suggested: labels[suggested] as string,
      label_probability: probabilityAt(row, label),
      suggested_probability: probabilityAt(row, suggested),
      doubtful: wrong[row] as boolean,
    };
  });
  function probabilityAt(row: number, index: number): number {
    return probabilities[row * classes + index] as number;
  }
  return { rows, doubtful: wrong.filter(Boolean).length, labels: listed };
}
