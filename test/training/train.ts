/** Runs a job spec through preparation and training, as the server does, without a server. */

import type { DatasetRows } from "../../src/domain/datasets/dataset.ts";
import type { CheckpointState, NewCheckpoint } from "../../src/domain/jobs/checkpoint.ts";
import type { Job } from "../../src/domain/jobs/job.ts";
import type { Limits } from "../../src/domain/limits.ts";
import { entriesOf, type MetricChunk, type Series } from "../../src/domain/metrics/metric.ts";
import type { Model } from "../../src/domain/models/model.ts";
import type { Prepared, ReferredModel, TrainedModel, TrainingResult } from "../../src/domain/ports.ts";
import { withDataFaults } from "../../src/domain/spec/salvage-spec.ts";
import { prepareJob, prepareSpec } from "../../src/training/prepare/prepare.ts";
import type { RunControl } from "../../src/training/run/run-control.ts";
import { runJob } from "../../src/training/run-job.ts";

export const limits: Limits = {
  bodyBytes: 2 ** 26,
  rows: 100_000,
  parameters: 5_000_000,
  jobMemoryBytes: 2 ** 30,
  memoryBytes: 2 ** 31,
  predictRows: 100_000,
};

export function prepare(
  spec: object,
  overrides: Partial<Limits> = {},
  dataset: DatasetRows | null = null,
  model: ReferredModel | null = null,
): Prepared {
  const body = new TextEncoder().encode(JSON.stringify(spec));
  const allowed = { ...limits, ...overrides };
  const prepared = prepareJob(body, allowed);
  if (!("references" in prepared)) return prepared;
  if (!dataset && !model) throw new Error("the spec refers to something");
  const finished = prepareSpec(prepared.spec, allowed, { dataset, model });
  const { faults = [] } = prepared;
  if (faults.length === 0) return finished;
  return { ok: false, code: "invalid", errors: withDataFaults(faults, finished.ok ? [] : finished.errors) };
}

export interface TrainedRun {
  readonly result: TrainingResult;
  readonly chunks: readonly MetricChunk[];
  readonly checkpoints: readonly NewCheckpoint[];
  /** All chunks end to end. */
  readonly series: Partial<Record<Series, number[]>>;
}

interface TrainOptions {
  readonly epochsDone?: number;
  readonly cancelAfter?: number;
  readonly cancelAfterCheckpoints?: number;
  /** Whether to ask for a stop at the so many-th time that training asks, counted from 1. */
  readonly stopAt?: (asked: number) => boolean;
  readonly from?: CheckpointState | null;
  readonly dataset?: DatasetRows | null;
  readonly model?: ReferredModel | null;
}

/** Trains a spec; `cancelAfter` asks for a cancel once so many chunks have come. */
export function train(spec: object, options: TrainOptions = {}): TrainedRun {
  const { epochsDone = 0, dataset = null, model = null, from = null } = options;
  const prepared = prepare(spec, {}, dataset, model);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const chunks: MetricChunk[] = [];
  const checkpoints: NewCheckpoint[] = [];
  const job = jobRecord(prepared, epochsDone);
  const control = runControlOf(options, chunks, checkpoints);
  const result = runJob({ job, payload: prepared.payload, dataset, checkpoint: from }, control);
  const series: Partial<Record<Series, number[]>> = {};
  for (const chunk of chunks)
    for (const [name, column] of entriesOf(chunk)) series[name] = [...(series[name] ?? []), ...column];
  return { result, chunks, checkpoints, series };
}

function runControlOf(
  {
    cancelAfter = Number.POSITIVE_INFINITY,
    cancelAfterCheckpoints = Number.POSITIVE_INFINITY,
    stopAt = () => false,
  }: TrainOptions,
  chunks: MetricChunk[],
  checkpoints: NewCheckpoint[],
): RunControl {
  let asked = 0;
  return {
    cancelled: () => chunks.length >= cancelAfter || checkpoints.length >= cancelAfterCheckpoints,
    stopping: () => (stopAt(++asked) ? "stop" : null),
    report: (chunk) => void chunks.push(chunk),
    save: (checkpoint) => void checkpoints.push(checkpoint),
    storing: () => false,
    settle: () => undefined,
  };
}

export function jobRecord(prepared: Extract<Prepared, { ok: true }>, epochsDone: number): Job {
  const { spec, parameters, memoryBytes, classes } = prepared;
  return {
    id: "job_test",
    project: "default",
    name: spec.name,
    state: "running",
    spec,
    parameters,
    memoryBytes,
    classes,
    attempt: 1,
    crashes: 0,
    epochsDone,
    lastSeq: 0,
    metrics: null,
    score: null,
    notes: [],
    tags: {},
    note: null,
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
