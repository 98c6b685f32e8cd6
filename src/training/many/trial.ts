/** What a trial is given, and what it goes on from. */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { ScheduleState } from "../../engine/index.ts";
import type { Table } from "../data/table.ts";
import type { EarlyStoppingState } from "../run/early-stopping.ts";
import type { TrialSettings } from "./trial-plan.ts";

export interface Trial {
  readonly seed: number;
  /** The training rows, of the plan's sizes. Trials that share the object share it in memory. */
  readonly train: Table;
  readonly validation: Table | null;
  /** How each target column of these rows was scaled; as in the plan's sizes if left out. */
  readonly scalings?: readonly (TargetScaling | null)[];
  /** The series that the curve has; all of a job if left out: loss, metrics, val_loss ..., lr, grad_norm. */
  readonly series?: readonly Series[];
  /** What differs from the plan's spec. */
  readonly settings?: TrialSettings;
  /** The weights to start from, in place of those that the seed draws; those left out are drawn. */
  readonly initial?: TensorSet | null;
  /** The state of an earlier outcome to go on from, to the bits of a trial that never stopped. */
  readonly from?: TrialState | null;
  /** Stop after this epoch and keep the state. */
  readonly until?: number;
}

/** What a trial goes on from: plain data, which can be stored or sent to another thread. */
export interface TrialState {
  readonly epoch: number;
  /** Weights, the optimiser's slots, and the best weights where they are to be restored. */
  readonly tensors: TensorSet;
  readonly schedule: ScheduleState | null;
  readonly stopping: EarlyStoppingState | null;
  /** Why it stopped early, after which nothing is left to train; null if it did not. */
  readonly stopped: string | null;
}
