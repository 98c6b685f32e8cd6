/**
 * Every supported endpoint of MLflow's API, in one table: its method and path, its messages, who may call it, and the use case that
 * answers.
 */
import {
  changeExperiment,
  createExperiment,
  getExperiment,
  getExperimentByName,
  searchExperiments,
} from "../../../app/tracking/experiments.ts";
import { getRun, readHistory, searchRuns, type TrackingServices } from "../../../app/tracking/find-runs.ts";
import {
  createRun,
  deleteTag,
  linkRun,
  logBatch,
  metricOf,
  moveRun,
  runIdOf,
  updateRun,
} from "../../../app/tracking/log-runs.ts";
import {
  changeLoggedModel,
  createLoggedModel,
  deleteLoggedModel,
  getLoggedModel,
  searchLoggedModels,
} from "../../../app/tracking/logged-models.ts";
import {
  deleteAlias,
  getLatestVersions,
  getRegisteredModel,
  getVersion,
  getVersionByAlias,
  searchRegisteredModels,
  searchVersions,
  setAlias,
  tagVersion,
} from "../../../app/tracking/registry.ts";
import { wireExperiment, wireRun } from "../../../app/tracking/wire.ts";
import { ANSWERS, type REQUESTS } from "../../../domain/tracking/messages.ts";
import { artifactUriOf } from "../../../domain/tracking/tracking.ts";
import { listArtifacts } from "./artifacts.ts";

type Messages = typeof REQUESTS;
type Answers = typeof ANSWERS;
type Method = "GET" | "POST" | "PATCH" | "DELETE";
/** Who may call it: see access.ts. `Log` is for what a run says of itself. */
type Kind = "Read" | "Write" | "Log";

/** An endpoint: how it is called, and its answer. */
interface Endpoint {
  readonly method: Method;
  readonly path: string;
  readonly operationId: `mlflow${Kind}`;
  readonly request: keyof Messages;
  readonly answer: Answers[keyof Answers];
  run(services: TrackingServices, request: never): Promise<unknown>;
}

function endpoint<Name extends keyof Messages, Reply extends keyof Answers>(
  kind: Kind,
  call: `${Method} ${string}`,
  request: Name,
  answer: Reply,
  run: (services: TrackingServices, request: Messages[Name]["_zod"]["output"]) => Promise<Answers[Reply]["_zod"]["output"]>,
): Endpoint {
  const [method = "GET", path = ""] = call.split(" ");
  const version = path === "server-info" ? "3.0" : "2.0";
  return {
    ...{ method: method as Method, path: `/api/${version}/mlflow/${path}`, operationId: `mlflow${kind}` },
    ...{ request, answer: ANSWERS[answer], run },
  };
}

const EXPERIMENTS: readonly Endpoint[] = [
  endpoint("Read", "GET experiments/get", "Experiment", "Experiment", async (services, { experiment_id }) => ({
    experiment: wireExperiment(await getExperiment(services, experiment_id)),
  })),
  endpoint("Read", "GET experiments/get-by-name", "GetExperimentByName", "Experiment", (services, { experiment_name }) =>
    getExperimentByName(services, experiment_name),
  ),
  ...(["GET", "POST"] as const).map((method) =>
    endpoint("Read", `${method} experiments/search`, "SearchExperiments", "Experiments", searchExperiments),
  ),
  // Clients of MLflow 1 list experiments with this call, which MLflow 2 removed.
  endpoint("Read", "GET experiments/list", "SearchExperiments", "Experiments", searchExperiments),
  endpoint("Write", "POST experiments/create", "CreateExperiment", "ExperimentId", createExperiment),
  endpoint("Write", "POST experiments/update", "UpdateExperiment", "Nothing", (services, { experiment_id, new_name }) =>
    changeExperiment(services, experiment_id, new_name === undefined ? {} : { name: new_name }),
  ),
  endpoint("Write", "POST experiments/delete", "Experiment", "Nothing", (services, { experiment_id }) =>
    changeExperiment(services, experiment_id, { lifecycle: "deleted" }),
  ),
  endpoint("Write", "POST experiments/restore", "Experiment", "Nothing", (services, { experiment_id }) =>
    changeExperiment(services, experiment_id, { lifecycle: "active" }),
  ),
  endpoint(
    "Write",
    "POST experiments/set-experiment-tag",
    "SetExperimentTag",
    "Nothing",
    (services, { experiment_id, key, value }) => changeExperiment(services, experiment_id, { tags: { [key]: value } }),
  ),
  endpoint(
    "Write",
    "POST experiments/delete-experiment-tag",
    "DeleteExperimentTag",
    "Nothing",
    (services, { experiment_id, key }) => changeExperiment(services, experiment_id, { tags: { [key]: null } }),
  ),
];

