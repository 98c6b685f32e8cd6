/** Counts the values of the rows that a model predicts, and its answers, where they are read. Knows nothing of requests. */
import type { Model } from "../models/model.ts";
import { binOf, type Layout, layoutOf } from "./layout.ts";

/** Rows that were predicted, in the bins of the model's layout. */
export interface PredictionCounts {
  readonly rows: number;
  readonly counts: Float64Array<ArrayBuffer>;
}

export interface Tally {
  readonly modelId: string;
  /** Rows since the last `take`. */
  readonly rows: number;
  /** Notes the value of the next column of the next row: all columns of a row, in their order, row by row. */
  read(column: number, value: number): void;
  /** Forgets the rows that were noted: one of them was wrong. */
  discard(): void;
  /** Counts the rows that were noted. */
  commit(rows: number): void;
  /** Counts one answer: the place of a class, or the value of a target. */
  answer(target: number, value: number): void;
  /** Returns what was counted, and starts anew; null where nothing was. */
  take(): PredictionCounts | null;
}

const FIRST_CODES = 1024;
/** Bytes that are kept for the next rows; a large document has more. */
const KEPT_CODES = 256 * 1024;

/** Adds the bins of `length` values, whose columns begin at `offsets`, to counts. On its own, so that its loop is compiled without what is around. */
function addNoted(counts: Float64Array, noted: Uint8Array, length: number, offsets: Int32Array): void {
  const width = offsets.length;
  for (let at = 0; at < length; ) {
    for (let column = 0; column < width; column++) {
      const place = (offsets[column] as number) + (noted[at++] as number);
      counts[place] = (counts[place] as number) + 1;
    }
  }
}

/** Creates a tally without rows. Null for a model without a reference. */
export function createTally(model: Pick<Model, "id" | "preprocessing" | "inputWidth" | "classes" | "reference">): Tally | null {
  const layout = layoutOf(model);
  return layout && tallyOf(model.id, layout);
}

function tallyOf(modelId: string, { inputs, answers, size }: Layout): Tally {
  const width = inputs.length;
  const offsets = Int32Array.from(inputs, ({ offset }) => offset);
  let counts = new Float64Array(size);
  let rows = 0;
  // The bins of rows that may yet turn out to be wrong.
  let noted = new Uint8Array(FIRST_CODES);
  let length = 0;
  return {
    modelId,
    get rows() {
      return rows;
    },
    read(column, value) {
      if (column >= width) return;
      if (length === noted.length) {
        const longer = new Uint8Array(2 * length);
        longer.set(noted);
        noted = longer;
      }
      noted[length++] = binOf(inputs[column] as (typeof inputs)[number], value);
    },
    discard() {
      length = 0;
    },
    commit(added) {
      addNoted(counts, noted, length, offsets);
      length = 0;
      if (noted.length > KEPT_CODES) noted = new Uint8Array(FIRST_CODES);
      rows += added;
    },
    answer(target, value) {
      const column = answers[target];
      if (!column) return;
      const place = column.offset + binOf(column, value);
      counts[place] = (counts[place] as number) + 1;
    },
    take() {
      if (rows === 0) return null;
      const taken = { rows, counts };
      counts = new Float64Array(size);
      rows = 0;
      return taken;
    },
  };
}
