/** Which rows train and which are held out, as a function of the seed alone. */
import { createRandom, streamKey } from "../engine/index.ts";
import { type Table, takeRows } from "./table.ts";

export interface SplitOptions {
  /** Share of rows to hold out, 0..0.9. */
  readonly validation: number;
  /** Hold out that share of every class, rather than of the whole. */
  readonly stratify: boolean;
}

export interface SplitTable {
  readonly train: Table;
  readonly validation: Table | null;
}

/** How many of `rows` are held out: rounded, and never all of them. */
export function heldOutCount(rows: number, share: number): number {
  return Math.min(rows - 1, Math.round(rows * share));
}

/** Splits a table; rows keep their order within each part. Without a split, or where nothing is held out, all rows train. */
export function splitTable(table: Table, split: SplitOptions | null, seed: number): SplitTable {
  if (!split) return { train: table, validation: null };
  const random = createRandom(streamKey(seed, "split"));
  const groups = split.stratify ? rowsByClass(table) : [Array.from({ length: table.rows }, (_, row) => row)];
  const heldOut = new Set<number>();
  for (const group of groups) {
    const order = random.permutation(group.length);
    for (let i = 0; i < heldOutCount(group.length, split.validation); i++) heldOut.add(group[order[i] as number] as number);
  }
  if (heldOut.size === 0) return { train: table, validation: null };
  const part = (wanted: boolean) =>
    takeRows(
      table,
      Array.from({ length: table.rows }, (_, row) => row).filter((row) => heldOut.has(row) === wanted),
    );
  return { train: part(false), validation: part(true) };
}

function rowsByClass(table: Table): number[][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const label = table.targets[row] as number;
    const group = groups.get(label);
    if (group) group.push(row);
    else groups.set(label, [row]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}
