/**
 * The part of chance that out-of-fold scores do not show: the models of two folds share most of their rows, so their errors are not
 * independent. The rows that the served model has seen tell how large it is.
 */
import { LEVEL, type Range } from "../../domain/models/intervals.ts";
import { deterministicMath } from "../../engine/index.ts";
import type { Influence } from "./influence.ts";
import type { Influences } from "./influences.ts";

/** Out-of-fold predictions, and the served model's predictions of the same rows, all of which it has seen. */
export interface SeenOutputs {
  /** In the order in which the rows were held out. */
  readonly served: Float32Array;
  readonly folds: number;
  /** Whether the models of a fold stopped training at the least loss on the rows that it holds out. */
  readonly stopped: boolean;
}

/** Above this number of rows, the correction is smaller than the chance among the rows. */
export const MAX_REFINED_ROWS = 1000;

/**
 * The factor by which intervals are wider than for independent rows. The covariance of losses in different folds, and the luck of the
 * trained model itself, are proportional to the optimism of the loss (how much lower it is on rows that were seen): for a model of p
 * parameters and n rows that is p / n of a log loss, and both together are k / (k - 1) + 1 / 2 times p / n² of its variance, for k folds.
 * `loss` is out of fold, `seen` the same of the served model, and `unit` is one unit of log loss in it. 1 if all rows have the same loss.
 */
export function foldScale(loss: Influence | null, seen: Influence | null, folds: number, unit: number): number {
  if (!loss || !seen) return 1;
  const variance = loss.rows.reduce((sum, each) => sum + each * each, 0) / loss.rows.length;
  const optimism = Math.max(0, loss.value - seen.value);
  if (!(variance > 0)) return 1;
  // For a model that has learned noise alone, the two are equal. Predictions that are nearly the same for all rows have less variance, but
  // no more chance.
  const share = Math.min(1, (optimism * unit) / variance);
  return Math.sqrt(1 + (folds / (folds - 1) + 0.5) * share);
}

/** Widens figures by this factor. Their values stay. */
export function widened<Name extends string>(figures: Influences<Name>, scale: number): Influences<Name> {
  const entries = Object.entries<() => Influence | null>(figures).map(([name, of]) => {
    const scaled = (influence: Influence | null) =>
      influence && { ...influence, rows: influence.rows.map((each) => each * scale) };
    return [name, () => scaled(of())] as const;
  });
  return Object.fromEntries(entries) as Influences<Name>;
}

/**
 * A bound on what a parameter fitted to rows gains on them and loses on others, in units of one over their number: chi square of 1, whose
 * mean is 1. Its least is nearly nothing.
 */
const MAX_GAINED = deterministicMath.normalQuantile((3 + LEVEL) / 4) ** 2;

/**
 * The interval of a figure whose folds stopped by their own rows, from the interval without that correction. When to stop is a parameter
 * that the n / k rows of a fold have fitted: their log loss is too good by chi square k / n (Wilks 1938; its mean is Akaike's correction,
 * 1974). Its chance and that of the rows are added like distances of independent estimates (over-seeds.ts). Other figures move with the
 * loss, by regression of their influences; `unit` is a unit of log loss in that of `loss`.
 */
export function afterStopping(
  range: Range | null,
  figure: Influence | null,
  loss: Influence | null,
  { folds, unit }: { readonly folds: number; readonly unit: number },
): Range | null {
  if (!range || !figure || !loss) return range;
  let [together, square] = [0, 0];
  for (let row = 0; row < loss.rows.length; row++) {
    together += (figure.rows[row] as number) * (loss.rows[row] as number);
    square += (loss.rows[row] as number) ** 2;
  }
  if (!(square > 0)) return range;
  const moved = ((together / square) * folds * unit) / loss.rows.length;
  const farther = (MAX_GAINED - 1) * moved;
  const [below, above] = moved > 0 ? [moved, farther] : [farther, moved];
  const centre = figure.value + moved;
  return [
    centre - Math.sqrt((figure.value - range[0]) ** 2 + below * below),
    centre + Math.sqrt((range[1] - figure.value) ** 2 + above * above),
  ];
}
