/** The table of schedules. A new one is one function and one line in each of the two lists here. */
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

interface ScheduleSpecs {
  readonly step_lr: StepSpec;
  readonly multi_step_lr: MultiStepSpec;
  readonly exponential_lr: ExponentialSpec;
  readonly linear_lr: LinearSpec;
  readonly constant_lr: ConstantSpec;
  readonly polynomial_lr: PolynomialSpec;
  readonly cosine_annealing_lr: CosineAnnealingSpec;
  readonly cosine_annealing_warm_restarts: WarmRestartsSpec;
  readonly one_cycle_lr: OneCycleSpec;
  readonly reduce_lr_on_plateau: PlateauSpec;
}

/** A schedule as the API names it, with PyTorch's options and defaults. */
export type ScheduleSpec = ScheduleSpecs[keyof ScheduleSpecs];

const byEpoch =
  <Spec>(rate: (spec: Spec) => RateOfEpoch) =>
  (spec: Spec, baseLr: number): Schedule =>
    scheduleOf(rate(spec), baseLr);

export const schedules: { readonly [Type in keyof ScheduleSpecs]: (spec: ScheduleSpecs[Type], baseLr: number) => Schedule } = {
  step_lr: byEpoch(stepLr),
  multi_step_lr: byEpoch(multiStepLr),
  exponential_lr: byEpoch(exponentialLr),
  linear_lr: byEpoch(linearLr),
  constant_lr: byEpoch(constantLr),
  polynomial_lr: byEpoch(polynomialLr),
  cosine_annealing_lr: byEpoch(cosineAnnealingLr),
  cosine_annealing_warm_restarts: byEpoch(cosineAnnealingWarmRestarts),
  one_cycle_lr: byEpoch(oneCycleLr),
  reduce_lr_on_plateau: reduceLrOnPlateau,
};

/** A schedule at its start, from the optimiser's learning rate. */
export function createSchedule(spec: ScheduleSpec, baseLr: number): Schedule {
  return (schedules[spec.type] as (spec: ScheduleSpec, baseLr: number) => Schedule)(spec, baseLr);
}