const RUNS: readonly Endpoint[] = [
  endpoint("Read", "GET runs/get", "Run", "Run", async (services, run) => ({
    run: wireRun(await getRun(services, runIdOf(run))),
  })),
  endpoint("Read", "POST runs/search", "SearchRuns", "Runs", searchRuns),
  endpoint("Read", "GET metrics/get-history", "GetMetricHistory", "Metrics", readHistory),
  endpoint("Read", "GET artifacts/list", "ListArtifacts", "Artifacts", async (services, request) => ({
    root_uri: artifactUriOf(runIdOf(request)),
    files: await listArtifacts(services, runIdOf(request), request.path ?? ""),
  })),
  endpoint("Write", "POST runs/create", "CreateRun", "Run", createRun),
  endpoint("Write", "POST runs/update", "UpdateRun", "RunInfo", updateRun),
  endpoint("Write", "POST runs/delete", "Run", "Nothing", (services, run) => moveRun(services, runIdOf(run), "deleted")),
  endpoint("Write", "POST runs/restore", "Run", "Nothing", (services, run) => moveRun(services, runIdOf(run), "active")),
  endpoint("Log", "POST runs/log-metric", "LogMetric", "Nothing", (services, metric) =>
    logBatch(services, runIdOf(metric), { metrics: [metricOf(metric)] }),
  ),
  endpoint("Log", "POST runs/log-parameter", "LogParam", "Nothing", (services, { key, value, ...run }) =>
    logBatch(services, runIdOf(run), { params: [{ key, value }] }),
  ),
  endpoint("Log", "POST runs/log-batch", "LogBatch", "Nothing", (services, { run_id, metrics, params, tags }) =>
    logBatch(services, run_id, { metrics: metrics.map(metricOf), params, tags }),
  ),
  endpoint("Log", "POST runs/set-tag", "SetTag", "Nothing", (services, { key, value, ...run }) =>
    logBatch(services, runIdOf(run), { tags: [{ key, value }] }),
  ),
  endpoint("Log", "POST runs/delete-tag", "DeleteTag", "Nothing", (services, { key, ...run }) =>
    deleteTag(services, runIdOf(run), key),
  ),
  // Clients of MLflow 2 report with it which model files a run has. They are not stored here, and the call succeeds.
  endpoint("Log", "POST runs/log-model", "LogModel", "Nothing", async (services, { run_id }) => {
    await getRun(services, run_id);
    return {};
  }),
  endpoint("Log", "POST runs/log-inputs", "LogInputs", "Nothing", (services, { run_id, datasets, models }) =>
    linkRun(services, run_id, { datasets, modelInputs: models.map(({ model_id }) => model_id) }),
  ),
  endpoint("Log", "POST runs/outputs", "LogOutputs", "Nothing", (services, { run_id, models }) =>
    linkRun(services, run_id, { modelOutputs: models.map(({ model_id, step }) => ({ id: model_id, step })) }),
  ),
];

