/** The interface of the store of metrics, in chunks of epochs. Knows nothing of databases. */
import type { Rows } from "./downsampling.ts";
import type { MetricChunk } from "./metric.ts";

/** Stores the values of each epoch. Epochs are counted from 1; ranges include both ends. */
export interface MetricStore {
  /**
   * Appends a chunk that starts right after the job's `epochsDone`, with its event, and returns the sequence number of the
   * event. Updates the job's `metrics` to its newest and best epoch. Returns null, and stores nothing, if the job is not running,
   * pausing or cancelling in this attempt. A chunk that is already stored is recognised.
   */
  append(jobId: string, attempt: number, chunk: MetricChunk): Promise<number | null>;
  /** Reads the whole chunks that overlap epochs `from`..`to`, in order. Empty for an unknown id. */
  read(jobId: string, from: number, to: number): Promise<MetricChunk[]>;
  /**
   * Reads a subset of epochs `from`..`to` in which downsampling by blocks (`isBlockAligned`) chooses the same epochs as in all
   * of them. In order, and clipped to the range.
   */
  readMinMax(jobId: string, from: number, to: number): Promise<Rows[]>;
  /** Deletes the values of a job's epochs. Its metric events remain, without columns, so that the sequence has no gap. */
  delete(jobId: string): Promise<void>;
}
