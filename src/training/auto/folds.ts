/** The folds of a search, as positions among its training rows. */
import type { ResolvedAuto } from "../../domain/spec/auto-options.ts";
import type { DealtBy } from "../data/data.ts";
import { type Fold, foldsOf } from "../data/folds.ts";
import type { Table } from "../data/table.ts";

/** Number of folds on which all candidates of a default search are trained; with more rows, fewer of the five parts are held out. */
const DEFAULT_FOLDS = 5;
const ALL_FOLDS_ROWS = 4000;

/** Into how many parts the rows are divided, and how many of them are held out, each once. */
export function foldCounts(rows: number, given: number | null): { readonly folds: number; readonly trained: number } {
  const folds = Math.max(2, Math.min(given ?? DEFAULT_FOLDS, rows));
  if (given !== null || rows <= ALL_FOLDS_ROWS) return { folds, trained: folds };
  return { folds, trained: rows <= 2 * ALL_FOLDS_ROWS ? 2 : 1 };
}

/**
 * The folds of a table that are trained. Rows of one group are in one fold, and in splits by time the later rows are predicted; otherwise
 * classes are spread evenly over the folds. With too few groups or times, there are fewer folds; if not even two are possible, rows are
 * dealt by chance. The same table and seed give the same folds. Throws only on bugs.
 */
export function searchFolds(
  table: Table,
  dealtBy: DealtBy,
  classes: number,
  { folds, trained_folds }: ResolvedAuto,
  seed: number,
): readonly Fold[] {
  const cutInto = (count: number, { groups, times }: DealtBy) =>
    foldsOf({
      rows: table.rows,
      among: null,
      classes: classes > 0 && !times ? table.targets : null,
      groups,
      times,
      count,
      repeats: 1,
      seed,
    });
  if (dealtBy.groups || dealtBy.times) {
    for (let count = folds; count > 1; count--) {
      const cut = cutInto(count, dealtBy);
      if (cut.ok) return cut.folds.slice(0, trained_folds);
    }
  }
  const cut = cutInto(folds, DEALT_BY_CHANCE);
  if (!cut.ok) throw new Error(`folds that were checked fail: ${cut.detail}`);
  return cut.folds.slice(0, trained_folds);
}

const DEALT_BY_CHANCE: DealtBy = { groups: null, times: null };

/** The index of each held-out row of a division, fold after fold, by its position among the training rows; -1 for others. */
export function placesOf(folds: readonly Fold[], rows: number): Int32Array {
  const places = new Int32Array(rows).fill(-1);
  let place = 0;
  for (const { validation } of folds) for (const row of validation) places[row] = place++;
  return places;
}
