/**
 * A forecast of the gain from twice the rows, as a band: from the gains of doublings within the rows. No law is fitted to the curve,
 * because the rows of a table rarely reach far enough to tell one law from another. DECISIONS 124 says how the numbers were found and what
 * they hold. Only + - * / and sqrt, so that every machine gives the same result.
 */
import {
  type CurveFigure,
  type CurveFigureName,
  type CurvePoint,
  FORECAST_FACTOR,
  FORECAST_LEVEL,
  type Forecast,
  isLoss,
  MIN_REPEATS,
} from "../../domain/explanations/learning-curve.ts";

/** The figure of each repeat on each number of rows, [sizes, repeats], ascending; NaN if there is none. */
type Repeats = readonly Float64Array[];

/** Minimum trainings for a mean. */
const FEWEST = 3;
/** Number of sizes from one number of rows to its double, and number of doublings used, the last ones: each of them begins a step later. */
const DOUBLING = 2;
const DOUBLINGS = 3;
/** The next gain as a share of the last ones, because curves bend. */
const NEXT = 0.6;
/** How far the next gain differs from that, in shares of the last gains: some curves bend at once, and others not yet. */
const BEND = 0.4;
/** This many times such a distance holds 80 % of the hidden results (a conformal quantile, of half of the tables). */
const REACH = 1.32;

/** The figures that are shares of rows, or of pairs of them: they are known to one row at best. */
const SHARES: ReadonlySet<CurveFigureName> = new Set(["accuracy", "roc_auc"]);
/** Smaller gains are little: a point, for figures whose best is 1; a share of the current loss. */
const LITTLE = 0.01;

/** One figure of a curve, as found on the `scored` rows. `training` is the same figure on the training rows. */
export function curveFigure(
  name: CurveFigureName,
  sizes: readonly number[],
  repeats: Repeats,
  training: Repeats,
  scored: number,
): CurveFigure {
  const points = sizes.map((rows, size): CurvePoint => {
    const known = finite(repeats[size] as Float64Array);
    const learned = finite(training[size] as Float64Array);
    const isKnown = known.length >= FEWEST;
    return {
      rows,
      mean: isKnown ? mean(known) : null,
      band: isKnown ? [percentile(known, (1 - FORECAST_LEVEL) / 2), percentile(known, (1 + FORECAST_LEVEL) / 2)] : null,
      training: learned.length >= FEWEST ? mean(learned) : null,
    };
  });
  return { name, points, forecast: forecastOf(name, points, repeats, scored) };
}

function forecastOf(name: CurveFigureName, points: readonly CurvePoint[], repeats: Repeats, scored: number): Forecast | null {
  const last = points.at(-1);
  const gains = doublings(repeats);
  if (!last || last.mean === null || !gains) return null;
  const gained = mean(gains.map(trimmedMean));
  // How far the mean of the repeats differs by which rows come, less another mean.
  const repeated = Math.min(...gains.map(({ length }) => length));
  const drawn = Math.sqrt((2 / repeated) * mean(gains.map((gain) => winsorisedVariance(gain.slice(0, MIN_REPEATS)))));
  const least = SHARES.has(name) ? 1 / scored : 0;
  const reach = REACH * Math.sqrt(drawn * drawn + (BEND * gained) ** 2 + least * least);
  const within = limitsOf(name);
  const now = last.mean;
  const figure = [NEXT * gained - reach, NEXT * gained + reach].map((gain) =>
    Math.max(within[0], Math.min(within[1], now + gain)),
  ) as [number, number];
  const gain: [number, number] = [figure[0] - now, figure[1] - now];
  return { rows: FORECAST_FACTOR * last.rows, level: FORECAST_LEVEL, gain, figure, verdict: verdictOf(name, gain, now) };
}

/** How each repeat's figure changed over the last doublings, [doublings, repeats]; null if too few trainings have figures. */
function doublings(repeats: Repeats): Float64Array[] | null {
  const gains = Array.from({ length: DOUBLINGS }, (_, back) => {
    const from = repeats.length - 1 - back - DOUBLING;
    const [before, after] = [repeats[from], repeats[from + DOUBLING]];
    return before && after ? finite(after.map((figure, repeat) => figure - (before[repeat] as number))) : new Float64Array(0);
  });
  return gains.every(({ length }) => length >= MIN_REPEATS) ? gains : null;
}

/** The range of a figure. */
function limitsOf(name: CurveFigureName): readonly [number, number] {
  if (isLoss(name)) return [0, Number.POSITIVE_INFINITY];
  return [SHARES.has(name) ? 0 : Number.NEGATIVE_INFINITY, 1];
}

function verdictOf(name: CurveFigureName, [low, high]: readonly [number, number], now: number): Forecast["verdict"] {
  const [worst, best] = isLoss(name) ? [-high, -low] : [low, high];
  if (best <= (isLoss(name) ? LITTLE * now : LITTLE)) return "flat";
  return worst > 0 ? "helps" : "may_help";
}

const finite = (values: Float64Array): Float64Array => values.filter(Number.isFinite);

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] as number;
  return sum / values.length;
}

/** The mean without the least and the greatest: a training that failed on few rows says nothing about more. */
const trimmedMean = (values: Float64Array): number => mean(values.toSorted().subarray(1, -1));

/**
 * The variance of MIN_REPEATS values with the least and the greatest moved to their neighbours, corrected by what that takes from eight
 * normal ones.
 */
function winsorisedVariance(values: Float64Array): number {
  const sorted = values.toSorted();
  sorted[0] = sorted[1] as number;
  sorted[sorted.length - 1] = sorted.at(-2) as number;
  const centre = mean(sorted);
  return (WINSORISED / (sorted.length - 1)) * sorted.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}
const WINSORISED = 1.6;

/** By linear interpolation, as NumPy's default. */
function percentile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  return low + (at - below) * (high - low);
}
