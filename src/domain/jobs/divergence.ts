/** Why a job diverged: the first operation that failed, and what would have avoided it. As answers carry it. */
import type { WireNumber } from "../metrics/metric.ts";

/** The parts of a training step, in the order in which they run. */
export const STEP_PARTS = ["forward", "loss", "gradient", "clipping", "update"] as const;
export type StepPart = (typeof STEP_PARTS)[number];

/**
 * The cause of a non-finite number. `overflow`: in float64 the result is finite, but beyond float32. `undefined`: it is not finite in
 * float64 either, such as 0 / 0 or the logarithm of 0. `rounding`: float32 had rounded an operand to 0, or to another near number.
 */
export const FAILURE_KINDS = ["overflow", "undefined", "rounding"] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The first operation with a non-finite result from finite operands. */
export interface FailedOperation {
  /** The primitive of the engine: "mul", "div", "exp", "matmul", "sum" ... */
  operation: string;
  part: StepPart;
  /** The path of the layer, "1" or "1.layers.0"; null in the loss, in clipping and in an update. */
  layer: string | null;
  /** The parameter that is updated, "0.weight"; null in other parts. */
  parameter: string | null;
  /** The type of the layer, loss or optimiser; null if there is none. */
  type: string | null;
  kind: FailureKind;
  /** The epoch and the optimiser step of the whole run, both counted from 1. */
  epoch: number;
  step: number;
  /** Number of non-finite numbers in its result. */
  elements: number;
  /** Up to five rows of the data that they belong to, counted from 0; for a sum over rows, those of the greatest terms. */
  rows: number[];
  /** The operands of the first of them; for a sum or a matrix product, the greatest terms. */
  operands: WireNumber[];
  /** Its result in float32. */
  result: WireNumber;
  /** The result of the same step in float64. */
  float64: WireNumber;
}

/** Trainings of the same job with smaller learning rates. */
export interface RateTrials {
  /** The learning rates that were tried, the greatest first. */
  tried: number[];
  /** The largest of them that survives: losses stay finite and do not end above where they begin. Null if none does. */
  survives: number | null;
  /** The first and last epoch of each training. */
  from_epoch: number;
  to_epoch: number;
}

/** What replaying the last good state of a diverged job has shown. */
export interface Divergence {
  /** Null if a step is too large to be replayed one operation at a time, or too many lie between it and the last good state. */
  first: FailedOperation | null;
  /** Null if the learning rate had no part in it: the first step failed before it updated anything. */
  learning_rate: RateTrials | null;
}
