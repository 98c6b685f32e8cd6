/** How a run is stopped and reports its progress. A run never returns to its event loop, so these are synchronous calls. */
import type { NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { Assistants } from "../many/shared-trainings.ts";
import type { Invitation } from "./team.ts";

export interface RunControl {
  /** Whether to end immediately. Called between calls into the engine, every few milliseconds. */
  cancelled(): boolean;
  /** Why to write a checkpoint and end; null to continue. Called as often. */
  stopping(): "pause" | "stop" | null;
  /** Reports a chunk of consecutive epochs, starting at the first that the job has not stored yet. May block. */
  report(chunk: MetricChunk): void;
  /** Whether the result may have the last epochs of a short run with it, instead of their report. */
  readonly takesLast?: boolean;
  /** Saves a checkpoint after the epochs before it. Transfers the ownership of its memory. */
  save(checkpoint: NewCheckpoint): void;
  /** Stores a state that replays may start from, as `save` does; left out where nothing is replayed. */
  mark?(checkpoint: NewCheckpoint): void;
  /** Reports a bug that does not end the run; left out where nobody logs it. */
  fault?(error: unknown): void;
  /** Whether the last saved checkpoint is not stored yet. */
  storing(): boolean;
  /** Other threads that train for a run; left out where threads are not. */
  assistants?(run: TrainingRun): Assistants<unknown>;
  /** Threads that a run which shares out trainings may have now, this one included; left out where it is alone. */
  cores?(): number;
  /**
   * Has other threads join the steps, and later the evaluation, while there are cores for them: the team before was dismissed. Left out where
   * the run has one thread.
   */
  share?(invitation: Invitation): void;
  /** Waits until the last saved checkpoint is stored or the run is cancelled. */
  settle(): void;
}
