/** What is not kept for ever. */

export interface Retention {
  /** How long a job stays after its end, with its metrics, events and checkpoints; null: until it is deleted. Models stay. */
  readonly jobsMs: number | null;
  /** How long the checkpoints of a job stay after its end. */
  readonly checkpointsMs: number | null;
  /** How long it is told what became of a webhook. */
  readonly deliveriesMs: number | null;
}

/** What is old, found a little at a time: so that no sweep keeps others waiting. */
export interface Sweeping {
  /** Jobs that ended before a time, oldest first. `withCheckpoints`: those that have some. */
  endedJobs(
    before: number,
    limit: number,
    withCheckpoints: boolean,
  ): Promise<{ readonly id: string; readonly project: string }[]>;
  /** Forgets settled deliveries and idempotency keys from before a time, at most `limit` of each. Returns how many. */
  forgetDeliveries(before: number, limit: number): Promise<number>;
  forgetKeys(before: number, limit: number): Promise<number>;
}
