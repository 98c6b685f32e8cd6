/** Cosine schedules, as closed forms of those in torch.optim.lr_scheduler. */
import { cos } from "../deterministic-math.ts";
import type { RateOfEpoch } from "./schedule.ts";

export interface CosineAnnealingSpec {
  readonly type: "cosine_annealing_lr";
  /** Half a period, in epochs. */
  readonly t_max: number;
  readonly eta_min?: number | undefined;
}

export interface WarmRestartsSpec {
  readonly type: "cosine_annealing_warm_restarts";
  /** Epochs to the first restart. */
  readonly t_0: number;
  /** Factor by which each cycle is longer than the one before: a whole number. */
  readonly t_mult?: number | undefined;
  readonly eta_min?: number | undefined;
}

export interface OneCycleSpec {
  readonly type: "one_cycle_lr";
  readonly max_lr: number;
  readonly total_steps: number;
  /** The fraction of the steps in which the rate increases. */
  readonly pct_start?: number | undefined;
  readonly div_factor?: number | undefined;
  readonly final_div_factor?: number | undefined;
}

/** Interpolates from `start` at fraction 0 to `end` at fraction 1 along half a cosine. */
const annealed = (start: number, end: number, fraction: number): number =>
  end + ((start - end) * (1 + cos(Math.PI * fraction))) / 2;

/** Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without the restarts. */
export const cosineAnnealingLr =
  ({ t_max, eta_min = 0 }: CosineAnnealingSpec): RateOfEpoch =>
  (epoch, base) =>
    // Reduced modulo the period, because small angles are exact.
    annealed(base, eta_min, (epoch % (2 * t_max)) / t_max);

/**
 * Anneals from the base rate to `eta_min` along half a cosine, and restarts after `T_0` epochs, then after cycles that are
 * each `T_mult` times as long.
 * Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
 */
export const cosineAnnealingWarmRestarts =
  ({ t_0, t_mult = 1, eta_min = 0 }: WarmRestartsSpec): RateOfEpoch =>
  (epoch, base) => {
    let cycle = t_0;
    let inCycle = t_mult === 1 ? epoch % t_0 : epoch;
    while (inCycle >= cycle) {
      inCycle -= cycle;
      cycle *= t_mult;
    }
    return annealed(base, eta_min, inCycle / cycle);
  };

/** Smith and Topin, "Super-convergence", 2018. Ignores the base rate; the rate is constant after the last step. */
export function oneCycleLr({
  max_lr,
  total_steps,
  pct_start = 0.3,
  div_factor = 25,
  final_div_factor = 1e4,
}: OneCycleSpec): RateOfEpoch {
  const initial = max_lr / div_factor;
  const last = total_steps - 1;
  const peak = pct_start * total_steps - 1;
  return (epoch) => {
    const step = Math.min(epoch, last);
    if (step <= peak) return annealed(initial, max_lr, step / peak);
    return annealed(max_lr, initial / final_div_factor, (step - peak) / (last - peak));
  };
}
