/** Where the objective of a trial is heading, so that slow starters are not pruned in favour of fast ones. */
import type { TrialCurve } from "../../domain/sweeps/trial.ts";
import { log, pow } from "../../engine/deterministic-math.ts";

/** A trial at a rung. */
interface Standing {
  readonly curve: TrialCurve;
  /** The objective by which it is compared there. */
  readonly value: number;
  /** Whether that is the best one so far, rather than that of the last epoch. */
  readonly isBest: boolean;
  readonly isMaximized: boolean;
  /** Epochs of a full training. */
  readonly epochs: number;
}

/**
 * Returns the projected objective at the last epoch of a full training, by the power law through the current point and the one after half
 * as many epochs: learning curves are nearly straight on two logarithmic axes (T. Domhan et al., "Speeding up automatic hyperparameter
 * optimization of deep neural networks by extrapolation of learning curves", IJCAI 2015). For a maximised objective, 1 minus it follows the
 * law. Returns the value itself if there is no law: after one epoch, at the last one, or if an error is not positive.
 */
export function projectedValue({ curve, value, isBest, isMaximized, epochs }: Standing): number {
  const done = curve.epochs.at(-1) ?? 0;
  const half = curve.epochs.findLastIndex((epoch) => epoch <= done / 2);
  if (half === -1 || done >= epochs) return value;
  const errorOf = (objective: number) => (isMaximized ? 1 - objective : objective);
  const errors = curve.values.slice(isBest ? 0 : half, half + 1).map((each) => errorOf(each ?? Number.NaN));
  const before = errors.reduce((least, error) => (error < least || Number.isNaN(least) ? error : least));
  const now = errorOf(value);
  if (!(now > 0 && before > 0)) return value;
  const exponent = log(epochs / done) / log(done / (curve.epochs[half] as number));
  const projected = Math.min(now * pow(now / before, exponent), Number.MAX_VALUE);
  return isMaximized ? 1 - projected : projected;
}
