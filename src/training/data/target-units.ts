/** Converts between a target's own units and those of the network. Every score and prediction uses this file. */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { deterministicMath } from "../../engine/index.ts";

/** Greatest logarithm that is undone: beyond it, float32 overflows. ONNX files have the same bound. */
const MAX_LOG = 88;

/** A value of the target as the network learns it; NaN for a logarithm of -1 and below. */
export function toNetworkUnits(value: number, scaling: TargetScaling | null): number {
  if (!scaling) return value;
  return (logOf(value, scaling) - scaling.offset) / scaling.scale;
}

/** An output of the network in the target's own units. */
export function toOwnUnits(output: number, scaling: TargetScaling | null): number {
  if (!scaling) return output;
  const value = output * scaling.scale + scaling.offset;
  return scaling.transform === "log" ? deterministicMath.exp(Math.min(value, MAX_LOG)) - 1 : value;
}

/** The value before it is scaled: log(1 + value) if the target is learned as a logarithm. */
export function logOf(value: number, { transform }: Pick<TargetScaling, "transform">): number {
  if (transform !== "log") return value;
  return value > -1 ? deterministicMath.log(1 + value) : Number.NaN;
}

/** The skewness from which values range widely: that of the exponential distribution is 2. */
const WIDE_SKEWNESS = 1.5;

/**
 * Whether logarithms of the values, log(1 + y), may be learned better than the values: all are above -1, a few are far greater than the
 * others (by Fisher's moment coefficient of skewness), and their logarithms are less than half as skewed. Missing values do not count.
 */
export function rangesWidely(values: ArrayLike<number>): boolean {
  const present = Float64Array.from(values).filter((value) => !Number.isNaN(value));
  if (present.length === 0 || present.some((value) => value <= -1)) return false;
  const skewness = skewnessOf(present);
  if (skewness < WIDE_SKEWNESS) return false;
  return Math.abs(skewnessOf(present.map((value) => deterministicMath.log(1 + value)))) < skewness / 2;
}

/** 0 if all values are equal. */
function skewnessOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (value - mean) ** 2 / values.length;
    cubes += (value - mean) ** 3 / values.length;
  }
  return squares > 0 ? cubes / squares ** 1.5 : 0;
}
