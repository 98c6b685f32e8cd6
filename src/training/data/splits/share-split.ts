/** The random split by shares. Knows no schemas, so that the playground in the browser splits into the same rows. */
import type { Random } from "../../../engine/index.ts";
import { PART } from "./column-splits.ts";

/** Shares of the rows, 0..1, and whether each class is split separately. */
export interface ShareSplit {
  readonly validation: number;
  readonly test: number;
  readonly stratify?: boolean | undefined;
}

/** Returns how many of `rows` a share holds out: rounded, and never all of them. */
export function heldOutCount(rows: number, share: number): number {
  return Math.min(rows - 1, Math.round(rows * share));
}

/** Writes the part of each held-out row into `partOf`; all rows must be training rows before. `classes`: of each row; null without. */
export function assignShares(
  partOf: Uint8Array,
  split: ShareSplit,
  random: Random,
  { classes }: { readonly classes: ArrayLike<number> | null },
): null {
  const groups = split.stratify && classes ? rowsByClass(classes) : [Array.from(partOf.keys())];
  for (const group of groups) {
    const order = random.permutation(group.length);
    const validation = heldOutCount(group.length, split.validation);
    const heldOut = validation + Math.min(heldOutCount(group.length, split.test), group.length - 1 - validation);
    for (let i = 0; i < heldOut; i++) {
      partOf[group[order[i] as number] as number] = i < validation ? PART.validation : PART.test;
    }
  }
  return null;
}

function rowsByClass(classes: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < classes.length; row++) {
    const label = classes[row] as number;
    const group = groups.get(label);
    if (group) group.push(row);
    else groups.set(label, [row]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}
