/** The folds of a search, as positions among its training rows. */
import type { ResolvedAuto } from "../../domain/spec/auto-options.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import type { Table } from "../data/table.ts";

/** A fold: the rows that candidates train on, and those that are held out from them. In ascending order. */
export interface Fold {
  readonly train: Int32Array<ArrayBuffer>;
  readonly heldOut: Int32Array<ArrayBuffer>;
}

/** Folds of which all candidates of a default search are trained; of more rows, fewer of the five parts are held out. */
const DEFAULT_FOLDS = 5;
const ALL_FOLDS_ROWS = 4000;

/** How many parts the rows are cut into, and how many of them are held out, each once. */
export function foldCounts(rows: number, given: number | null): { readonly folds: number; readonly trained: number } {
  const folds = Math.max(2, Math.min(given ?? DEFAULT_FOLDS, rows));
  if (given !== null || rows <= ALL_FOLDS_ROWS) return { folds, trained: folds };
  return { folds, trained: rows <= 2 * ALL_FOLDS_ROWS ? 2 : 1 };
}

/**
 * The folds of a table. Classes are spread evenly over the folds. The same table and seed give the same folds.
 */
export function foldsOf(table: Table, classes: number, { folds, trained_folds }: ResolvedAuto, seed: number): Fold[] {
  const order = createRandom(streamKey(seed, "search/folds")).permutation(table.rows);
  const groups = classes > 0 ? Array.from({ length: classes }, (): number[] => []) : [[]];
  for (const row of order) (groups[classes > 0 ? (table.targets[row] as number) : 0] as number[]).push(row);
  const foldOf = new Uint8Array(table.rows);
  groups.flat().forEach((row, place) => {
    foldOf[row] = place % folds;
  });
  const rows = Int32Array.from({ length: table.rows }, (_, row) => row);
  return Array.from({ length: trained_folds }, (_, fold) => ({
    train: rows.filter((row) => foldOf[row] !== fold),
    heldOut: rows.filter((row) => foldOf[row] === fold),
  }));
}
