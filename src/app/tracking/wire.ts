/** Writes experiments, runs and logged models as MLflow's messages. */
import type { WireExperiment, WireLoggedModel, WireMetric, WireRun, WireRunInfo } from "../../domain/tracking/messages.ts";
import {
  artifactUriOf,
  type Experiment,
  type LoggedModel,
  type Metric,
  type Run,
  type RunInfo,
} from "../../domain/tracking/tracking.ts";

/** A metric; JSON has no NaN. */
export function wireMetric({ key, value, timestamp, step }: Metric): WireMetric {
  return { key, value: Number.isNaN(value) ? "NaN" : value, timestamp, step };
}

export function wireExperiment({ id, name, lifecycle, tags, createdAt, updatedAt }: Experiment): WireExperiment {
  return {
    ...{ experiment_id: id, name, artifact_location: artifactUriOf(`experiments/${id}`), lifecycle_stage: lifecycle },
    ...{ creation_time: createdAt, last_update_time: updatedAt, tags: [...tags] },
  };
}

export function wireRunInfo(run: RunInfo): WireRunInfo {
  return {
    ...{ run_id: run.id, run_uuid: run.id, run_name: run.name, experiment_id: run.experimentId, user_id: run.userId },
    ...{ status: run.status, start_time: run.startTime, ...(run.endTime === null ? {} : { end_time: run.endTime }) },
    ...{ artifact_uri: artifactUriOf(run.id), lifecycle_stage: run.lifecycle },
  };
}

export function wireRun(run: Run): WireRun {
  const { datasets, modelInputs, modelOutputs } = run.links;
  return {
    info: wireRunInfo(run),
    data: { metrics: run.metrics.map(wireMetric), params: [...run.params], tags: [...run.tags] },
    inputs: {
      dataset_inputs: datasets.map((each) => ({ ...each })),
      model_inputs: modelInputs.map((model_id) => ({ model_id })),
    },
    outputs: { model_outputs: modelOutputs.map(({ id, step }) => ({ model_id: id, step })) },
  };
}

export function wireLoggedModel(model: LoggedModel): WireLoggedModel {
  return {
    info: {
      ...{ model_id: model.id, experiment_id: model.experimentId, name: model.name, model_type: model.type },
      ...{ creation_timestamp_ms: model.createdAt, last_updated_timestamp_ms: model.updatedAt, status: model.status },
      ...{ artifact_uri: artifactUriOf(model.id), ...(model.runId === null ? {} : { source_run_id: model.runId }) },
      tags: [...model.tags],
    },
    data: { params: [...model.params], metrics: model.metrics.map(wireMetric) },
  };
}
