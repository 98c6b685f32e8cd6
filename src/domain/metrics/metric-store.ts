/** What is stored of the metrics of jobs: chunks of epochs. Knows nothing of databases. */
import type { Rows } from "./downsampling.ts";
import type { MetricChunk } from "./metric.ts";

/** The values of each epoch. Epochs count from 1; ranges include both ends. */
export interface MetricStore {
  /**
   * Appends a chunk that starts right after the job's `epochsDone`, with its event, and returns the event's sequence number.
   * From then on the job's `metrics` are those of its newest and of its best epoch. Null, and nothing is stored, when the job
   * is not running, pausing or cancelling in this attempt. A chunk that is stored already is recognised.
   */
  append(jobId: string, attempt: number, chunk: MetricChunk): Promise<number | null>;
  /** Chunks that overlap epochs `from`..`to`, in order, whole. Empty for an unknown id. */
  read(jobId: string, from: number, to: number): Promise<MetricChunk[]>;
  /**
   * A subset of epochs `from`..`to` in which downsampling by blocks (`isBlockAligned`) chooses the same epochs as in all of them. In
   * order, clipped to the range.
   */
  readMinMax(jobId: string, from: number, to: number): Promise<Rows[]>;
  /** Deletes the values of a job's epochs. Its metric events stay, without columns, so that the sequence has no gap. */
  delete(jobId: string): Promise<void>;
}
