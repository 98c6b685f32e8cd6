/** Which trials the reader selects: brushed ranges on axes, and a state. Everything on the page follows them. Pure. */
import type { TrialState } from "../../../domain/sweeps/trial.ts";
import type { TrialAxis } from "./plots/axes.ts";
import type { TrialColumns } from "./trial-columns.ts";

/** A stretch of an axis, in the values of the axis, both ends included. */
export interface Brush {
  readonly low: number;
  readonly high: number;
}

export type Brushes = Readonly<Record<string, Brush>>;

/** Returns the brush between two shares of an axis; null if that is all of it. For options it covers whole ones. */
export function brushBetween(axis: TrialAxis, a: number, b: number): Brush | null {
  const [from, to] = [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))];
  if (from <= 0.001 && to >= 0.999) return null;
  const [low, high] = [axis.valueAt(from), axis.valueAt(to)];
  // An edge of the axis is beyond every value there, however it is rounded.
  return { low: from <= 0.001 ? Number.NEGATIVE_INFINITY : low, high: to >= 0.999 ? Number.POSITIVE_INFINITY : high };
}

/** Returns the shares of an axis that a brush covers; all of it without one. */
export function sharesOf(axis: TrialAxis, brush: Brush | undefined): readonly [number, number] {
  if (!brush) return [0, 1];
  const share = (value: number, edge: number) =>
    Number.isFinite(value) ? Math.min(1, Math.max(0, axis.shareOf(value))) : edge;
  return [share(brush.low, 0), share(brush.high, 1)];
}

/** The selection of a brush, in words. */
export function brushText(axis: TrialAxis, { low, high }: Brush): string {
  if (axis.options) {
    const left = axis.options.filter((_, index) => index >= low - 1e-9 && index <= high + 1e-9);
    return left.length === 0 ? "none" : left.length <= 3 ? left.join(", ") : `${left[0]} … ${left.at(-1)}`;
  }
  if (low === Number.NEGATIVE_INFINITY) return `≤ ${axis.format(high)}`;
  return high === Number.POSITIVE_INFINITY ? `≥ ${axis.format(low)}` : `${axis.format(low)} … ${axis.format(high)}`;
}

/** Returns the numbers of the trials that are within every brush and in the state, ascending. */
export function matching(
  columns: TrialColumns,
  axes: readonly TrialAxis[],
  brushes: Brushes,
  state: TrialState | null,
): Uint32Array {
  const bounds = axes.flatMap(({ key, values }) => {
    const brush = brushes[key];
    // Tolerance for what a float loses on its way to a share and back.
    return brush
      ? [{ values, low: brush.low - Math.abs(brush.low) * 1e-12, high: brush.high + Math.abs(brush.high) * 1e-12 }]
      : [];
  });
  if (bounds.length === 0 && state === null) return columns.known;
  return columns.known.filter(
    (number) =>
      (state === null || columns.stateOf(number) === state) &&
      bounds.every(({ values, low, high }) => (values[number] as number) >= low && (values[number] as number) <= high),
  );
}

/** Returns trials sorted by a column, ascending or descending; those without a value come last, equal ones by number. */
export function sorted(numbers: Uint32Array, values: ArrayLike<number>, descending: boolean): Uint32Array {
  const sign = descending ? -1 : 1;
  return numbers.slice().sort((a, b) => {
    const [left, right] = [values[a] as number, values[b] as number];
    if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a - b;
    return sign * (left - right) || a - b;
  });
}
