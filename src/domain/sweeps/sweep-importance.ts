/** The importance of a sweep's parameters: which of its trials are rated, and how. The measure itself is in importance.ts. */
import { isMaximized } from "../metrics/direction.ts";
import { type Importance, importancesOf } from "./importance.ts";
import type { Space } from "./parameter-space.ts";
import type { ResolvedSweepSpec } from "./sweep-spec.ts";
import type { Trial, TrialResult } from "./trial.ts";

/** The importance of each parameter, and how many trials it was computed from. */
export interface SweepImportance {
  readonly trials: number;
  readonly importances: readonly Importance[];
}

/** The part of a sweep's spec that is needed. */
export type RatedBy = Pick<ResolvedSweepSpec, "method" | "objective">;

/** Returns the importance of each parameter by the results of a sweep's trials, the greatest first. */
export function importanceOfSweep(
  space: Space,
  { method, objective }: RatedBy,
  results: readonly TrialResult[],
): SweepImportance {
  const isGreaterBetter = isMaximized(objective);
  const importances =
    method.type === "halving"
      ? importancesOf(space, ratedByRung(results, isGreaterBetter), false)
      : importancesOf(space, results, isGreaterBetter);
  return { trials: results.length, importances };
}

/** Values at different rungs are not comparable: the trial that came further is better, and at the same rung the value decides. */
function ratedByRung(results: readonly TrialResult[], isGreaterBetter: boolean): Pick<Trial, "parameters" | "value">[] {
  const costOf = ({ value }: TrialResult) => (isGreaterBetter ? -(value as number) : (value as number));
  const ordered = results
    .filter(({ value }) => value !== null)
    .sort((a, b) => b.generation - a.generation || costOf(a) - costOf(b));
  let place = 0;
  const rated = ordered.map((result, index) => {
    const before = ordered[index - 1];
    const isEqual = before && before.generation === result.generation && before.value === result.value;
    if (!isEqual) place = index;
    return { parameters: result.parameters, value: place };
  });
  const failed = results.filter(({ value }) => value === null);
  return [...rated, ...failed];
}
