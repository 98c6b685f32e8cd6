/** Numbers that may stand for a missing value: -999, or a 0 among measurements that are never near it. Knows values, no columns. */

/** Numbers that stand apart from all others of a column. */
export interface MissingCode {
  /** One, or several that surveys use together: 77, 88 and 99. */
  readonly values: readonly number[];
  /** Rows that have one of them. */
  readonly count: number;
  /** The other value that is nearest to them. */
  readonly nearest: number;
}

/** Fewest rows that have a code: a single odd value is an odd value. */
const FEWEST = 2;
/** Fewest that have a 0 or a -1, which are values as well, and the greatest share of them. */
const MIN_OF_PLAIN = 3;
const GREATEST_SHARE = 0.5;
/** Fewest different values beside a 0: amounts that people choose are few. */
const MIN_DISTINCT = 10;
/** A 0 is apart where the smallest other value is above this share of the median, and above so many usual steps between values. */
const SHARE_OF_MEDIAN = 0.1;
const STEPS = 5;

/** Scales that end here may begin at -1. */
const SMALL_SCALE = 2;

/** A digit of 7, 8 or 9, once or over and over. */
const IN_SURVEYS = /^(?:7+|8+|9+)$/;
/** How people write a code: -1, and 9, 8 or 7 over and over. */
const WRITTEN = /^(?:-1|-9|-?(?:9{2,}|8{3,}|7{3,})(?:\.9+)?)$/;

/**
 * Returns the numbers that may stand for a missing value among values that rise and are finite; null where none does. It looks at both ends and at 0: a
 * code is as far from all others as they are from one another, or the only one below 0.
 */
export function findMissingCode(sorted: Float64Array): MissingCode | null {
  return codeBelow(sorted) ?? codesAbove(sorted) ?? codeAbove(sorted) ?? zeroApart(sorted);
}

function codeBelow(sorted: Float64Array): MissingCode | null {
  const value = sorted[0] as number;
  if (!(value < 0) || !WRITTEN.test(String(value))) return null;
  const count = countOf(sorted, value);
  const nearest = sorted[count];
  if (nearest === undefined || count < (value === -1 ? MIN_OF_PLAIN : FEWEST)) return null;
  const last = sorted.at(-1) as number;
  if (value === -1 && (count > GREATEST_SHARE * sorted.length || last <= SMALL_SCALE)) return null;
  const isApart = nearest >= 0 || nearest - value > last - nearest;
  return isApart ? { values: [value], count, nearest } : null;
}

function codeAbove(sorted: Float64Array): MissingCode | null {
  const value = sorted.at(-1) as number;
  if (!(value > 0) || !WRITTEN.test(String(value))) return null;
  const from = sorted.indexOf(value);
  const nearest = sorted[from - 1];
  const count = sorted.length - from;
  if (nearest === undefined || count < FEWEST) return null;
  return value - nearest > nearest - (sorted[0] as number) ? { values: [value], count, nearest } : null;
}

/** Two or more of 7, 8 and 9, or of 77, 88 and 99, and so on: what surveys write for refused, not known and no answer. */
function codesAbove(sorted: Float64Array): MissingCode | null {
  const values: number[] = [];
  let from = sorted.length;
  while (from > 0) {
    const value = sorted[from - 1] as number;
    if (value !== values[0]) {
      if (!IN_SURVEYS.test(String(value)) || String(value).length !== String(values[0] ?? value).length) break;
      values.unshift(value);
    }
    from--;
  }
  const [first, second] = values;
  const nearest = sorted[from - 1];
  const count = sorted.length - from;
  if (first === undefined || second === undefined || nearest === undefined || count < FEWEST) return null;
  if (count > GREATEST_SHARE * sorted.length) return null;
  return first - nearest > nearest - (sorted[0] as number) ? { values, count, nearest } : null;
}

function zeroApart(sorted: Float64Array): MissingCode | null {
  if (sorted[0] !== 0) return null;
  const count = countOf(sorted, 0);
  if (count < MIN_OF_PLAIN || count > GREATEST_SHARE * sorted.length) return null;
  const others = sorted.subarray(count);
  const [nearest, median] = [others[0] as number, others[others.length >> 1] as number];
  const distinct = others.reduce((total, value, at) => total + (at === 0 || value !== others[at - 1] ? 1 : 0), 0);
  if (distinct < MIN_DISTINCT || nearest < SHARE_OF_MEDIAN * median) return null;
  // Of values between the quartiles, so that a few great ones do not make the steps wide.
  const [low, high] = [others.length >> 2, (others.length * 3) >> 2];
  const middle = others.subarray(low, high + 1);
  const steps = middle.reduce((total, value, at) => total + (at > 0 && value !== middle[at - 1] ? 1 : 0), 0);
  const step = steps === 0 ? 0 : ((middle.at(-1) as number) - (middle[0] as number)) / steps;
  return nearest > STEPS * step ? { values: [0], count, nearest } : null;
}

/** How often the first of the values is there. */
function countOf(sorted: Float64Array, value: number): number {
  const end = sorted.findIndex((each) => each !== value);
  return end < 0 ? sorted.length : end;
}
