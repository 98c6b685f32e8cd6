/** This server's own records as tracking clients see them: jobs, sweeps and trials as runs, models as logged models. */
import type { Job } from "../../domain/jobs/job.ts";
import { metricValues, specValues } from "../../domain/jobs/job-values.ts";
import type { Tags } from "../../domain/labels.ts";
import type { Model } from "../../domain/models/model.ts";
import type { Sweep } from "../../domain/sweeps/sweep.ts";
import type { Trial } from "../../domain/sweeps/trial.ts";
import {
  type KeyValue,
  type LoggedModel,
  type Metric,
  NO_LINKS,
  PROJECT_EXPERIMENT,
  paramKeyOf,
  RUN_TAG,
  type Run,
  type RunKind,
  SOURCE_NAME,
  SOURCE_TYPE,
  STATUS_OF_STATE,
  trialRunId,
} from "../../domain/tracking/tracking.ts";

const SHARED = { experimentId: PROJECT_EXPERIMENT, userId: "", lifecycle: "active", links: NO_LINKS } as const;

const keyValues = (record: Readonly<Record<string, unknown>>): KeyValue[] =>
  Object.entries(record).map(([key, value]) => ({ key, value: String(value) }));

/** The tags of a run: those of the server, which win, and those that people set. */
function tagsOf(kind: RunKind, name: string, state: string, note: string | null, given: Tags): KeyValue[] {
  return keyValues({
    ...given,
    ...(note === null ? {} : { [RUN_TAG.note]: note }),
    ...{ [RUN_TAG.name]: name, [RUN_TAG.state]: state, [RUN_TAG.kind]: kind },
    ...{ [RUN_TAG.sourceName]: SOURCE_NAME, [RUN_TAG.sourceType]: SOURCE_TYPE },
  });
}

/** A job as a run. Its metrics are those of the epoch whose weights the model has, by which lists of jobs are searched too. */
export function runOfJob(job: Job): Run {
  const { id, name, state, startedAt, createdAt, finishedAt, metrics, model } = job;
  const step = metrics?.best.epoch ?? job.epochsDone;
  return {
    ...SHARED,
    ...{ id, name, status: STATUS_OF_STATE[state], startTime: startedAt ?? createdAt, endTime: finishedAt },
    metrics: metrics
      ? metricValues(metrics).map(({ key, value }) => ({ key, value: Number(value), step, timestamp: timeOf(job, step) }))
      : [],
    params: specValues(job.spec).map(({ key, value }) => ({ key: paramKeyOf(key), value: String(value) })),
    tags: tagsOf("job", name, state, job.note, job.tags),
    links: model ? { ...NO_LINKS, modelOutputs: [{ id: model.id, step }] } : NO_LINKS,
  };
}

/** When an epoch of a job ended, as if all had taken the same time. */
export function timeOf({ startedAt, createdAt, finishedAt, epochsDone }: Job, epoch: number): number {
  const from = startedAt ?? createdAt;
  if (finishedAt === null || epochsDone === 0) return from;
  return Math.round(from + ((finishedAt - from) * Math.min(epoch, epochsDone)) / epochsDone);
}

const startOf = ({ startedAt, createdAt }: Sweep): number => startedAt ?? createdAt;

/** A sweep as a run, whose nested runs are its trials. */
export function runOfSweep(sweep: Sweep): Run {
  const { id, name, state, finishedAt, best, spec } = sweep;
  const startTime = startOf(sweep);
  return {
    ...SHARED,
    ...{ id, name, status: STATUS_OF_STATE[state], startTime, endTime: finishedAt, params: [] },
    metrics: best
      ? [{ key: spec.objective.metric, value: best.value, step: best.number, timestamp: finishedAt ?? startTime }]
      : [],
    tags: tagsOf("sweep", name, state, sweep.note, sweep.tags),
  };
}

/** A trial as a run. It starts with its sweep, because a trial stores only how long it took, not when. */
export function runOfTrial(sweep: Sweep, trial: Trial): Run {
  const { number, state, value, epochs, parameters, seconds } = trial;
  const isOver = state !== "queued" && state !== "running";
  const startTime = startOf(sweep);
  const endTime = isOver ? startTime + Math.trunc((seconds ?? 0) * 1000) : null;
  const name = `${sweep.name} #${number}`;
  return {
    ...SHARED,
    ...{ id: trialRunId(sweep.id, number), name, status: STATUS_OF_STATE[state], startTime, endTime },
    metrics: value === null ? [] : [{ key: sweep.spec.objective.metric, value, step: epochs, timestamp: endTime ?? startTime }],
    params: Object.entries(parameters).map(([key, each]) => ({ key: paramKeyOf(key), value: String(each) })),
    tags: [...tagsOf("trial", name, state, null, {}), { key: RUN_TAG.parent, value: sweep.id }],
  };
}

/** The history of a trial's objective: the points of its curve. */
export function pointsOfTrial(sweep: Sweep, { curve }: Trial): readonly Metric[] {
  const { metric: key } = sweep.spec.objective;
  return (curve?.epochs ?? []).map((step, index) => {
    return { key, step, value: curve?.values[index] ?? Number.NaN, timestamp: startOf(sweep) };
  });
}

/** A model as a logged model. */
export function loggedModelOf(model: Model): LoggedModel {
  const { id, name, version, createdAt, task, parameters, jobId } = model;
  const step = model.metrics.best.epoch ?? 0;
  return {
    ...{ id, experimentId: PROJECT_EXPERIMENT, runId: jobId, name, type: task, status: "LOGGED_MODEL_READY" },
    ...{ createdAt, updatedAt: createdAt },
    metrics: metricValues(model.metrics).map(({ key, value }) => ({ key, value: Number(value), step, timestamp: createdAt })),
    params: keyValues({ version, parameters, weights_sha256: model.sha256 }),
    tags: keyValues(model.tags),
  };
}
