/**
 * Shapley values of the columns of a row: how much each column adds to the answer on average over all orders of adding columns, where the
 * missing columns come from a background row. The value of a coalition is the mean over the background rows (Lundberg and Lee 2017;
 * "interventional" in Janzing et al. 2020). So the values are means of those of each background row, and only the columns that differ from
 * it matter.
 *
 * Exact: phi_i = sum over coalitions S without i of |S|! (k - 1 - |S|)! / k! (v(S + i) - v(S)), over the k columns that differ. Estimated:
 * means over random orders and their reverses (antithetic pairs; Mitchell et al., "Sampling permutations for Shapley value estimation",
 * 2022). Each order's steps add up to the whole difference, so estimates do too.
 */
import { createRandom, streamKey } from "../../engine/index.ts";
import type { ColumnGroup } from "../evaluate/importance.ts";
import type { Composites } from "./composites.ts";

/** A row against its background. */
export interface Question {
  readonly groups: readonly ColumnGroup[];
  /** [inputWidth] */
  readonly row: Float32Array;
  /** [rows, inputWidth] */
  readonly background: Float32Array;
  /** Numbers in an answer. */
  readonly numbers: number;
  /** Pairs of permutations for each background row; null for all coalitions. */
  readonly pairs: number | null;
  readonly seed: number;
}

/** Both [columns, numbers]. */
export interface ShapleyValues {
  readonly values: Float64Array;
  /** Standard errors of estimates; null if all coalitions were computed. */
  readonly errors: Float64Array | null;
}

/** The Shapley values of a row. The same input gives the same values, bit for bit. */
export function shapleyValues(question: Question, composites: Composites): ShapleyValues {
  const { row, background, groups, numbers, pairs } = question;
  const width = row.length;
  const rows = background.length / width;
  const sums = new Float64Array(groups.length * numbers);
  const squares = pairs === null ? null : new Float64Array(groups.length * numbers);
  for (let place = 0; place < rows; place++) {
    const other = background.subarray(place * width, (place + 1) * width);
    const differing = groups.flatMap((group, column) => (differs(row, other, group) ? [column] : []));
    if (differing.length === 0) continue;
    if (pairs === null) addCoalitions(question, other, differing, composites, sums);
    else addOrders({ ...question, pairs }, other, place, differing, composites, sums, squares as Float64Array);
  }
  composites.flush();
  const values = sums.map((sum) => sum / rows);
  return { values, errors: squares?.map((square) => Math.sqrt(square) / rows) ?? null };
}

function differs(row: Float32Array, other: Float32Array, { start, width }: ColumnGroup): boolean {
  for (let at = start; at < start + width; at++) if (row[at] !== other[at]) return true;
  return false;
}

/** Writes the features of one column. */
function copy(from: Float32Array, { start, width }: ColumnGroup, to: Float32Array, offset: number): void {
  for (let at = start; at < start + width; at++) to[offset + at] = from[at] as number;
}

/**
 * Adds the results of all coalitions of the columns that differ. A coalition of s columns has weight w(s - 1) for those in it and -w(s) for
 * the others: -w(s) for all, and w(s - 1) + w(s) more for those in it. In the order of a Gray code each row differs from the one before in
 * one column.
 */
