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
  readonly model: Omit<NewModel, "id" | "name" | "jobId" | "createdAt" | "metrics">;
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

/** What a Store does with checkpoints. */
export interface Checkpoints {
  /**
   * Stores a checkpoint of a job that is running, pausing or cancelling in this attempt, over several transactions of bounded
   * size; it is there for others after the last one. Of its job, the newest `keep` and the best one stay. Null, and nothing is
   * left, when the attempt has lost the job.
   */
  insertCheckpoint(jobId: string, attempt: number, at: number, checkpoint: NewCheckpoint): Promise<Checkpoint | null>;
  /** Newest first. */
  listCheckpoints(jobId: string, page: PageRequest): Promise<Page<Checkpoint>>;
  getCheckpoint(id: string): Promise<Checkpoint | null>;
  /** The one of the greatest epoch and step: where the job goes on from. Null when it has none. */
  getLastCheckpoint(jobId: string): Promise<Checkpoint | null>;
  readCheckpoint(id: string): Promise<CheckpointState | null>;
  /** False when it is unknown. */
  deleteCheckpoint(id: string): Promise<boolean>;
  /** Removes what checkpoints that were being written or erased before `at` have left. Returns how many there were. */
  removeUnfinishedCheckpoints(at: number): Promise<number>;
}
