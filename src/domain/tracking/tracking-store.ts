/** The interface of the store of tracking clients' logs. Knows nothing of databases. */
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

/** What a client logs to a run in one request. */
export interface RunBatch {
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** A search of the runs of a project. */
export interface RunSearch {
  readonly experimentIds: readonly string[];
  /** Null: whatever they are. */
  readonly lifecycle: Lifecycle | null;
  readonly conditions: readonly RunCondition[];
  readonly order: readonly RunOrder[];
  readonly offset: number;
  readonly limit: number;
}

/** Where a page of a metric's history begins: behind this point. */
export type PointCursor = Pick<Metric, "step" | "timestamp" | "value"> & { readonly isNaN: boolean };

/**
 * Stores the logs of tracking clients. Everything belongs to a project. Methods throw not_found for unknown records unless they say
 * otherwise.
 */
export interface TrackingStore {
  /** Stores an experiment. Throws conflict for a name that exists, and too_large beyond a limit. */
  insertExperiment(experiment: Experiment): Promise<void>;
  /** Returns a stored experiment, by its id or by its name; null if there is none. */
  findExperiment(by: { readonly id: string } | { readonly name: string }): Promise<Experiment | null>;
  /** Lists all stored experiments: those of clients, and the project's own once it has tags. */
  listExperiments(): Promise<readonly Experiment[]>;
  /**
   * Changes an experiment; creates the project's own if needed. A null tag is removed. Throws conflict for a name that exists, and
   * too_large.
   */
  changeExperiment(
    id: string,
    at: number,
    changes: {
      readonly name?: string;
      readonly lifecycle?: Lifecycle;
      readonly tags?: Readonly<Record<string, string | null>>;
    },
  ): Promise<void>;

  /** Stores a run. Throws too_large if the project has the maximum number of runs or points. */
  insertRun(run: RunInfo, tags: readonly KeyValue[]): Promise<void>;
  /** Returns a run. Null for an unknown id. */
  getRun(id: string): Promise<Run | null>;
  /** Returns runs by their ids, in any order; unknown ones are left out. */
  getRuns(ids: readonly string[]): Promise<readonly Run[]>;
  /** Changes a run; fields that are left out stay. */
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
  /** Adds inputs and outputs to a run (withLinks). Throws invalid for a deleted run, and too_large beyond a limit. */
  linkRun(id: string, at: number, added: Partial<RunLinks>): Promise<void>;
  /**
   * Adds to an active run: all of it or nothing. A metric's value is that of the highest step, then of the latest time, then the largest.
   * Throws invalid for a parameter with another value and for a deleted run, and too_large beyond a limit.
   */
  logToRun(id: string, at: number, batch: RunBatch): Promise<void>;
  /** Deletes a tag. Throws not_found if the run does not have it. */
  deleteRunTag(id: string, at: number, key: string): Promise<void>;
  /** Reads the points of a metric by step, time and value; none for an unknown run or metric. */
  readPoints(runId: string, key: string, after: PointCursor | null, limit: number): Promise<readonly Metric[]>;
  /** Searches clients' runs and the jobs, sweeps and trials of the project, which belong to experiment "0". */
  searchRuns(search: RunSearch): Promise<readonly FoundRun[]>;

  /** Stores a logged model. Throws too_large beyond the limit. */
  insertModel(model: LoggedModel): Promise<void>;
  /** Returns a logged model. Null for an unknown id. */
  getModel(id: string): Promise<LoggedModel | null>;
  /** Lists logged models of experiments, newest first. */
  listModels(experimentIds: readonly string[], offset: number, limit: number): Promise<readonly LoggedModel[]>;
  /** Changes a logged model. A null tag is removed. Throws invalid for a parameter with another value. */
  changeModel(
    id: string,
    at: number,
    changes: {
      readonly status?: ModelStatus;
      readonly tags?: Readonly<Record<string, string | null>>;
      readonly params?: readonly KeyValue[];
    },
  ): Promise<void>;
  /** Deletes a logged model with its values permanently. */
  deleteModel(id: string): Promise<void>;

  /**
   * Deletes at most `limit` runs of all projects, with their logged models: runs without a new log since `before` (null: none), and deleted
   * runs unchanged since `deletedBefore`. Returns how many.
   */
  deleteOld(before: number | null, deletedBefore: number, limit: number): Promise<number>;
}
