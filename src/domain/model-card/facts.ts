/** The content of a model card: records of the store, read at one time. Null means unknown, and the card says so. */
import type { Dataset } from "../datasets/dataset.ts";
import type { Checkpoint } from "../jobs/checkpoint.ts";
import type { Job } from "../jobs/job.ts";
import type { Evaluation } from "../models/evaluation.ts";
import type { Model } from "../models/model.ts";

/** The loss by epoch, downsampled; NaN if it was not finite. */
export interface LossCurve {
  readonly epochs: readonly number[];
  readonly loss: readonly number[];
  /** Null without validation rows. */
  readonly validation: readonly number[] | null;
}

export interface ModelCardFacts {
  readonly model: Model;
  /** Null for a model that was not trained here, and for a checkpoint. */
  readonly evaluation: Evaluation | null;
  /** Null for an imported model, and if the job was deleted. */
  readonly job: Job | null;
  /** The data set that the job names, without its columns; null if it names none, or it was deleted. */
  readonly dataset: Pick<Dataset, "name" | "format" | "rows" | "columnCount" | "createdAt"> | null;
  /** Null if no metrics are stored, and for a search, whose epochs are candidates. */
  readonly curve: LossCurve | null;
  /** For the model of a checkpoint: where in the training it was taken; else null. */
  readonly checkpoint: Pick<Checkpoint, "epoch" | "step"> | null;
  /** The version of the server. */
  readonly serverVersion: string;
}
