/** Trials of a job spec: the plan, the tables and the trial that mean the same as the job. */
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import type { NetworkSpec, ResolvedSpec } from "../../../src/domain/spec/spec.ts";
import { type JobData, loadData } from "../../../src/training/data/data.ts";
import type { Trial } from "../../../src/training/many/trial.ts";
import { planTrials, type TrialPlan } from "../../../src/training/many/trial-plan.ts";
import { sizesOf } from "../../../src/training/run/sizes.ts";
import { jobRecord, prepare } from "../train.ts";

export interface PlannedJob {
  readonly spec: ResolvedSpec;
  readonly data: JobData;
  readonly plan: TrialPlan;
  /** The trial that is the job. */
  readonly trial: Trial;
}

/** Plans the trials of a job spec, on the rows that the job would load. */
export function plannedJob(spec: object, dataset: DatasetRows | null = null): PlannedJob {
  const prepared = prepare(spec, {}, dataset);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const data = loadData({ job: jobRecord(prepared, 0), payload: prepared.payload, dataset, checkpoint: null });
  const plan = planTrials(prepared.spec as NetworkSpec, sizesOf(data, prepared.classes.length));
  const { train, validation } = data;
  return { spec: prepared.spec, data, plan, trial: { seed: prepared.spec.seed, train, validation } };
}
