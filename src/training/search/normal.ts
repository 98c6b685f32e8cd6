/** The normal distribution, cut off at both ends, with the same bits on every machine. */
import { deterministicMath } from "../../engine/index.ts";

const { exp, normalQuantile } = deterministicMath;

/** Horner's rule, from the highest power down. */
const polynomial = (x: number, coefficients: readonly number[]) =>
  coefficients.reduce((total, coefficient) => total * x + coefficient, 0);

const OVER = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
  220.206867912376,
];
const UNDER = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
  793.826512519948, 440.413735824752,
];
/** From here on the continued fraction is used. */
const FAR = 7.07106781186547;

/**
 * The standard normal distribution function, to about 1e-15.
 * G. West, "Better approximations to cumulative normal functions", Wilmott Magazine 2005, after J. F. Hart, 1968.
 *
 * @internal Exported for tests.
 */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  if (z > 37) return x > 0 ? 1 : 0;
  const density = exp((-z * z) / 2);
  const tail =
    z < FAR
      ? (density * polynomial(z, OVER)) / polynomial(z, UNDER)
      : density / (z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))))) / 2.506628274631;
  return x > 0 ? 1 - tail : tail;
}

/** The mass of N(mean, deviation) between two bounds. Takes the side where it does not cancel. */
export function normalMass(low: number, high: number, mean: number, deviation: number): number {
  const a = (low - mean) / deviation;
  const b = (high - mean) / deviation;
  return a > 0 ? normalCdf(-a) - normalCdf(-b) : normalCdf(b) - normalCdf(a);
}

/** A draw of N(mean, deviation) between two bounds, by inversion of a uniform number in [0, 1). The mean lies between the bounds. */
export function truncatedNormal(uniform: number, low: number, high: number, mean: number, deviation: number): number {
  const from = normalCdf((low - mean) / deviation);
  const to = normalCdf((high - mean) / deviation);
  const p = from + uniform * (to - from);
  if (!(p > 0)) return low;
  return p < 1 ? Math.min(high, Math.max(low, mean + deviation * normalQuantile(p))) : high;
}
