/** Puts the curves of several jobs, which have points at different epochs, on one axis of epochs. Pure. */
import type { PointTable } from "./point-table.ts";

export interface AlignedLine {
  /** A value for every epoch of the axis: its own, or the one before if it has none; NaN outside of its epochs. */
  readonly values: Float64Array;
  /** 1 if it has no point of its own. */
  readonly absent: Uint8Array;
}

export interface Alignment {
  /** Every epoch at which some table has a point, ascending. */
  readonly epochs: Float64Array;
  /** A column of the table at a position, on that axis; null if the table lacks it. */
  line(position: number, column: string): AlignedLine | null;
}

/** Puts tables on one axis. */
export function align(tables: readonly PointTable[]): Alignment {
  const epochs = union(tables.map((table) => table.epochs));
  return {
    epochs,
    line(position, column) {
      const table = tables[position];
      const values = table?.columns[column];
      return table && values ? spread(epochs, table.epochs, values) : null;
    },
  };
}

function union(lists: readonly Float64Array[]): Float64Array {
  const [only] = lists;
  if (lists.length === 1 && only) return only;
  const all = new Float64Array(lists.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const list of lists) {
    all.set(list, end);
    end += list.length;
  }
  all.sort();
  let kept = 0;
  for (const epoch of all) if (kept === 0 || epoch !== all[kept - 1]) all[kept++] = epoch;
  return all.slice(0, kept);
}

function spread(axis: Float64Array, epochs: Float64Array, values: Float64Array): AlignedLine {
  const spreadValues = new Float64Array(axis.length);
  const absent = new Uint8Array(axis.length);
  let at = -1;
  for (let index = 0; index < axis.length; index++) {
    const isOwn = epochs[at + 1] === axis[index];
    if (isOwn) at++;
    else absent[index] = 1;
    const isWithin = at >= 0 && (isOwn || at < epochs.length - 1);
    spreadValues[index] = isWithin ? (values[at] as number) : Number.NaN;
  }
  return { values: spreadValues, absent };
}
