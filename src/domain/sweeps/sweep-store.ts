/** The interface of the store of sweeps. Knows nothing of databases. */
import type { Condition, Fields } from "../filter.ts";
import type { LabelChanges, Labels } from "../labels.ts";
import type { ProjectLimits } from "../limits.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Sweep, SweepEvent, SweepState, SweepTransition } from "./sweep.ts";
import type { ResolvedSweepSpec } from "./sweep-spec.ts";
import { type PlannedTrial, TRIAL_STATES, type Trial, type TrialState } from "./trial.ts";
import type { PlannedGeneration } from "./trial-run.ts";

/** A submitted sweep. */
export interface NewSweep {
  readonly id: string;
  readonly spec: ResolvedSweepSpec;
  /** The body of the job that its trials vary, as UTF-8 JSON. */
  readonly source: Uint8Array;
  readonly chunkTrials: number;
  readonly memoryBytes: number;
  readonly bestJobId: string;
  /** No tags and no note when left out. */
  readonly labels?: Labels;
  readonly createdAt: number;
  /** The span that submits it; left out if there is none. */
  readonly traceparent?: string;
  /** Limits of its project. `insert` throws rate_limited if it is exceeded. */
  readonly within?: Pick<ProjectLimits, "queuedJobs">;
}

/** A filter of sweeps. A sweep must match every given member. */
export interface SweepFilter {
  readonly state?: SweepState | undefined;
  readonly name?: string | undefined;
}

/** The orders of trials. Orders by value end with the trials without one; equal ones are ordered by number. */
export const TRIAL_ORDERS = ["number", "-number", "value", "-value"] as const;
export type TrialOrder = (typeof TRIAL_ORDERS)[number];

/** The fields that a filter of trials compares; `params` by their pointers. */
export const TRIAL_FIELDS = {
  ...{ number: "number", generation: "number", value: "number", epochs: "number", seconds: "number" },
  ...{ state: TRIAL_STATES, params: "members" },
} as const satisfies Fields;

