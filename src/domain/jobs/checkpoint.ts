/** A checkpoint: the whole state of a training run between two steps, and the record that is kept of it. */
import type { NewModel } from "../models/model.ts";
import type { Page, PageRequest } from "../page.ts";
import type { TensorSet } from "../tensor.ts";

/** Why a checkpoint was written. */
export const CHECKPOINT_REASONS = ["interval", "best", "pause", "stop"] as const;
export type CheckpointReason = (typeof CHECKPOINT_REASONS)[number];

/** What training needs to go on with the same bits. */
export interface CheckpointState {
  /** Epochs that are done. */
  readonly epoch: number;
  /** Steps done of the epoch under way; 0 between epochs. */
  readonly step: number;
  /** Parameters, buffers, the optimiser's slots, and the best weights where those are to be restored. */
  readonly tensors: TensorSet;
  /** JSON text that only training reads: schedule, early stopping, sums of the epoch under way, seconds trained. */
  readonly progress: string;
}

/** A checkpoint as the training thread writes it. */
export interface NewCheckpoint extends CheckpointState {
  readonly reason: CheckpointReason;
  /** Whether its weights are those of the best epoch so far. */
  readonly isBest: boolean;
  /** What a model of these weights is, so that a checkpoint can be predicted with. */
  readonly model: Omit<NewModel, "id" | "name" | "jobId" | "createdAt" | "metrics" | "score">;
}

/** The record of a stored checkpoint. */
export interface Checkpoint {
  readonly id: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly step: number;
  readonly reason: CheckpointReason;
  readonly isBest: boolean;
  readonly bytes: number;
  /** Of the model's weights. */
  readonly sha256: string;
  readonly createdAt: number;
}

/** Checkpoints. */
export interface CheckpointStore {
  /**
   * Stores a checkpoint of a job that is running, pausing or cancelling in this attempt, over several transactions of bounded
   * size; others see it after the last one. Of its job, the newest `keep` and the best one stay. Null, and nothing is left, when
   * the attempt has lost the job.
   */
  insert(jobId: string, attempt: number, at: number, checkpoint: NewCheckpoint): Promise<Checkpoint | null>;
  /** Newest first. Empty for an unknown job. */
  list(jobId: string, page: PageRequest): Promise<Page<Checkpoint>>;
  /** Null for an unknown id. */
  get(id: string): Promise<Checkpoint | null>;
  /** The one of the greatest epoch and step: where the job goes on from. Null when it has none. */
  getLast(jobId: string): Promise<Checkpoint | null>;
  /** Null for an unknown id. */
  read(id: string): Promise<CheckpointState | null>;
  /** False when it is unknown. */
  delete(id: string): Promise<boolean>;
  /** Removes what is left of checkpoints whose writing or deletion began before `at` and never ended. Returns how many there were. */
  removeUnfinished(at: number): Promise<number>;
}
