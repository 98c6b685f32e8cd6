/**
 * What twice the rows would bring, as a band: by the gains that doublings within the rows brought. No law is fitted to the curve, since the
 * rows of a table rarely reach far enough to tell one law from another. How the numbers were found and what they hold: DECISIONS 124. Only
 * + - * / and sqrt, so that every machine says the same.
 */
import {
  type CurveFigure,
  type CurveFigureName,
  type CurvePoint,
  FEWEST_REPEATS,
  FORECAST_FACTOR,
  FORECAST_LEVEL,
  type Forecast,
  isLoss,
} from "../../domain/explanations/learning-curve.ts";

/** The figure of each repeat on each number of rows, [sizes, repeats], ascending; NaN where there is none. */
type Repeats = readonly Float64Array[];

/** Fewest trainings that a mean is made of. */
const FEWEST = 3;
/** Sizes from one number of rows to its double, and doublings that are looked at, the last ones: each of them begins a step later. */
const DOUBLING = 2;
const DOUBLINGS = 3;
/** The next gain as a share of the last ones, since curves bend. */
const NEXT = 0.6;
/** How far the next gain differs from that, in shares of the last gains: some curves bend at once, and others not yet. */
const BEND = 0.4;
/** Such a distance times this holds 80 % of the truths that were hidden (a conformal quantile, of half of the tables). */
const REACH = 1.32;

/** The figures that are shares of rows, or of pairs of them: they are known to one row at best. */
const SHARES: ReadonlySet<CurveFigureName> = new Set(["accuracy", "roc_auc"]);
/** Gains below it are little: a point, of figures whose best is 1; a share of what a loss is now. */
const LITTLE = 0.01;

/** One figure of a curve, as it was found on the `scored` rows. `training` is the same figure on the rows that were trained on. */
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
  // How far it differs by which rows come: a mean of so many repeats, less another.
  const repeated = Math.min(...gains.map(({ length }) => length));
  const drawn = Math.sqrt((2 / repeated) * mean(gains.map((gain) => winsorisedVariance(gain.slice(0, FEWEST_REPEATS)))));
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

/** How each repeat's figure changed over the last doublings, [doublings, repeats]; null where too few trainings came to figures. */
function doublings(repeats: Repeats): Float64Array[] | null {
  const gains = Array.from({ length: DOUBLINGS }, (_, back) => {
    const from = repeats.length - 1 - back - DOUBLING;
    const [before, after] = [repeats[from], repeats[from + DOUBLING]];
    return before && after ? finite(after.map((figure, repeat) => figure - (before[repeat] as number))) : new Float64Array(0);
  });
  return gains.every(({ length }) => length >= FEWEST_REPEATS) ? gains : null;
}

/** From and to that a figure can be. */
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

/** The mean without the least and the greatest: a training that went astray on few rows says nothing of more. */
const trimmedMean = (values: Float64Array): number => mean(values.toSorted().subarray(1, -1));

/** The variance of FEWEST_REPEATS values where the least and the greatest are as far as their neighbours, times what that takes from eight normal ones. */
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
