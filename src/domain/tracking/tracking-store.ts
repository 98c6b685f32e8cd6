/** The interface of the store of what tracking clients log. Knows nothing of databases. */
import type { RunCondition, RunOrder } from "./run-search.ts";
import type {
  Experiment,
  FoundRun,
  KeyValue,
  Lifecycle,
  LoggedMetric,
  LoggedModel,
  Metric,
  ModelStatus,
  Run,
  RunInfo,
  RunLinks,
  RunStatus,
} from "./tracking.ts";

/** What a client logs to a run with one request. */
export interface RunBatch {
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** What is asked of the runs of a project. */
export interface RunSearch {
  readonly experimentIds: readonly string[];
  /** Null: whatever they are. */
  readonly lifecycle: Lifecycle | null;
  readonly conditions: readonly RunCondition[];
  readonly order: readonly RunOrder[];
  readonly offset: number;
  readonly limit: number;
}

/** Where in the history of a metric a page begins: behind this point. */
export type PointCursor = Pick<Metric, "step" | "timestamp" | "value"> & { readonly isNaN: boolean };

/** Stores what tracking clients log. Everything belongs to a project. Methods throw not_found for what does not exist, unless they say so. */
export interface TrackingStore {
  /** Stores an experiment. Throws conflict for a name that there is, and too_large beyond a limit. */
  insertExperiment(experiment: Experiment): Promise<void>;
  /** An experiment that was stored, by its id or by its name; null where there is none. */
  findExperiment(by: { readonly id: string } | { readonly name: string }): Promise<Experiment | null>;
  /** All that were stored: beside those that clients have made, that of the project once it has tags. */
  listExperiments(): Promise<readonly Experiment[]>;
  /** Changes an experiment, and creates that of the project. A tag that is null is removed. Throws conflict for a name that there is, and too_large. */
  changeExperiment(
    id: string,
    at: number,
    changes: {
      readonly name?: string;
      readonly lifecycle?: Lifecycle;
      readonly tags?: Readonly<Record<string, string | null>>;
    },
  ): Promise<void>;

  /** Stores a run. Throws too_large where a project has as many as it may, or as many points. */
  insertRun(run: RunInfo, tags: readonly KeyValue[]): Promise<void>;
  /** Null for an unknown id. */
  getRun(id: string): Promise<Run | null>;
  /** Runs by their ids, in any order; those that are unknown are left out. */
  getRuns(ids: readonly string[]): Promise<readonly Run[]>;
  /** Changes what a run is; what is left out stays. */
  changeRun(
    id: string,
    at: number,
    changes: {
      readonly status?: RunStatus;
      readonly endTime?: number;
      readonly name?: string;
      readonly lifecycle?: Lifecycle;
    },
  ): Promise<void>;
  /** Adds to what a run has used or made (withLinks). Throws invalid for a deleted run, and too_large beyond a limit. */
  linkRun(id: string, at: number, added: Partial<RunLinks>): Promise<void>;
  /**
   * Adds to a run that is active: all of it or nothing. A metric's value is that of the highest step, then of the latest time, then the
   * largest. Throws invalid for a parameter that has another value already and for a deleted run, and too_large beyond a limit.
   */
  logToRun(id: string, at: number, batch: RunBatch): Promise<void>;
  /** Throws not_found for a tag that the run has not. */
  deleteRunTag(id: string, at: number, key: string): Promise<void>;
  /** The points of a metric by step, time and value; none for an unknown run or metric. */
  readPoints(runId: string, key: string, after: PointCursor | null, limit: number): Promise<readonly Metric[]>;
  /** Finds runs of clients, and jobs, sweeps and trials of the project, which are those of experiment "0". */
  searchRuns(search: RunSearch): Promise<readonly FoundRun[]>;

  /** Stores a logged model. Throws too_large beyond the limit. */
  insertModel(model: LoggedModel): Promise<void>;
  /** Null for an unknown id. */
  getModel(id: string): Promise<LoggedModel | null>;
  /** Logged models of experiments, newest first. */
  listModels(experimentIds: readonly string[], offset: number, limit: number): Promise<readonly LoggedModel[]>;
  /** Changes a logged model. A tag that is null is removed. Throws invalid for a parameter that has another value. */
  changeModel(
    id: string,
    at: number,
    changes: {
      readonly status?: ModelStatus;
      readonly tags?: Readonly<Record<string, string | null>>;
      readonly params?: readonly KeyValue[];
    },
  ): Promise<void>;
  /** Deletes a logged model with its values, for good. */
  deleteModel(id: string): Promise<void>;

  /**
   * Deletes at most `limit` runs of all projects, with their logged models: those that nothing was logged to since `before` (null: none),
   * and those that were deleted and not touched since `deletedBefore`. Returns how many.
   */
  deleteOld(before: number | null, deletedBefore: number, limit: number): Promise<number>;
}
