/** Runs a job spec through preparation and training, as the server does, without a server. */
import type { DatasetRows } from "../../src/domain/dataset.ts";
import type { Job } from "../../src/domain/job.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { entriesOf, type MetricSlice, type Series } from "../../src/domain/metric.ts";
import type { Model } from "../../src/domain/model.ts";
import type { Prepared, ReferredModel, TrainedModel, TrainingResult } from "../../src/domain/ports.ts";
import { fit as trainJob } from "../../src/training/fit.ts";
import { prepareJob } from "../../src/training/prepare.ts";

export const limits: Limits = {
  bodyBytes: 2 ** 26,
  rows: 100_000,
  parameters: 5_000_000,
  jobMemoryBytes: 2 ** 30,
  predictRows: 100_000,
};

export function prepare(
  spec: object,
  overrides: Partial<Limits> = {},
  dataset: DatasetRows | null = null,
  model: ReferredModel | null = null,
): Settled {
  const body = new TextEncoder().encode(JSON.stringify(spec));
  const prepared = prepareJob(body, { ...limits, ...overrides }, dataset || model ? { dataset, model } : undefined);
  if (!prepared.ok && prepared.code === "references") throw new Error("the spec refers to something");
  return prepared;
}

type Settled = Exclude<Prepared, { code: "references" }>;

export interface TrainedRun {
  readonly result: TrainingResult;
  readonly slices: readonly MetricSlice[];
  /** All slices end to end. */
  readonly series: Partial<Record<Series, number[]>>;
}

interface TrainOptions {
  readonly epochsDone?: number;
  readonly cancelAfter?: number;
  readonly dataset?: DatasetRows | null;
  readonly model?: ReferredModel | null;
}

/** Trains a spec; `cancelAfter` asks for a cancel once so many slices have come. */
export function train(
  spec: object,
  { epochsDone = 0, cancelAfter = Number.POSITIVE_INFINITY, dataset = null, model = null }: TrainOptions = {},
): TrainedRun {
  const prepared = prepare(spec, {}, dataset, model);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const slices: MetricSlice[] = [];
  const job = jobRecord(prepared, epochsDone);
  const result = trainJob(
    { job, payload: prepared.payload, dataset, checkpoint: null },
    { cancelled: () => slices.length >= cancelAfter, report: (slice) => slices.push(slice) },
  );
  const series: Partial<Record<Series, number[]>> = {};
  for (const slice of slices)
    for (const [name, column] of entriesOf(slice)) series[name] = [...(series[name] ?? []), ...column];
  return { result, slices, series };
}

function jobRecord(prepared: Extract<Prepared, { ok: true }>, epochsDone: number): Job {
  const { spec, parameters, memoryBytes, classes } = prepared;
  return {
    id: "job_test",
    name: spec.name,
    state: "running",
    spec,
    parameters,
    memoryBytes,
    classes,
    attempt: 1,
    epochsDone,
    lastSeq: 0,
    metrics: null,
    error: null,
    model: null,
    reproduces: null,
    transitions: [],
    createdAt: 0,
    startedAt: 0,
    finishedAt: null,
  };
}

export function modelRecord(model: TrainedModel): Model {
  return {
    ...model,
    id: "mdl_test",
    name: "test",
    version: 1,
    aliases: [],
    tags: {},
    jobId: "job_test",
    metrics: { final: {}, best: {} },
    createdAt: 0,
  };
}
