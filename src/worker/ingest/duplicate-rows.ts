/** Finds rows of a table that repeat an earlier row in every column. */
import type { ColumnValues } from "../../domain/datasets/dataset.ts";

/** Larger tables are not searched: about 0.2 s. */
const MAX_VALUES = 20_000_000;

/** Rows are counted from 0. */
export interface DuplicateRows {
  /** How many rows repeat an earlier one. */
  readonly count: number;
  /** The first that does, and the one that it repeats. */
  readonly first: { readonly row: number; readonly of: number };
}

/** Finds the rows that repeat an earlier one in all `columns`, each [rows]; null if there is none. Missing values are equal. */
export function findDuplicateRows(columns: readonly ColumnValues[], rows: number): DuplicateRows | null {
  if (columns.length === 0 || rows * columns.length > MAX_VALUES) return null;
  const hashes = hashRows(columns, rows);
  const mask = 2 ** Math.ceil(Math.log2(rows * 2)) - 1;
  // An open hash table of rows, each plus 1; 0 is free.
  const table = new Int32Array(mask + 1);
  let count = 0;
  let first: DuplicateRows["first"] | null = null;
  for (let row = 0; row < rows; row++) {
    let slot = (hashes[row] as number) & mask;
    for (;;) {
      const earlier = (table[slot] as number) - 1;
      if (earlier < 0) {
        table[slot] = row + 1;
        break;
      }
      if (hashes[earlier] === hashes[row] && areEqual(columns, earlier, row)) {
        count++;
        first ??= { row, of: earlier };
        break;
      }
      slot = (slot + 1) & mask;
    }
  }
  return first && { count, first };
}

function areEqual(columns: readonly ColumnValues[], one: number, other: number): boolean {
  // As Object.is, but 0 and -0 are one value.
  return columns.every((values) => values[one] === values[other] || (Number.isNaN(values[one]) && Number.isNaN(values[other])));
}

/** A hash of each row: the multiplications of MurmurHash3's finaliser (A. Appleby), over both halves of each number. */
function hashRows(columns: readonly ColumnValues[], rows: number): Int32Array {
  const hashes = new Int32Array(rows);
  const number = new Float64Array(1);
  const halves = new Int32Array(number.buffer);
  for (const values of columns) {
    for (let row = 0; row < rows; row++) {
      // All NaN and both zeros hash alike.
      const value = values[row] as number;
      number[0] = Number.isNaN(value) ? Number.NaN : value + 0;
      let hash = Math.imul((hashes[row] as number) ^ (halves[0] as number), 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 15) ^ (halves[1] as number), 0xc2b2ae35);
      hashes[row] = hash ^ (hash >>> 16);
    }
  }
  return hashes;
}
