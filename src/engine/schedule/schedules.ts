/** The table of schedules. To add one, add a function and a line to each of the two lists; plateau and sequential are separate. */
import {
  type CosineAnnealingSpec,
  cosineAnnealingLr,
  cosineAnnealingWarmRestarts,
  type OneCycleSpec,
  oneCycleLr,
  type WarmRestartsSpec,
} from "./cosine.ts";
import {
  type ConstantSpec,
  constantLr,
  type ExponentialSpec,
  exponentialLr,
  type LinearSpec,
  linearLr,
  type MultiStepSpec,
  multiStepLr,
  type PolynomialSpec,
  polynomialLr,
  type StepSpec,
  stepLr,
} from "./decay.ts";
import { type PlateauSpec, reduceLrOnPlateau } from "./plateau.ts";
import { type RateOfEpoch, type Schedule, scheduleOf } from "./schedule.ts";

/** Schedules that are functions of the epoch and the base rate. */
interface RateSpecs {
  readonly step_lr: StepSpec;
  readonly multi_step_lr: MultiStepSpec;
  readonly exponential_lr: ExponentialSpec;
  readonly linear_lr: LinearSpec;
  readonly constant_lr: ConstantSpec;
  readonly polynomial_lr: PolynomialSpec;
  readonly cosine_annealing_lr: CosineAnnealingSpec;
  readonly cosine_annealing_warm_restarts: WarmRestartsSpec;
  readonly one_cycle_lr: OneCycleSpec;
}

type RateSpec = RateSpecs[keyof RateSpecs];

export interface SequentialSpec {
  readonly type: "sequential";
  readonly schedules: readonly RateSpec[];
  /** Epochs at which the next schedule starts: increasing, one fewer than the schedules. */
  readonly milestones: readonly number[];
}

/** A schedule as the API names it, with PyTorch's options and defaults. */
export type ScheduleSpec = RateSpec | SequentialSpec | PlateauSpec;

const rates: { readonly [Type in keyof RateSpecs]: (spec: RateSpecs[Type]) => RateOfEpoch } = {
  step_lr: stepLr,
  multi_step_lr: multiStepLr,
  exponential_lr: exponentialLr,
  linear_lr: linearLr,
  constant_lr: constantLr,
  polynomial_lr: polynomialLr,
  cosine_annealing_lr: cosineAnnealingLr,
  cosine_annealing_warm_restarts: cosineAnnealingWarmRestarts,
  one_cycle_lr: oneCycleLr,
};

const rateOf = (spec: RateSpec): RateOfEpoch => (rates[spec.type] as (spec: RateSpec) => RateOfEpoch)(spec);

/** Runs schedules one after another, each from its own start with the same base rate: torch.optim.lr_scheduler.SequentialLR. */
function sequentialLr({ schedules, milestones }: SequentialSpec): RateOfEpoch {
  const parts = schedules.map(rateOf);
  return (epoch, base) => {
    const past = milestones.filter((milestone) => milestone <= epoch);
    return (parts[past.length] as RateOfEpoch)(epoch - (past.at(-1) ?? 0), base);
  };
}

/** Creates a schedule at its start, from the optimiser's learning rate. */
export function createSchedule(spec: ScheduleSpec, baseLr: number): Schedule {
  if (spec.type === "reduce_lr_on_plateau") return reduceLrOnPlateau(spec, baseLr);
  return scheduleOf(spec.type === "sequential" ? sequentialLr(spec) : rateOf(spec), baseLr);
}