/** A request for a page of trials. A trial must match every given bound. */
export interface TrialPageRequest {
  readonly orderBy: TrialOrder;
  readonly state?: TrialState | undefined;
  readonly minValue?: number | undefined;
  readonly maxValue?: number | undefined;
  /** On TRIAL_FIELDS. */
  readonly conditions?: readonly Condition[] | undefined;
  /** The number of the last trial of the previous page. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** A page of trials. */
export interface TrialPage {
  readonly data: readonly Trial[];
  readonly hasMore: boolean;
  readonly nextAfter: number | null;
}

/** Which results to read: those of trials with a number above `after`; of these, every `every`-th number. */
export interface ResultsRequest {
  readonly after: number;
  readonly limit: number;
  /** Default: 1, all of them. */
  readonly every?: number;
}

/** Results of trials in the order of their numbers. */
export interface ResultPage {
  readonly count: number;
  /** The number of the last one; null where there is none. */
  readonly last: number | null;
  /** A JSON array of TrialResult in UTF-8, for a thread: the event loop does not parse it. */
  readonly json: Uint8Array<ArrayBuffer>;
}

/** A request for the next chunk of trials under a lease. */
export interface ChunkRequest {
  /** Names the lease; never used twice. */
  readonly lease: string;
  readonly at: number;
  readonly until: number;
  /** Free memory: sweeps whose trials need more are skipped. */
  readonly freeBytes: number;
  /** Maximum leased chunks of a project. */
  readonly runningJobs: number;
}

/** A leased chunk: trials to train in their order, or, if it has none, the planning of the next generation. */
export interface SweepChunk {
  readonly sweep: Sweep;
  readonly number: number;
  readonly lease: string;
  /** Trials without a result, in order. */
  readonly trials: readonly PlannedTrial[];
  /** Number of trials before them with a result. */
  readonly done: number;
  /** Number of crashes of its first trial's thread. */
  readonly crashes: number;
}

/** Identifies a leased chunk and its holder. */
export type ChunkKey = Pick<SweepChunk, "number" | "lease"> & { readonly sweepId: string };

/** The result of storing trials. */
export interface StoredTrials {
  readonly lastSeq: number;
  /** Whether the generation has no trial left to run, so that the next one is to be planned. */
  readonly isGenerationOver: boolean;
}

/** How a sweep ends, as its planner stores it. */
export interface SweepEnd {
  readonly to: SweepTransition & { readonly state: "succeeded" | "failed" };
  readonly pruned: readonly number[];
  readonly isPromoted: boolean;
  readonly error: string | null;
}

/**
 * Stores sweeps. Every method that changes a sweep's state or progress also appends an event to its gapless sequence, in the same
 * transaction. Trials run in chunks under a lease: a holder that has lost the lease can store nothing.
 */
export interface SweepStore {
  /** Stores a queued sweep, its first event and the planning of its first generation. */
  insert(sweep: NewSweep): Promise<Sweep>;
  /** Returns a sweep. Null for an unknown id. */
  get(id: string): Promise<Sweep | null>;
  /** Lists sweeps, newest first. */
  list(filter: SweepFilter, page: PageRequest): Promise<Page<Sweep>>;
  /** Reads the body of the job that its trials vary. Null if it is unknown. */
  readSource(id: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Changes the state of a sweep if it is in one of `from`. Otherwise returns null. A sweep that ends loses its chunks. */
  transition(id: string, from: readonly SweepState[], to: SweepTransition): Promise<Sweep | null>;
  /** Changes the tags and the note of a sweep, in whatever state it is. Null for an unknown id. */
  label(id: string, changes: LabelChanges): Promise<Sweep | null>;
  /** Deletes a sweep that has ended, with its trials and events. False if it is unknown or has not ended. */
  delete(id: string): Promise<boolean>;
  /** Lists at most `limit` sweeps that ended before a time, oldest first. */
  listEnded(before: number, limit: number): Promise<{ readonly id: string; readonly project: string }[]>;
  /** Reads events with a sequence number above `after`, in order. Empty for an unknown id. */
  readEvents(id: string, after: number, limit: number): Promise<SweepEvent[]>;
  /** Reads a page of trials; trials without a result are not in it. Empty for an unknown id. */
  listTrials(id: string, page: TrialPageRequest): Promise<TrialPage>;
  /** Returns a trial. Null if it is unknown or has no result. */
  getTrial(id: string, number: number): Promise<Trial | null>;
  /** Reads a page of the results that methods need. Empty for an unknown id. */
  readResults(id: string, request: ResultsRequest): Promise<ResultPage>;
  /**
   * Leases the next chunk: of the project with the fewest leased chunks, and of its sweep with the highest priority, where a minute of
   * waiting counts as one step. The sweep is then running. Null if there is none.
   */
  claimChunk(request: ChunkRequest): Promise<SweepChunk | null>;
  /** Renews leases. Returns those that are still held. */
  renewLeases(leases: readonly string[], until: number): Promise<string[]>;
  /** Releases a chunk. `hasCrashed`: its thread crashed at its first trial. */
  releaseChunk(chunk: ChunkKey, hasCrashed: boolean): Promise<void>;
  /** Ends every lease. For the start of the only process that uses the database. */
  releaseAllChunks(): Promise<void>;
  /** Stores results of the chunk's next trials, which follow the first `done`. Null if the lease is lost, or the sweep has ended. */
  storeTrials(chunk: ChunkKey, done: number, trials: readonly Trial[], at: number): Promise<StoredTrials | null>;
  /** Replaces the planning chunk by the chunks of a generation. Null if the lease is lost, or the sweep has ended. */
  startGeneration(chunk: ChunkKey, generation: PlannedGeneration, at: number): Promise<Sweep | null>;
  /** Ends the sweep of a chunk. Null if the lease is lost, or the sweep has ended. */
  finish(chunk: ChunkKey, end: SweepEnd): Promise<Sweep | null>;
}
