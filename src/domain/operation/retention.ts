/** Retention: how long data is kept. */

export interface Retention {
  /** How long an ended job is kept, with its metrics, events and checkpoints; null keeps it until it is deleted. Models stay. */
  readonly jobsMs: number | null;
  /** How long the values of each epoch are kept after the job has ended. Its events, and its last and best values, stay. */
  readonly metricsMs: number | null;
  /** How long checkpoints are kept after the job has ended. */
  readonly checkpointsMs: number | null;
  /** How long the record of a webhook delivery is kept. */
  readonly deliveriesMs: number | null;
  /** How long an entry of the audit log is kept. */
  readonly auditMs: number | null;
  /** Entries of the audit log that are kept of one project, the newest. */
  readonly auditEntries: number;
}
