/**
 * What MLflow's tracking clients log, and how they see this server's records: experiments, runs, metrics, parameters, tags and logged
 * models. The names are MLflow's. Times are epoch milliseconds.
 */
import type { JobState } from "../jobs/job.ts";
import type { SweepState } from "../sweeps/sweep.ts";
import type { TrialState } from "../sweeps/trial.ts";

/** The project's own experiment: its jobs, sweeps and trials are runs of it, and so is what clients log without naming an experiment. */
export const PROJECT_EXPERIMENT = "0";
/** MLflow's name for the default experiment. */
export const DEFAULT_EXPERIMENT_NAME = "Default";

export type Lifecycle = "active" | "deleted";

export const RUN_STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const MODEL_STATUSES = [
  "LOGGED_MODEL_STATUS_UNSPECIFIED",
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
] as const;
export type ModelStatus = (typeof MODEL_STATUSES)[number];

/** Limits of a project's logs. The limits of one request are MLflow's own, see messages.ts. */
export const TRACKING_LIMITS = {
  experiments: 1000,
  runs: 10_000,
  models: 10_000,
  /** Metrics, parameters and tags of one run or model: of each kind. */
  values: 2000,
  /** Characters of the parameters of one run or model, of its tags, and of its links. */
  characters: 256 * 1024,
  /** Characters of the tags of all experiments of a project together, as JSON. */
  experimentTags: 1024 * 1024,
  /** Data sets of one run, models that it used, and models that it made. */
  links: 1000,
  /** Points of the metrics of one run, and of all runs of a project together. */
  runPoints: 1_000_000,
  points: 20_000_000,
} as const;

/** All points of a project are counted again each time that one of its runs has this many more. */
export const POINTS_PER_COUNT = 1000;

/** How long a deleted run can be restored. */
export const RESTORABLE_MS = 30 * 86_400_000;

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A metric's last value, or a point of its history. */
export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** A metric that a client logs; with `modelId`, also one of a logged model. */
export interface LoggedMetric extends Metric {
  readonly modelId?: string | undefined;
}

export interface Experiment {
  readonly id: string;
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly tags: readonly KeyValue[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The data sets that a run has used, as MLflow's `DatasetInput`, and the logged models that it used and made. */
export interface RunLinks {
  readonly datasets: readonly object[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly { readonly id: string; readonly step: number }[];
}
export const NO_LINKS: RunLinks = { datasets: [], modelInputs: [], modelOutputs: [] };

/** Adds links to those of a run. A link that exists is not added twice, because a client that lost an answer repeats it. */
export function withLinks({ datasets, modelInputs, modelOutputs }: RunLinks, added: Partial<RunLinks>): RunLinks {
  const once = <T>(all: readonly T[], keyOf: (each: T) => string): T[] => [
    ...new Map(all.map((each) => [keyOf(each), each])).values(),
  ];
  return {
    datasets: once([...datasets, ...(added.datasets ?? [])], (each) => JSON.stringify(each)),
    modelInputs: once([...modelInputs, ...(added.modelInputs ?? [])], (each) => each),
    modelOutputs: once([...modelOutputs, ...(added.modelOutputs ?? [])], ({ id }) => id),
  };
}

export interface RunInfo {
  readonly id: string;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly lifecycle: Lifecycle;
  readonly startTime: number;
  /** Null while it runs. */
  readonly endTime: number | null;
}

export interface Run extends RunInfo {
  readonly metrics: readonly Metric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly links: RunLinks;
}

export interface LoggedModel {
  readonly id: string;
  readonly experimentId: string;
  /** The run that made it; null if it was logged without one. */
  readonly runId: string | null;
  readonly name: string;
  readonly type: string;
  readonly status: ModelStatus;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly metrics: readonly Metric[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
}

/** Where the runs found by a search are stored. */
export const RUN_KINDS = ["job", "sweep", "trial", "run"] as const;
export type RunKind = (typeof RUN_KINDS)[number];

/** A run found by a search: for a trial, the id of its sweep and its number. */
export interface FoundRun {
  readonly kind: RunKind;
  readonly id: string;
  readonly number: number;
}

/** The status of a run for the state of a job, a sweep or a trial. */
export const STATUS_OF_STATE: Readonly<Record<JobState | SweepState | TrialState, RunStatus>> = {
  queued: "SCHEDULED",
  paused: "SCHEDULED",
  running: "RUNNING",
  pausing: "RUNNING",
  cancelling: "RUNNING",
  cancelled: "KILLED",
  pruned: "KILLED",
  succeeded: "FINISHED",
  failed: "FAILED",
};

/** Tags of this server's runs, as MLflow's clients read them. */
export const RUN_TAG = {
  name: "mlflow.runName",
  note: "mlflow.note.content",
  parent: "mlflow.parentRunId",
  sourceName: "mlflow.source.name",
  sourceType: "mlflow.source.type",
  kind: "trainyard.kind",
  state: "trainyard.state",
} as const;
export const SOURCE_NAME = "trainyard";
export const SOURCE_TYPE = "JOB";

/** Converts between a trial and the id of its run. */
export const trialRunId = (sweepId: string, number: number): string => `${sweepId}-${number}`;

/** The parameter name of a spec's option: its JSON pointer without the first slash. */
export const paramKeyOf = (pointer: string): string => pointer.slice(1);

/** Where clients read the artifacts of a run. */
export const artifactUriOf = (runId: string): string => `mlflow-artifacts:/${runId}`;
