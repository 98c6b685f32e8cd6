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

/** What is old, found a little at a time: so that no sweep keeps others waiting. */
export interface Sweeping {
  /** Jobs that ended before a time, oldest first. `having`: those that still have some of it. */
  endedJobs(
    before: number,
    limit: number,
    having: "anything" | "metrics" | "checkpoints",
  ): Promise<{ readonly id: string; readonly project: string }[]>;
  /** Removes the values of a job's epochs. Its events stay, so that the sequence has no gap: those of metrics without columns. */
  deleteMetrics(jobId: string): Promise<void>;
  /** Forgets settled deliveries and idempotency keys from before a time, at most `limit` of each. Returns how many. */
  deleteDeliveries(before: number, limit: number): Promise<number>;
  deleteIdempotencyKeys(before: number, limit: number): Promise<number>;
}
