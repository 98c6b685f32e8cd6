/**
 * Permutation importance: how far a score falls when the values of one column are shuffled among the rows, so that they carry no
 * information. Breiman, "Random forests", 2001. Sees columns as groups of features, and a score as a function.
 */
import { createRandom, streamKey } from "../../engine/index.ts";

/** Features of a row from one raw column, which are shuffled together. */
export interface ColumnGroup {
  readonly column: string;
  /** Index of the first one in a row. */
  readonly start: number;
  readonly width: number;
}

export interface ColumnImportance {
  readonly column: string;
  /** Of the score's fall, over the repeats. */
  readonly mean: number;
  readonly sd: number;
}

export interface ImportanceOptions {
  readonly groups: readonly ColumnGroup[];
  /** [rows, width]; shuffled in place, and restored. */
  readonly features: Float32Array;
  readonly rows: number;
  readonly repeats: number;
  readonly seed: number;
  /** The score for these features; higher is better. */
  score(features: Float32Array): number;
}

/** The importance of each group. The same seed, features and score give the same numbers. */
export function permutationImportance(options: ImportanceOptions): ColumnImportance[] {
  const { groups, features, rows, repeats, seed, score } = options;
  const width = features.length / rows;
  const whole = score(features);
  return groups.map((group) => {
    const original = columnsOf(features, rows, width, group);
    const falls = Array.from({ length: repeats }, (_, repeat) => {
      const order = createRandom(streamKey(seed, `importance/${group.column}/${repeat}`)).permutation(rows);
      writeColumns(features, width, group, original, order);
      return whole - score(features);
    });
    writeColumns(features, width, group, original, null);
    const mean = falls.reduce((total, fall) => total + fall, 0) / repeats;
    const variance = falls.reduce((total, fall) => total + (fall - mean) ** 2, 0) / repeats;
    return { column: group.column, mean, sd: Math.sqrt(variance) };
  });
}

function columnsOf(features: Float32Array, rows: number, width: number, group: ColumnGroup): Float32Array {
  const taken = new Float32Array(rows * group.width);
  for (let row = 0; row < rows; row++) {
    const start = row * width + group.start;
    taken.set(features.subarray(start, start + group.width), row * group.width);
  }
  return taken;
}

/** Gives each row the group's features of row `order[row]`; its own if there is no order. */
function writeColumns(
  features: Float32Array,
  width: number,
  group: ColumnGroup,
  source: Float32Array,
  order: Int32Array | null,
): void {
  for (let row = 0; row * width < features.length; row++) {
    const from = (order ? (order[row] as number) : row) * group.width;
    features.set(source.subarray(from, from + group.width), row * width + group.start);
  }
}
