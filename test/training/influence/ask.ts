/** Asks which rows made predictions of a job, as the server does, without a server. */
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import { type Influence, type InfluenceRequest, influence, influenceBody } from "../../../src/domain/explanations/influence.ts";
import type { CheckpointState, NewCheckpoint } from "../../../src/domain/jobs/checkpoint.ts";
import type { MetricChunk } from "../../../src/domain/metrics/metric.ts";
import type { Model } from "../../../src/domain/models/model.ts";
import type { TrainingResult, TrainingRun } from "../../../src/domain/ports.ts";
import { admitInfluence } from "../../../src/training/influence/admit-influence.ts";
import type { InfluenceRun } from "../../../src/training/influence/influence.ts";
import type { RunControl } from "../../../src/training/run/run-control.ts";
import { runJob } from "../../../src/training/run-job.ts";
import { jobRecord, modelRecord, prepare, train } from "../train.ts";

/** A job that was trained, with its model. */
export interface Asked {
  readonly run: TrainingRun;
  readonly model: Model;
}

/** Trains a spec. Throws where it fails. */
export function trained(spec: object, dataset: DatasetRows | null = null): Asked {
  const prepared = prepare(spec, {}, dataset);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  const { result } = train(spec, { dataset });
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  const run = { job: jobRecord(prepared, 0), payload: prepared.payload, dataset, checkpoint: null };
  return { run, model: modelRecord(result.model) };
}

export interface Attempt {
  readonly result: TrainingResult;
  readonly chunks: readonly MetricChunk[];
  readonly checkpoints: readonly NewCheckpoint[];
}

/** What is wrong with a request, a line each: its pointer and why; none where it is admitted. */
export function faultsOf({ run, model }: Asked, request: object): string[] {
  const admitted = admitInfluence(run, model, influenceBody.parse(request));
  return admitted.ok ? [] : admitted.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

/** The run of a request. Throws where it is refused. */
export function runOf({ run, model }: Asked, request: InfluenceRequest): InfluenceRun {
  const admitted = admitInfluence(run, model, request);
  if (!admitted.ok) throw new Error(JSON.stringify(admitted.errors));
  const { instances, actual, output, rows = null } = request;
  const own = { ...(actual && { actual }), ...(output !== undefined && { output }), rows };
  const asks = { model: model.id, sha256: model.sha256, epochs: run.job.spec.epochs, instances, ...own };
  const spec = { ...run.job.spec, epochs: admitted.retrainings + 1, influence: asks };
  return { ...run, job: { ...run.job, spec } };
}

/** Runs a request; `control` says more of how, `from` where it goes on. */
export function attempt(
  asked: Asked,
  request: object,
  control: Partial<RunControl> = {},
  from: CheckpointState | null = null,
): Attempt {
  const chunks: MetricChunk[] = [];
  const checkpoints: NewCheckpoint[] = [];
  const result = runJob(
    { ...runOf(asked, influenceBody.parse(request)), checkpoint: from },
    {
      cancelled: () => false,
      stopping: () => null,
      report: (chunk) => void chunks.push(chunk),
      save: (checkpoint) => void checkpoints.push(checkpoint),
      storing: () => false,
      settle: () => undefined,
      ...control,
    },
  );
  return { result, chunks, checkpoints };
}

/** What a request comes to. Throws where the job fails. */
export function ask(asked: Asked, request: object): Influence {
  const { result } = attempt(asked, request);
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return influence.parse(result.evaluation?.influence);
}
