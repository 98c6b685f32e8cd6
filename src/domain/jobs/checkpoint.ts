/** Checkpoints: the whole state of a training run between two steps, and the stored record of it. */
import type { NewModel } from "../models/model.ts";
import type { Page, PageRequest } from "../page.ts";
import type { TensorSet } from "../tensor.ts";

/** Why a checkpoint was written. */
export const CHECKPOINT_REASONS = ["interval", "best", "pause", "stop"] as const;
export type CheckpointReason = (typeof CHECKPOINT_REASONS)[number];

/**
 * The reason of a checkpoint that only replays start from, so that any step of a short training is near one. It is in no list, no job
 * resumes from it, and `keep` does not count it.
 */
export const REPLAY_MARK = "replay";
/** Maximum marks of a job; above it, every second one is deleted. */
export const MAX_MARKS = 64;
/** Maximum bytes of the tensors of a mark: those of a job are at most 8 MiB. */
export const MAX_MARK_BYTES = 2 ** 17;

/** The state that training needs to resume with the same bits. */
export interface CheckpointState {
  /** Number of completed epochs. */
  readonly epoch: number;
  /** Completed steps of the current epoch; 0 between epochs. */
  readonly step: number;
  /** Parameters, buffers, the optimiser's slots, and the best weights if they are to be restored. */
  readonly tensors: TensorSet;
  /** JSON text that only training reads: schedule, early stopping, sums of the current epoch, seconds of training. */
  readonly progress: string;
}

/** A new checkpoint from the training thread. */
export interface NewCheckpoint extends CheckpointState {
  readonly reason: CheckpointReason | typeof REPLAY_MARK;
  /** Whether it has the weights of the best epoch so far. */
  readonly isBest: boolean;
  /** Describes the model of these weights, so that the checkpoint can predict. */
  readonly model: Omit<NewModel, "id" | "name" | "jobId" | "createdAt" | "metrics" | "score" | "search">;
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
  /** SHA-256 of the model's weights. */
  readonly sha256: string;
  readonly createdAt: number;
}

/** Stores checkpoints. */
export interface CheckpointStore {
  /**
   * Stores a checkpoint of a job that is running, pausing or cancelling in this attempt, in several transactions of bounded
   * size; it becomes visible with the last one. Keeps the newest `keep` checkpoints of the job and the best one, and deletes the
   * others. Returns null, and stores nothing, if the attempt has lost the job.
   */
  insert(jobId: string, attempt: number, at: number, checkpoint: NewCheckpoint): Promise<Checkpoint | null>;
  /** Lists checkpoints, newest first. Empty for an unknown job. */
  list(jobId: string, page: PageRequest): Promise<Page<Checkpoint>>;
  /** Returns the record of a checkpoint. Null for an unknown id. */
  get(id: string): Promise<Checkpoint | null>;
  /** Returns the checkpoint with the greatest epoch and step, from which the job resumes. Null if it has none. */
  getLast(jobId: string): Promise<Checkpoint | null>;
  /** Returns the last checkpoint or mark of a job at or before this epoch and step; null if there is none. */
  getNearest(
    jobId: string,
    epoch: number,
    step: number,
  ): Promise<{ readonly id: string; readonly epoch: number; readonly step: number } | null>;
  /** Reads the state of a checkpoint. Null for an unknown id. */
  read(id: string): Promise<CheckpointState | null>;
  /** Deletes a checkpoint. False if it is unknown. */
  delete(id: string): Promise<boolean>;
  /** Deletes all checkpoints of a job, and its marks, which are in no list. */
  deleteAll(jobId: string): Promise<void>;
  /** Removes partial checkpoints whose insertion or deletion started before `at` and never completed. Returns their number. */
  removeUnfinished(at: number): Promise<number>;
}
