/** The messages between the playground and its worker. Types alone, through which the page loads nothing of the engine. */
import type { RowPart } from "../../domain/jobs/job-rows.ts";
import type { Generator } from "../../domain/spec/spec.ts";
import type { LayerSpec, OptimizerSpec } from "../../engine/index.ts";
import type { Field } from "../plots/field.ts";

/** Rows of a table: two numbers each, NaN if one is missing, and the target, which is never missing. */
export interface TableSource {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Values of a regression; for classes, indexes into `classes`. */
  readonly targets: Float64Array;
  /** Labels in the order of the model's outputs; empty for a regression. */
  readonly classes: readonly string[];
}

/** The setup of a training. All but the learning rate is fixed until the next setup. */
export interface TrainerSetup {
  readonly source: { readonly generator: Generator } | { readonly table: TableSource };
  /** The last one is linear, without its units: these follow from the target. */
  readonly layers: readonly LayerSpec[];
  readonly optimizer: OptimizerSpec;
  readonly batchSize: number;
  /** The share of held-out rows, 0..1. */
  readonly validation: number;
  readonly seed: number;
}

/** A row as it is drawn. */
export interface PlaygroundPoint {
  readonly x: number;
  readonly y: number;
  /** As in `TableSource`. */
  readonly target: number;
  readonly part: Extract<RowPart, "train" | "validation">;
}

/** The values of consecutive epochs, an element each. */
export interface EpochSeries {
  readonly epochs: Float64Array;
  readonly loss: Float64Array;
  /** Of the held-out rows; NaN without any. */
  readonly valLoss: Float64Array;
}

/** The current score of each part: the share of right answers, or R²; null without rows. */
export interface PartScores {
  readonly train: number | null;
  readonly validation: number | null;
}

export type ToWorker =
  | { readonly type: "setup"; readonly id: number; readonly setup: TrainerSetup }
  /** Trains `epochs` more, or fewer if `budgetMs` ends first, and answers with a frame. */
  | {
      readonly type: "advance";
      readonly id: number;
      readonly epochs: number;
      readonly budgetMs: number;
      readonly lr: number;
    };

export type FromWorker =
  | {
      readonly type: "ready";
      readonly id: number;
      readonly points: readonly PlaygroundPoint[];
      readonly classes: readonly string[];
      readonly parameters: number;
      readonly frame: Frame;
    }
  | { readonly type: "frame"; readonly id: number; readonly frame: Frame }
  | { readonly type: "failed"; readonly id: number; readonly detail: string };

/** The model at an epoch. */
export interface Frame {
  readonly epoch: number;
  /** Of the epochs since the frame before. */
  readonly series: EpochSeries;
  readonly scores: PartScores;
  readonly field: Field;
  /** The loss is no longer finite: training cannot continue. */
  readonly diverged: boolean;
}
