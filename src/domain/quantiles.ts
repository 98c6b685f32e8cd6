/** Quantiles that a regression predicts: how a spec names them, and what a row's outputs for them mean. */
import { z } from "zod";

/** Most quantiles of a network. */
const MAX_QUANTILES = 99;
const RISE = "must be in ascending order, each quantile once";

/** Rising probabilities: of quantile q, a share q of the values lies below. */
export const quantiles = z
  .array(z.number().gt(0).lt(1))
  .min(1)
  .max(MAX_QUANTILES)
  .refine((all) => all.every((quantile, place) => place === 0 || quantile > (all[place - 1] as number)), RISE);

/** The place of the quantile that a single value is taken from: the one nearest to the median; of equally near ones the lower. */
export function valuePlace(quantiles: readonly number[]): number {
  const distance = (place: number) => Math.abs((quantiles[place] as number) - 0.5);
  return quantiles.reduce((nearest, _, place) => (distance(place) < distance(nearest) ? place : nearest), 0);
}

/**
 * The outputs of one row in ascending order: quantiles that were learned apart may cross, and sorting them makes no
 * prediction worse (Chernozhukov et al., "Quantile and probability curves without crossing", 2010).
 */
export function uncrossed(outputs: Float32Array, offset: number, count: number): Float32Array {
  return outputs.slice(offset, offset + count).sort();
}
