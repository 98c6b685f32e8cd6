/** A sweep: its states, the stored record, and the events of its sequence. Times are epoch milliseconds. */
import type { Labels } from "../labels.ts";
import type { ResolvedSweepSpec } from "./sweep-spec.ts";

export const SWEEP_STATES = ["queued", "running", "paused", "cancelled", "succeeded", "failed"] as const;
export type SweepState = (typeof SWEEP_STATES)[number];

/** States in which chunks of its trials may run. */
export const ACTIVE_STATES: readonly SweepState[] = ["queued", "running"];
/** States in which it may still get results. A paused sweep accepts those of trials that were being trained. */
export const OPEN_STATES: readonly SweepState[] = ["queued", "running", "paused"];
export const ENDED_STATES: readonly SweepState[] = ["cancelled", "succeeded", "failed"];

/** Whether a state is final. */
export const isEnded = (state: SweepState): boolean => ENDED_STATES.includes(state);

export interface SweepTransition {
  readonly state: SweepState;
  readonly at: number;
  readonly reason: string;
  /** The span that asked for the change; left out if there is none. */
  readonly traceparent?: string;
}

/** The best trial that was trained to its end. */
export interface BestTrial {
  readonly number: number;
  readonly value: number;
}

/** Number of finished trials, and the best of them. */
export interface SweepProgress {
  readonly succeeded: number;
  readonly pruned: number;
  readonly failed: number;
  readonly generation: number;
  readonly best: BestTrial | null;
}

export interface Sweep extends SweepProgress, Labels {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly state: SweepState;
  readonly spec: ResolvedSweepSpec;
  /** Maximum trials of a chunk. */
  readonly chunkTrials: number;
  /** Maximum memory for training one trial. */
  readonly memoryBytes: number;
  /** The sequence number of the newest event. */
  readonly lastSeq: number;
  /** The id of the job that the best trial becomes, and whether it exists yet. */
  readonly bestJobId: string;
  readonly isPromoted: boolean;
  /** Why it failed, or why its best trial was not promoted. */
  readonly error: string | null;
  readonly transitions: readonly SweepTransition[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** An event of a sweep's gapless sequence: a change of state, or the trials that finished since the event before. */
export type SweepEvent = { readonly seq: number } & (
  | ({ readonly type: "state" } & SweepTransition)
  | ({ readonly type: "progress"; readonly at: number } & SweepProgress)
);

/** Returns the number of finished trials. */
export const trialsDone = ({ succeeded, pruned, failed }: SweepProgress): number => succeeded + pruned + failed;
