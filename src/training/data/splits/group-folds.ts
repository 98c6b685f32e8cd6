/**
 * Deals groups of rows to folds by scikit-learn's rules, so that its users find the same rows in the same folds. Pure functions of counts:
 * knows nothing of tables or shares.
 */

/**
 * The fold of each group by GroupKFold's rule (sklearn/model_selection/_split.py): the largest group first, each to the fold with the
 * fewest rows so far. Among groups of one size the later comes first; among folds of one size the first is taken.
 */
export function dealBySize(sizes: ArrayLike<number>, folds: number): Int32Array {
  const order = Array.from({ length: sizes.length }, (_, group) => group).sort(
    (a, b) => (sizes[b] as number) - (sizes[a] as number) || b - a,
  );
  const rows = new Float64Array(folds);
  const foldOf = new Int32Array(sizes.length);
  for (const group of order) {
    let lightest = 0;
    for (let fold = 1; fold < folds; fold++) if ((rows[fold] as number) < (rows[lightest] as number)) lightest = fold;
    rows[lightest] = (rows[lightest] as number) + (sizes[group] as number);
    foldOf[group] = lightest;
  }
  return foldOf;
}

/** Rows of one group: how many of each class that it has. */
export type ClassCounts = ReadonlyMap<number, number>;

/**
 * The fold of each group by StratifiedGroupKFold's rule (the same file): the group with the most uneven classes first, each to the fold
 * that leaves the classes most evenly spread over the folds, and among such folds to the one with the fewest rows. Equally good folds often
 * differ only by rounding, so every sum here is in numpy's order.
 */
export function dealByClass(groups: readonly ClassCounts[], classes: number, folds: number): Int32Array {
  const totals = new Float64Array(classes);
  for (const counts of groups) for (const [label, count] of counts) totals[label] = (totals[label] as number) + count;
  // scikit-learn ignores a class without rows.
  const labels = Array.from(totals.keys()).filter((label) => (totals[label] as number) > 0);
  const spread = createSpread(totals, labels, folds);
  const unevenness = groups.map((counts) => deviation(labels.map((label) => counts.get(label) ?? 0)));
  // Stable: among equally uneven groups, the earlier comes first.
  const order = groups.map((_, group) => group).sort((a, b) => (unevenness[b] as number) - (unevenness[a] as number));
  const foldOf = new Int32Array(groups.length);
  for (const group of order) foldOf[group] = spread.place(groups[group] as ClassCounts);
  return foldOf;
}

/** numpy.isclose with its defaults. */
const isClose = (a: number, b: number) => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b);

/** Keeps for each class how evenly its rows are spread over the folds, and finds the fold where a group disturbs that least. */
function createSpread(totals: Float64Array, labels: readonly number[], folds: number) {
  // By class: its rows in each fold.
  const counts = totals.length === 0 ? [] : Array.from(totals, () => new Float64Array(folds));
  const rows = new Float64Array(folds);
  const places = new Map(labels.map((label, place) => [label, place]));
  const deviations = new Float64Array(labels.length);

  /** numpy.std of a class's shares over the folds, with `more` of its rows in one of them. */
  function deviationOf(label: number, fold: number, more: number): number {
    const own = counts[label] as Float64Array;
    const shareOf = (each: number) => ((own[each] as number) + (each === fold ? more : 0)) / (totals[label] as number);
    let sum = 0;
    for (let each = 0; each < folds; each++) sum += shareOf(each);
    const mean = sum / folds;
    let squares = 0;
    for (let each = 0; each < folds; each++) squares += (shareOf(each) - mean) ** 2;
    return Math.sqrt(squares / folds);
  }

  function bestFold(group: ClassCounts): number {
    const kept = [...group.keys()].map((label) => [label, deviations[places.get(label) as number] as number] as const);
    let best = { fold: 0, unevenness: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY };
    for (let fold = 0; fold < folds; fold++) {
      for (const [label, count] of group) deviations[places.get(label) as number] = deviationOf(label, fold, count);
      const unevenness = pairwiseSum(deviations, 0, labels.length) / labels.length;
      const isFewer = (rows[fold] as number) < best.rows;
      if (unevenness < best.unevenness || (isClose(unevenness, best.unevenness) && isFewer))
        best = { fold, unevenness, rows: rows[fold] as number };
    }
    for (const [label, deviation] of kept) deviations[places.get(label) as number] = deviation;
    return best.fold;
  }

  return {
    /** Puts a group into its fold, and returns that. */
    place(group: ClassCounts): number {
      const fold = bestFold(group);
      for (const [label, count] of group) {
        const own = counts[label] as Float64Array;
        own[fold] = (own[fold] as number) + count;
        rows[fold] = (rows[fold] as number) + count;
        deviations[places.get(label) as number] = deviationOf(label, 0, 0);
      }
      return fold;
    },
  };
}

/** numpy.std of some numbers. */
function deviation(values: readonly number[]): number {
  const mean = pairwiseSum(values, 0, values.length) / values.length;
  const squares = values.map((value) => (value - mean) ** 2);
  return Math.sqrt(pairwiseSum(squares, 0, squares.length) / squares.length);
}

const UNROLLED = 8;
const BLOCK = 128;

/** numpy's sum of `count` numbers from `from` on (pairwise_sum in numpy/_core/src/umath/loops_utils.h.src). */
function pairwiseSum(values: ArrayLike<number>, from: number, count: number): number {
  const at = (place: number) => values[from + place] as number;
  if (count > BLOCK) {
    const half = Math.floor(count / 2);
    const first = half - (half % UNROLLED);
    return pairwiseSum(values, from, first) + pairwiseSum(values, from + first, count - first);
  }
  let place = 0;
  let sum = 0;
  if (count >= UNROLLED) {
    const parts = Array.from({ length: UNROLLED }, (_, part) => at(part));
    for (place = UNROLLED; place + UNROLLED <= count; place += UNROLLED)
      for (let part = 0; part < UNROLLED; part++) parts[part] = (parts[part] as number) + at(place + part);
    const [a, b, c, d, e, f, g, h] = parts as [number, number, number, number, number, number, number, number];
    sum = a + b + (c + d) + (e + f + (g + h));
  }
  for (; place < count; place++) sum += at(place);
  return sum;
}
