/** The tables of tracking clients' logs; `tables.ts` has the others. */

export interface TrackingExperimentsTable {
  readonly project: string;
  /** "0" for that of the project itself, which has a row once it has tags. */
  readonly id: string;
  readonly name: string;
  readonly lifecycle: string;
  /** `{name: value}`. */
  readonly tags: string;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface TrackingRunsTable {
  readonly id: string;
  readonly project: string;
  readonly experiment_id: string;
  readonly name: string;
  readonly user_id: string;
  readonly status: string;
  readonly lifecycle: string;
  readonly start_time: number;
  readonly end_time: number | null;
  /** `RunLinks` of domain/tracking/tracking.ts. */
  readonly links: string;
  /** How many points of its metrics are stored. */
  readonly points: number;
  readonly updated_at: number;
}

export interface TrackingModelsTable {
  readonly id: string;
  readonly project: string;
  readonly experiment_id: string;
  readonly run_id: string | null;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The values of a run or a logged model: last `m`etrics, `p`arameters, `t`ags. */
export interface TrackingValuesTable {
  readonly owner_id: string;
  readonly kind: "m" | "p" | "t";
  readonly key: string;
  /** Null for metrics. */
  readonly text: string | null;
  /** Null for parameters and tags. */
  readonly number: number | null;
  /** 1 if the number is NaN, which is stored as 0. */
  readonly is_nan: number;
  readonly step: number;
  readonly timestamp: number;
}

export interface TrackingPointsTable {
  readonly run_id: string;
  readonly key: string;
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
  /** 1 if the value is NaN, which is stored as 0. */
  readonly is_nan: number;
}
