/** The curve of a trial: the objective by epoch, downsampled by the number of the job's epochs alone, so that it depends on nothing else. */
import { MAX_CURVE_POINTS, type TrialCurve } from "../../domain/sweeps/trial.ts";

export interface Curve {
  /** Adds the values of consecutive epochs, starting with `from`. */
  add(from: number, values: ArrayLike<number>): void;
  /** Returns the points so far; the last is that of the last epoch. */
  points(): TrialCurve;
}

/** Creates a curve of at most `MAX_CURVE_POINTS` points: the first epoch, each multiple of a step, and the last. */
export function createCurve(epochs: number, start: TrialCurve | null = null): Curve {
  // Two points are for the first and the last epoch.
  const step = Math.max(1, Math.ceil(epochs / (MAX_CURVE_POINTS - 1)));
  const isKept = (epoch: number) => epoch === 1 || epoch % step === 0;
  const kept = new Map<number, number | null>();
  for (const [index, epoch] of (start?.epochs ?? []).entries())
    if (isKept(epoch)) kept.set(epoch, start?.values[index] as number | null);
  let last = start?.epochs.at(-1) ?? 0;
  let lastValue = start?.values.at(-1) ?? null;
  return {
    add(from, values) {
      if (values.length === 0) return;
      const to = from + values.length - 1;
      const take = (epoch: number) => kept.set(epoch, finite(values[epoch - from] as number));
      if (from === 1) take(1);
      for (let epoch = Math.ceil(from / step) * step; epoch <= to; epoch += step) take(epoch);
      last = to;
      lastValue = finite(values[to - from] as number);
    },
    points() {
      const all = new Map(kept);
      if (last > 0) all.set(last, lastValue);
      return { epochs: [...all.keys()], values: [...all.values()].map(rounded) };
    },
  };
}

/** Significant digits of a value: those of float32, and so half the bytes. */
const DIGITS = 7;

const rounded = (value: number | null): number | null => value && Number(value.toPrecision(DIGITS));

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Returns the mean of curves, at the epochs that all of them have. */
export function meanCurve(curves: readonly TrialCurve[]): TrialCurve {
  const [first, ...others] = curves;
  if (!first) return { epochs: [], values: [] };
  if (others.length === 0) return first;
  const byEpoch = curves.map(
    ({ epochs, values }) => new Map(epochs.map((epoch, index) => [epoch, values[index] as number | null])),
  );
  const epochs = first.epochs.filter((epoch) => byEpoch.every((values) => values.has(epoch)));
  const values = epochs.map((epoch) => {
    const all = byEpoch.map((of) => of.get(epoch) as number | null);
    return all.includes(null) ? null : all.reduce<number>((sum, value) => sum + (value as number), 0) / all.length;
  });
  return { epochs, values };
}
