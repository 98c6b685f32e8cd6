/** The chi-square distribution, and the test that two samples have the same one. */

/** Below this, erfc is 1 minus the series of erf; above, a continued fraction. */
const SERIES_BELOW = 2;
const FRACTION_TERMS = 60;

/**
 * The probability that a chi-square of `df` degrees of freedom is at least `x`, to a relative error of about 1e-12. From Q(a + 1, x) = Q(a, x) +
 * x^a e^-x / Γ(a + 1) (DLMF 8.8.6), whose terms are all positive, and Q(1/2, x) = erfc(√x), Q(1, x) = e^-x.
 *
 * @internal Exported for tests.
 */
export function chiSquareTail(x: number, df: number): number {
  if (!(x > 0)) return 1;
  const half = x / 2;
  let a = df % 2 === 1 ? 0.5 : 1;
  let tail = a === 1 ? Math.exp(-half) : erfc(Math.sqrt(half));
  // x^a e^-x / Γ(a + 1), in logarithms: e^-x alone may underflow.
  let logTerm = a * Math.log(half) - half - (a === 1 ? 0 : Math.log(Math.sqrt(Math.PI) / 2));
  for (; a < df / 2; a++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(half) - Math.log(a + 1);
  }
  return Math.min(1, tail);
}

/** DLMF 7.6.2 below 2, and 7.9.1 as a fraction from its end above. */
function erfc(z: number): number {
  if (z < SERIES_BELOW) {
    let term = z;
    let sum = z;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }
  let fraction = z;
  for (let n = FRACTION_TERMS; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
}

/** Minimum expected rows of a cell in the smaller sample: Cochran's rule, below which the distribution is not chi-square. */
const MIN_EXPECTED = 5;

export interface HomogeneityTest {
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
}

/**
 * Pearson's test that two samples, as counts in the same bins, have one distribution. Bins with fewer than five expected rows are merged,
 * from the smallest on. If one cell is left, the test says nothing: `df` is 0 and `p` is 1.
 */
export function testHomogeneity(a: ArrayLike<number>, b: ArrayLike<number>): HomogeneityTest {
  const totalA = sumOf(a);
  const totalB = sumOf(b);
  const all = totalA + totalB;
  const untold = { statistic: 0, df: 0, p: 1 };
  if (totalA === 0 || totalB === 0) return untold;
  const least = (MIN_EXPECTED * all) / Math.min(totalA, totalB);
  const bins = Array.from({ length: a.length }, (_, bin) => [a[bin] as number, b[bin] as number] as const);
  bins.sort((one, other) => one[0] + one[1] - (other[0] + other[1]));
  const cells: { a: number; b: number }[] = [];
  let open: { a: number; b: number } | null = null;
  for (const [inA, inB] of bins) {
    open ??= { a: 0, b: 0 };
    open.a += inA;
    open.b += inB;
    if (open.a + open.b < least) continue;
    cells.push(open);
    open = null;
  }
  const last = cells.at(-1);
  if (open && last) {
    last.a += open.a;
    last.b += open.b;
  }
  if (cells.length < 2) return untold;
  const statistic = cells.reduce((sum, cell) => sum + squaredDistance(cell.a, cell.b, totalA, totalB), 0);
  const df = cells.length - 1;
  return { statistic, df, p: chiSquareTail(statistic, df) };
}

/** The term of a cell in Pearson's statistic: (b A - a B)² / (A B (a + b)) for its counts a and b in samples of A and B. */
function squaredDistance(a: number, b: number, totalA: number, totalB: number): number {
  const difference = b * totalA - a * totalB;
  return (difference * difference) / (totalA * totalB * (a + b));
}

function sumOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let bin = 0; bin < counts.length; bin++) total += counts[bin] as number;
  return total;
}
