/**
 * The last good state of a run, kept in memory while all its numbers are finite, so that a divergence can be replayed. Does not know what
 * it is used for.
 */
import type { TensorSet } from "../../domain/tensor.ts";
import type { ScheduleState } from "../../engine/index.ts";
import type { PartialEpoch } from "../run/epoch.ts";

/** A run between two steps, as a checkpoint has it. */
export interface RunState {
  /** Number of completed epochs. */
  readonly epoch: number;
  readonly tensors: TensorSet;
  readonly schedule: ScheduleState | null;
  readonly partial: PartialEpoch | null;
}

/** Minimum time between two states, between epochs and within one, where a state ends a call into the engine early. */
const EVERY_MS = 250;
const WITHIN_MS = 2000;
/** Maximum share of the time for keeping states. */
const MAX_COST = 1 / 100;

export interface LastGood {
  /** Whether a state should be kept now, between two epochs or within one. */
  isDue(isWithin: boolean): boolean;
  /** Keeps the state that `read` returns if it is good, instead of the one before. */
  keep(read: () => RunState): void;
  /** Null if no state was good. */
  readonly state: RunState | null;
}

/** Creates a keeper that has no state yet. */
export function createLastGood(now: () => number = () => performance.now()): LastGood {
  let state: RunState | null = null;
  let last = Number.NEGATIVE_INFINITY;
  let costMs = 0;
  return {
    isDue: (isWithin) => now() - last >= Math.max(isWithin ? WITHIN_MS : EVERY_MS, costMs / MAX_COST),
    keep(read) {
      const began = now();
      const present = read();
      if (present.tensors.data.every(Number.isFinite)) state = present;
      last = now();
      costMs = last - began;
    },
    get state() {
      return state;
    },
  };
}
