/** What a model card is made of: records of the store, read at one time. What is null is not known, and the card says so. */
import type { Dataset } from "../datasets/dataset.ts";
import type { Checkpoint } from "../jobs/checkpoint.ts";
import type { Job } from "../jobs/job.ts";
import type { Evaluation } from "../models/evaluation.ts";
import type { Model } from "../models/model.ts";

/** The loss by epoch, thinned; NaN where it was not finite. */
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
  /** Null for an imported model, and where the job was deleted. */
  readonly job: Job | null;
  /** The data set that the job names, without its columns; null where it names none, or it was deleted. */
  readonly dataset: Pick<Dataset, "name" | "format" | "rows" | "columnCount" | "createdAt"> | null;
  /** Null where no metrics are kept, and for a search, whose epochs are candidates. */
  readonly curve: LossCurve | null;
  /** Of a model of a checkpoint: where in the training it was taken; null for every other. */
  readonly checkpoint: Pick<Checkpoint, "epoch" | "step"> | null;
  /** The version of the server. */
  readonly serverVersion: string;
}
