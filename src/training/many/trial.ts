/** The input of a trial, and the state from which it resumes. */
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
  /** The scaling of each target column of these rows; that of the plan's sizes if left out. */
  readonly scalings?: readonly (TargetScaling | null)[];
  /** The series of the curve; if left out, all of a job: loss, metrics, val_loss ..., lr, grad_norm. */
  readonly series?: readonly Series[];
  /** What differs from the plan's spec. */
  readonly settings?: TrialSettings;
  /** The initial weights, instead of those that the seed draws; missing ones are drawn. */
  readonly initial?: TensorSet | null;
  /** The state of an earlier outcome to resume from, to the bits of a trial that never stopped. */
  readonly from?: TrialState | null;
  /** Stop after this epoch and keep the state. */
  readonly until?: number;
}

/** The state from which a trial resumes: plain data, which can be stored or sent to another thread. */
export interface TrialState {
  readonly epoch: number;
  /** Weights, the optimiser's slots, and the best weights if they are to be restored. */
  readonly tensors: TensorSet;
  readonly schedule: ScheduleState | null;
  readonly stopping: EarlyStoppingState | null;
  /** Why it stopped early, after which nothing is left to train; null if it did not. */
  readonly stopped: string | null;
}
