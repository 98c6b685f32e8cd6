/** The table of imports as a Kysely type, the same for both databases. */

/** One for each import that took longer than its request waited. */
export interface ImportsTable {
  readonly id: string;
  readonly project: string;
  readonly state: string;
  readonly bytes: number;
  readonly dataset_id: string | null;
  /** Code and detail, as JSON. */
  readonly error: string | null;
  /** Whether it is to be cancelled. */
  readonly cancelled: number;
  readonly created_at: number;
  /** The last report of its process. */
  readonly heard_at: number;
  readonly finished_at: number | null;
}
