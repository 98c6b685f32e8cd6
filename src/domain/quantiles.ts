/** Quantiles that a regression predicts: their names in a spec, and the meaning of a row's outputs. */
import { z } from "zod";

/** Maximum quantiles of a network. */
const MAX_QUANTILES = 99;
const RISE = "must be in ascending order, each quantile once";

/** Ascending probabilities: a share q of the values lies below quantile q. */
export const quantiles = z
  .array(z.number().gt(0).lt(1))
  .min(1)
  .max(MAX_QUANTILES)
  .refine((all) => all.every((quantile, place) => place === 0 || quantile > (all[place - 1] as number)), RISE);

/** The index of the quantile that gives the single value: the one nearest to the median; among equally near ones, the lower. */
export function valuePlace(quantiles: readonly number[]): number {
  const distance = (place: number) => Math.abs((quantiles[place] as number) - 0.5);
  return quantiles.reduce((nearest, _, place) => (distance(place) < distance(nearest) ? place : nearest), 0);
}

/**
 * The outputs of one row in ascending order. Quantiles that were learned separately may cross, and sorting them makes no prediction worse
 * (Chernozhukov et al., "Quantile and probability curves without crossing", 2010).
 */
export function uncrossed(outputs: Float32Array, offset: number, count: number): Float32Array {
  return outputs.slice(offset, offset + count).sort();
}