function addCoalitions(
  { row, groups, numbers }: Question,
  other: Float32Array,
  differing: readonly number[],
  composites: Composites,
  sums: Float64Array,
): void {
  const size = differing.length;
  const weights = [...coalitionWeights(size), 0];
  const own = differing.map((column) => groups[column] as ColumnGroup);
  const outside = new Float64Array(numbers);
  let left = 2 ** size;
  const add = (answer: readonly number[], mask: number) => {
    const members = bitCount(mask);
    const without = weights[members] as number;
    const more = members === 0 ? 0 : (weights[members - 1] as number) + without;
    for (let number = 0; number < numbers; number++) {
      const value = answer[number] as number;
      outside[number] = (outside[number] as number) + without * value;
      for (let rest = mask; rest > 0; rest &= rest - 1) {
        const at = (differing[31 - Math.clz32(rest & -rest)] as number) * numbers + number;
        sums[at] = (sums[at] as number) + more * value;
      }
    }
    if (--left > 0) return;
    for (const column of differing)
      for (let number = 0; number < numbers; number++)
        sums[column * numbers + number] = (sums[column * numbers + number] as number) - (outside[number] as number);
  };
  const { x } = composites;
  for (let step = 0; step < 2 ** size; step++) {
    const mask = step ^ (step >> 1);
    const offset = composites.begin(add, mask);
    if (offset > 0 && step > 0) {
      const changed = 31 - Math.clz32(step & -step);
      x.copyWithin(offset, offset - row.length, offset);
      copy((mask >> changed) & 1 ? row : other, own[changed] as ColumnGroup, x, offset);
      continue;
    }
    x.set(other, offset);
    for (let rest = mask; rest > 0; rest &= rest - 1) copy(row, own[31 - Math.clz32(rest & -rest)] as ColumnGroup, x, offset);
  }
}

/** |S|! (k - 1 - |S|)! / k! for each size of S, 0..k-1: one over k times "k - 1 over |S|". */
function coalitionWeights(size: number): number[] {
  const weights = [1 / size];
  for (let members = 1; members < size; members++)
    weights.push(((weights[members - 1] as number) * members) / (size - members));
  return weights;
}

function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest > 0; rest &= rest - 1) count++;
  return count;
}

/**
 * Adds the mean step of each column over pairs of orders, and to `squares` the square of its standard error. The background row is given
 * and not sampled, so only the orders add uncertainty.
 */
function addOrders(
  { row, groups, numbers, pairs, seed }: Question & { readonly pairs: number },
  other: Float32Array,
  place: number,
  differing: readonly number[],
  composites: Composites,
  sums: Float64Array,
  squares: Float64Array,
): void {
  const size = differing.length;
  const random = createRandom(streamKey(seed, `shapley/${place}`));
  /** [columns that differ, numbers]: the steps of the current pair, and over all pairs their mean and squared deviations. */
  const steps = new Float64Array(size * numbers);
  const means = new Float64Array(size * numbers);
  const deviations = new Float64Array(size * numbers);
  const add = (column: number, answer: readonly number[], sign: number) => {
    for (let number = 0; number < numbers; number++)
      steps[column * numbers + number] = (steps[column * numbers + number] as number) + sign * (answer[number] as number);
  };
  const endPair = (pair: number) => {
    // Welford's recurrence.
    for (let at = 0; at < steps.length; at++) {
      const value = (steps[at] as number) / 2;
      const delta = value - (means[at] as number);
      means[at] = (means[at] as number) + delta / (pair + 1);
      deviations[at] = (deviations[at] as number) + delta * (value - (means[at] as number));
    }
    steps.fill(0);
    if (pair + 1 < pairs) return;
    differing.forEach((column, index) => {
      for (let number = 0; number < numbers; number++) {
        const [to, from] = [column * numbers + number, index * numbers + number];
        sums[to] = (sums[to] as number) + (means[from] as number);
        squares[to] = (squares[to] as number) + (deviations[from] as number) / (pairs * (pairs - 1));
      }
    });
  };
  for (let pair = 0; pair < pairs; pair++) {
    const order = random.permutation(size);
    for (const walk of [order, order.toReversed()]) {
      for (let taken = 0; taken <= size; taken++) {
        const last = walk !== order && taken === size;
        const offset = composites.begin((answer) => {
          if (taken > 0) add(walk[taken - 1] as number, answer, 1);
          if (taken < size) add(walk[taken] as number, answer, -1);
          if (last) endPair(pair);
        });
        // The row before differs in one column. The first of a block has none before it.
        const isNext = taken > 0 && offset > 0;
        if (isNext) composites.x.copyWithin(offset, offset - row.length, offset);
        else composites.x.set(other, offset);
        for (let index = isNext ? taken - 1 : 0; index < taken; index++)
          copy(row, groups[differing[walk[index] as number] as number] as ColumnGroup, composites.x, offset);
      }
    }
  }
}
