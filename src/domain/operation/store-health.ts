/** How the store is: what it can still do, and the sentence that says why. */

export interface StoreHealth {
  readonly status:
    | "ok"
    /** There is no room: what is there can be read, small changes are still possible, what adds data is refused. */
    | "full"
    /** The disk refuses writes for another reason. It is tried again, as after `full`. */
    | "failing"
    /** Its file is not what was written. Nothing is written any more; it takes an superuser and a backup. */
    | "damaged";
  /** For an superuser: what is wrong, and the cure. Empty when it is ok. */
  readonly detail: string;
}

export const HEALTHY: StoreHealth = Object.freeze({ status: "ok", detail: "" });
