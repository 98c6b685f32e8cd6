/** The range of values that a chart shows: all of them, unless a few would flatten the others to a line. Pure. */

export interface RobustRange {
  readonly min: number;
  readonly max: number;
  /** Values above and below the range, and the farthest of them. */
  readonly above: number;
  readonly below: number;
  readonly highest: number;
  readonly lowest: number;
}

/** Maximum share of the values outside of the range, on either side. */
const FEW = 0.1;
/** How far from the others a value must be to be left outside, in widths of theirs. */
const FAR = 20;
/** Fewer values than these are shown as they are. */
const FEWEST = 12;

/** Returns the range of the finite values; null if there are none. */
export function robustRange(values: Iterable<number | null | undefined>): RobustRange | null {
  const known: number[] = [];
  for (const value of values) if (typeof value === "number" && Number.isFinite(value)) known.push(value);
  const sorted = Float64Array.from(known).sort();
  const count = sorted.length;
  if (count === 0) return null;
  const at = (index: number) => sorted[index] as number;
  const few = Math.floor(count * FEW);
  const [low, high] = [at(few), at(count - 1 - few)];
  const [lowest, highest] = [at(0), at(count - 1)];
  // If the others are equal, any value is far away; one within a thousandth of their size is not.
  const width = Math.max(high - low, 1e-3 * Math.max(Math.abs(low), Math.abs(high)));
  const reach = count < FEWEST ? Number.POSITIVE_INFINITY : FAR * width;
  const shown = sorted.filter((value) => value >= low - reach && value <= high + reach);
  const max = shown.at(-1) as number;
  const min = shown[0] as number;
  return {
    ...{ min, max, highest, lowest },
    above: sorted.filter((value) => value > max).length,
    below: sorted.filter((value) => value < min).length,
  };
}

/** Powers of ten from which only a logarithmic scale distinguishes values. */
const MANY_POWERS = 6;

/** Whether positive values differ by so many powers of ten that a linear scale shows only one of them. */
export function spansManyPowers(values: Iterable<number>): boolean {
  const range = robustRange(values);
  return range !== null && range.min > 0 && Math.log10(range.max) - Math.log10(range.min) > MANY_POWERS;
}
