/** The health of the store: what it can still do, and why. */

export interface StoreHealth {
  readonly status:
    | "ok"
    /** The disk is full: reads and small changes work, and requests that add data are refused. */
    | "full"
    /** The disk refuses writes for another reason. Writes are retried, as for `full`. */
    | "failing"
    /** The file is corrupt. Nothing is written any more; the operator must restore a backup. */
    | "damaged";
  /** For the operator: what is wrong, and the cure. Empty if it is ok. */
  readonly detail: string;
}

export const HEALTHY: StoreHealth = Object.freeze({ status: "ok", detail: "" });