const REGISTRY: readonly Endpoint[] = [
  endpoint("Read", "GET registered-models/get", "RegisteredModel", "RegisteredModel", (services, { name }) =>
    getRegisteredModel(services, name),
  ),
  endpoint("Read", "GET registered-models/search", "SearchRegisteredModels", "RegisteredModels", searchRegisteredModels),
  ...(["GET", "POST"] as const).map((method) =>
    endpoint(
      "Read",
      `${method} registered-models/get-latest-versions`,
      "GetLatestVersions",
      "ModelVersions",
      (services, { name }) => getLatestVersions(services, name),
    ),
  ),
  endpoint("Read", "GET registered-models/alias", "Alias", "ModelVersion", (services, { name, alias }) =>
    getVersionByAlias(services, name, alias),
  ),
  endpoint("Write", "POST registered-models/alias", "SetAlias", "Nothing", setAlias),
  endpoint("Write", "DELETE registered-models/alias", "Alias", "Nothing", deleteAlias),
  endpoint("Read", "GET model-versions/get", "ModelVersion", "ModelVersion", (services, { name, version }) =>
    getVersion(services, name, version),
  ),
  endpoint("Read", "GET model-versions/search", "SearchModelVersions", "ModelVersions", searchVersions),
  endpoint(
    "Read",
    "GET model-versions/get-download-uri",
    "ModelVersion",
    "ArtifactUri",
    async (services, { name, version }) => ({
      artifact_uri: (await getVersion(services, name, version)).model_version.source,
    }),
  ),
  endpoint("Write", "POST model-versions/set-tag", "SetModelVersionTag", "Nothing", (services, { value, ...tag }) =>
    tagVersion(services, tag, value),
  ),
  endpoint("Write", "DELETE model-versions/delete-tag", "DeleteModelVersionTag", "Nothing", (services, tag) =>
    tagVersion(services, tag, null),
  ),
];

const MODEL = "logged-models/:model_id";
const LOGGED_MODELS: readonly Endpoint[] = [
  endpoint("Read", "POST logged-models/search", "SearchLoggedModels", "LoggedModels", searchLoggedModels),
  endpoint("Read", `GET ${MODEL}`, "LoggedModel", "LoggedModel", (services, { model_id }) =>
    getLoggedModel(services, model_id),
  ),
  endpoint("Read", `GET ${MODEL}/artifacts/directories`, "LoggedModel", "Artifacts", async (services, { model_id }) => ({
    root_uri: artifactUriOf(model_id),
    files: await listArtifacts(services, model_id, ""),
  })),
  endpoint("Write", "POST logged-models", "CreateLoggedModel", "LoggedModel", createLoggedModel),
  endpoint("Write", `PATCH ${MODEL}`, "FinalizeLoggedModel", "LoggedModel", (services, { model_id, status }) =>
    changeLoggedModel(services, model_id, { status }),
  ),
  endpoint("Write", `DELETE ${MODEL}`, "LoggedModel", "Nothing", (services, { model_id }) =>
    deleteLoggedModel(services, model_id),
  ),
  endpoint("Write", `PATCH ${MODEL}/tags`, "SetLoggedModelTags", "LoggedModel", (services, { model_id, tags }) =>
    changeLoggedModel(services, model_id, { tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) }),
  ),
  endpoint(
    "Write",
    `DELETE ${MODEL}/tags/:tag_key`,
    "DeleteLoggedModelTag",
    "Nothing",
    async (services, { model_id, tag_key }) => {
      await changeLoggedModel(services, model_id, { tags: { [tag_key]: null } });
      return {};
    },
  ),
  endpoint("Write", `POST ${MODEL}/params`, "LogLoggedModelParams", "Nothing", async (services, { model_id, params }) => {
    await changeLoggedModel(services, model_id, { params });
    return {};
  }),
];

/** All endpoints. Clients ask the first one which of MLflow's later features a server has: none of them. */
export const ENDPOINTS: readonly Endpoint[] = [
  endpoint("Read", "GET server-info", "None", "ServerInfo", async () => ({
    store_type: "trainyard",
    workspaces_enabled: false,
  })),
  ...EXPERIMENTS,
  ...RUNS,
  ...REGISTRY,
  ...LOGGED_MODELS,
];
