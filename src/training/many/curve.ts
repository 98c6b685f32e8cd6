/** The curve of a trial: the values of its epochs, a column for each series. */
import type { Series } from "../../domain/metrics/metric.ts";
import { columnOf, type EpochColumns } from "../run/epoch.ts";

/** Initial capacity of a curve in epochs; it doubles from there. */
const FIRST_EPOCHS = 1024;

export interface CurveWriter {
  /** Adds the first `count` epochs of a call. */
  add(columns: EpochColumns, count: number): void;
  /** Returns the values so far: views of the curve's own memory. */
  columns(): EpochColumns;
}

/** Creates a curve of `series` for at most `most` epochs. */
export function createCurve(series: readonly Series[], most: number): CurveWriter {
  let room = Math.min(most, FIRST_EPOCHS);
  let columns = series.map(() => new Float64Array(room));
  let length = 0;
  const grow = (needed: number): void => {
    room = Math.min(most, Math.max(needed, 2 * room));
    columns = columns.map((column) => {
      const larger = new Float64Array(room);
      larger.set(column);
      return larger;
    });
  };
  return {
    add(given, count) {
      if (length + count > room) grow(length + count);
      series.forEach((name, at) => {
        const [column, source] = [columns[at] as Float64Array, columnOf(given, name)];
        if (count < 8) for (let index = 0; index < count; index++) column[length + index] = source[index] as number;
        else column.set(source.subarray(0, count), length);
      });
      length += count;
    },
    columns: () => new Map(series.map((name, at) => [name, (columns[at] as Float64Array).subarray(0, length)])),
  };
}
