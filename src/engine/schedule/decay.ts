/** Step, exponential, linear and polynomial schedules, as closed forms of those in torch.optim.lr_scheduler. */
import { pow, powi } from "../deterministic-math.ts";
import type { RateOfEpoch } from "./schedule.ts";

export interface StepSpec {
  readonly type: "step_lr";
  readonly step_size: number;
  readonly gamma?: number | undefined;
}

export interface MultiStepSpec {
  readonly type: "multi_step_lr";
  /** Epochs; an epoch listed twice counts twice. */
  readonly milestones: readonly number[];
  readonly gamma?: number | undefined;
}

export interface ExponentialSpec {
  readonly type: "exponential_lr";
  readonly gamma: number;
}

export interface LinearSpec {
  readonly type: "linear_lr";
  readonly start_factor?: number | undefined;
  readonly end_factor?: number | undefined;
  readonly total_iters?: number | undefined;
}

export interface ConstantSpec {
  readonly type: "constant_lr";
  readonly factor?: number | undefined;
  readonly total_iters?: number | undefined;
}

export interface PolynomialSpec {
  readonly type: "polynomial_lr";
  readonly total_iters?: number | undefined;
  readonly power?: number | undefined;
}

/** Multiplies the rate by `gamma` every `step_size` epochs. */
export const stepLr =
  ({ step_size, gamma = 0.1 }: StepSpec): RateOfEpoch =>
  (epoch, base) =>
    base * powi(gamma, Math.floor(epoch / step_size));

/** Multiplies the rate by `gamma` at each milestone. */
export const multiStepLr =
  ({ milestones, gamma = 0.1 }: MultiStepSpec): RateOfEpoch =>
  (epoch, base) =>
    base * powi(gamma, milestones.filter((milestone) => milestone <= epoch).length);

/** Multiplies the rate by `gamma` every epoch. */
export const exponentialLr =
  ({ gamma }: ExponentialSpec): RateOfEpoch =>
  (epoch, base) =>
    base * powi(gamma, epoch);

/** Changes the factor of the rate linearly from `start_factor` to `end_factor` over `total_iters` epochs. */
export const linearLr =
  ({ start_factor = 1 / 3, end_factor = 1, total_iters = 5 }: LinearSpec): RateOfEpoch =>
  (epoch, base) =>
    base * (start_factor + ((end_factor - start_factor) * Math.min(epoch, total_iters)) / total_iters);

/** Multiplies the rate by `factor` for the first `total_iters` epochs. */
export const constantLr =
  ({ factor = 1 / 3, total_iters = 5 }: ConstantSpec): RateOfEpoch =>
  (epoch, base) =>
    epoch < total_iters ? base * factor : base;

/** Decays the rate to 0 over `total_iters` epochs, as a polynomial of degree `power`. */
export const polynomialLr =
  ({ total_iters = 5, power = 1 }: PolynomialSpec): RateOfEpoch =>
  (epoch, base) =>
    base * pow(1 - Math.min(epoch, total_iters) / total_iters, power);
