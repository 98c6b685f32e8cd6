/** The nonconformity scores of held-out rows, which a model stores for its intervals and sets. */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { type Conformal, keptScores } from "../../domain/models/conformal.ts";
import { columnValues, type Predicted } from "./evaluate.ts";

/**
 * The scores of rows that a model was not fitted to: absolute errors of values in the target's own units, one list for each column, or 1
 * minus the probability of the true class. Null if one is not finite. `outputs` are values, or probabilities.
 */
export function conformalOf(
  part: Conformal["part"],
  predicted: Predicted,
  classes: readonly string[],
  scalings: readonly (TargetScaling | null)[],
): Conformal | null {
  const all = classes.length > 0 ? [surprises(predicted)] : errors(predicted, scalings);
  if (all.some((scores) => !scores.every(Number.isFinite))) return null;
  return { part, rows: predicted.rows, scores: all.map(keptScores) };
}

function surprises({ rows, outputs, targets }: Predicted): Float64Array {
  const width = outputs.length / rows;
  return Float64Array.from({ length: rows }, (_, row) => {
    const label = targets[row] as number;
    if (width > 1) return 1 - (outputs[row * width + label] as number);
    const second = outputs[row] as number;
    return label === 1 ? 1 - second : second;
  });
}

function errors(predicted: Predicted, scalings: readonly (TargetScaling | null)[]): Float64Array[] {
  const columns = predicted.outputs.length / predicted.rows;
  return Array.from({ length: columns }, (_, column) => {
    const { actual, predicted: answered } = columnValues(predicted, scalings, column);
    return actual.map((value, row) => Math.abs(value - (answered[row] as number)));
  });
}
