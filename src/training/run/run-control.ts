/** How a run is told to stop and reports its progress. A run never returns to its event loop, so these are calls and never awaited. */
import type { NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";

export interface RunControl {
  /** Whether to end at once. Asked between calls into the engine, every few milliseconds. */
  cancelled(): boolean;
  /** Why to write a checkpoint and end; null to go on. Asked as often. */
  stopping(): "pause" | "stop" | null;
  /** Takes chunks of consecutive epochs, from the first that the job has not stored yet. May block. */
  report(chunk: MetricChunk): void;
  /** Takes a checkpoint, after the epochs before it. Its memory is the taker's. */
  save(checkpoint: NewCheckpoint): void;
  /** Whether the last checkpoint that was taken is not stored yet. */
  storing(): boolean;
  /** Waits until the last checkpoint that was taken is stored, or the run is cancelled. */
  settle(): void;
}
