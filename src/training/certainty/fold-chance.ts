/**
 * What scores out of fold do not show of what is served. Each row is scored by a model of fewer rows than are served, which errs more; and the
 * models of two folds share most of their rows, so that their errors are not independent. Both are told from what the models say of the rows
 * that they have seen.
 */
import type { Influence } from "./influence.ts";
import type { Influences } from "./influences.ts";

/** What is said of all rows, in the order in which they were held out, also by models that have seen them. */
export interface SeenOutputs {
  /** By what is served. */
  readonly served: Float32Array;
  /** By the models of each fold. */
  readonly folds: readonly Float32Array[];
}

/** Of more rows, neither reaches as far as chance among the rows. */
export const MOST_REFINED_ROWS = 1000;

/**
 * Moves figures out of fold to where those of what is served are found, and widens what rows do to them.
 *
 * A figure is moved by as much as the served model is better than those of the folds on the same rows, seen and unseen alike (Burman, "A
 * comparative study of ordinary cross-validation, v-fold cross-validation and the repeated learning-testing methods", Biometrika 76, 1989). The
 * covariance of losses in different folds, and the chance of the trained model itself, are in proportion to the optimism of the loss, which is
 * what it is better by on rows that were seen: for a model of p parameters and n rows both are p / n of a log loss, and k / (k - 1) + 1 / 2
 * times p / n² of its variance. `main` is the loss by which it is told, and `unit` what a unit of log loss is in it.
 */
export function refine<Name extends string>(
  figures: Influences<Name>,
  ofOutputs: (outputs: Float32Array) => Influences<Name>,
  { served, folds }: SeenOutputs,
  main: NoInfer<Name>,
  unit: (value: number) => number,
): { readonly figures: Influences<Name>; readonly scale: number } {
  const ofServed = ofOutputs(served);
  const ofFolds = folds.map(ofOutputs);
  const loss = figures[main]();
  const seen = ofServed[main]();
  const scale = loss && seen ? widening(loss, seen.value, folds.length, unit(loss.value)) : 1;
  const refined = Object.keys(figures).map((name) => {
    const of = (all: Influences<Name>) => all[name as Name]();
    return [name, () => moved(of(figures), of(ofServed), ofFolds.map(of), scale)] as const;
  });
  return { figures: Object.fromEntries(refined) as Influences<Name>, scale };
}

/** By how much more chance reaches than for rows that are independent. */
function widening({ value, rows }: Influence, seen: number, folds: number, unit: number): number {
  const variance = rows.reduce((sum, each) => sum + each * each, 0) / rows.length;
  const optimism = Math.max(0, value - seen);
  if (!(variance > 0)) return 1;
  return Math.sqrt(1 + ((folds / (folds - 1) + 0.5) * optimism * unit) / variance);
}

function moved(
  figure: Influence | null,
  served: Influence | null,
  folds: readonly (Influence | null)[],
  scale: number,
): Influence | null {
  if (!figure || !served || folds.some((each) => each === null)) return figure;
  const ofFolds = folds.reduce((sum, each) => sum + (each as Influence).value / folds.length, 0);
  return { value: figure.value + served.value - ofFolds, rows: figure.rows.map((each) => each * scale) };
}
