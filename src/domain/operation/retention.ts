/** What is not kept for ever. */

export interface Retention {
  /** How long a job stays after its end, with its metrics, events and checkpoints; null: until it is deleted. Models stay. */
  readonly jobsMs: number | null;
  /** How long the values of each epoch stay after a job's end. Its events, and its last and best values, stay with it. */
  readonly metricsMs: number | null;
  /** How long the checkpoints of a job stay after its end. */
  readonly checkpointsMs: number | null;
  /** How long it is told what became of a webhook. */
  readonly deliveriesMs: number | null;
}
