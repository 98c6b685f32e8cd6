/** Why a job diverged: the first operation that went wrong, and what would not have. As answers carry it. */
import type { WireNumber } from "../metrics/metric.ts";

/** The parts of a training step, in the order in which they run. */
export const STEP_PARTS = ["forward", "loss", "gradient", "clipping", "update"] as const;
export type StepPart = (typeof STEP_PARTS)[number];

/**
 * What a number that is not finite came of. `overflow`: in float64 the result is finite, and greater than float32 can be. `undefined`:
 * it is not finite in float64 either, such as 0 / 0 or the logarithm of 0. `rounding`: float32 had rounded an operand to 0, or to another
 * number that is near.
 */
export const FAILURE_KINDS = ["overflow", "undefined", "rounding"] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The first operation whose result was not finite though what it was computed from was. */
export interface FailedOperation {
  /** The primitive of the engine: "mul", "div", "exp", "matmul", "sum" ... */
  operation: string;
  part: StepPart;
  /** The path of the layer, "1" or "1.layers.0"; null in the loss, in clipping and in an update. */
  layer: string | null;
  /** The parameter that is updated, "0.weight"; null in other parts. */
  parameter: string | null;
  /** The type of the layer, loss or optimiser; null where none is. */
  type: string | null;
  kind: FailureKind;
  /** The epoch and the optimiser step of the whole run, both counted from 1. */
  epoch: number;
  step: number;
  /** Numbers in its result that are not finite. */
  elements: number;
  /** Up to five rows of the data that they belong to, counted from 0; of a sum over rows, those of the greatest terms. */
  rows: number[];
  /** What the first of them was computed from; of a sum or a product of matrices, the greatest terms. */
  operands: WireNumber[];
  /** What came of it in float32. */
  result: WireNumber;
  /** What the same step gives in float64. */
  float64: WireNumber;
}

/** Trainings of the same job with smaller learning rates. */
export interface RateTrials {
  /** The learning rates that were tried, the greatest first. */
  tried: number[];
  /** The largest of them that survives: losses stay finite and do not end above where they begin. Null if none does. */
  survives: number | null;
  /** The epochs that each was trained from and to. */
  from_epoch: number;
  to_epoch: number;
}

/** What replaying the last good state of a diverged job has shown. */
export interface Divergence {
  /** Null where a step is too large to be replayed one operation at a time, or too many lie between it and the last good state. */
  first: FailedOperation | null;
  /** Null where the learning rate had no part in it: the first step failed before it updated anything. */
  learning_rate: RateTrials | null;
}
