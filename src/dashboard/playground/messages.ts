/** What the playground and its worker say to each other. Types alone: the page loads nothing of the engine through them. */
import type { RowPart } from "../../domain/jobs/job-rows.ts";
import type { Generator } from "../../domain/spec/spec.ts";
import type { LayerSpec, OptimizerSpec } from "../../engine/index.ts";
import type { Field } from "../plots/field.ts";

/** Rows of a table: two numbers each, NaN where one is missing, and what is to be predicted, which never is. */
export interface TableSource {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Values of a regression; of classes, the place among `classes`. */
  readonly targets: Float64Array;
  /** Labels in the order of the model's outputs; empty for a regression. */
  readonly classes: readonly string[];
}

/** What a training starts from. All but the learning rate stays as it is until the next setup. */
export interface TrainerSetup {
  readonly source: { readonly generator: Generator } | { readonly table: TableSource };
  /** The last one is linear, without its units: these follow from the target. */
  readonly layers: readonly LayerSpec[];
  readonly optimizer: OptimizerSpec;
  readonly batchSize: number;
  /** The share of the rows that is held out, 0..1. */
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
  /** Of the rows that are held out; NaN without any. */
  readonly valLoss: Float64Array;
}

/** How well each part is predicted now: the share of right answers, or R²; null without rows. */
export interface PartScores {
  readonly train: number | null;
  readonly validation: number | null;
}

export type ToWorker =
  | { readonly type: "setup"; readonly id: number; readonly setup: TrainerSetup }
  /** Trains `epochs` more, or fewer where `budgetMs` is over first, and answers with a frame. */
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
  /** The loss is not finite any more: there is no way on from here. */
  readonly diverged: boolean;
}
