/** Class weights that make every class count alike, from how often each occurs among the training rows. */
import type { Loss } from "../../domain/spec/optimization.ts";
import type { LossSpec } from "../../engine/index.ts";

/** Rows of each class. A negative code is a row without one, which does not count. */
export function countClasses(targets: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let row = 0; row < targets.length; row++) {
    const place = targets[row] as number;
    if (place >= 0) counts[place] = (counts[place] as number) + 1;
  }
  return counts;
}

/** The share of the rows with a class that the rarest class has. */
export function rarestShare(codes: ArrayLike<number>, classes: number): number {
  const counts = countClasses(codes, classes);
  const rows = counts.reduce((total, count) => total + count, 0);
  return Math.min(...counts) / rows;
}

/** Whether a loss depends on the frequencies of the classes. */
export function isBalanced(loss: Loss): boolean {
  return (
    (loss.type === "cross_entropy" && loss.weight === "balanced") ||
    (loss.type === "bce_with_logits" && loss.pos_weight === "balanced")
  );
}

/**
 * The loss with numbers instead of "balanced": rows / (classes * rows of the class), as in scikit-learn, and for bce_with_logits negatives
 * per positive. A class that does not occur has weight 1.
 */
export function resolveLoss(loss: Loss, counts: readonly number[]): LossSpec {
  const rows = counts.reduce((total, count) => total + count, 0);
  if (loss.type === "cross_entropy" && loss.weight === "balanced") {
    return { ...loss, weight: counts.map((count) => (count > 0 ? rows / (counts.length * count) : 1)) };
  }
  if (loss.type === "bce_with_logits" && loss.pos_weight === "balanced") {
    const [negatives = 0, positives = 0] = counts;
    return { ...loss, pos_weight: negatives > 0 && positives > 0 ? negatives / positives : 1 };
  }
  return loss as LossSpec;
}
