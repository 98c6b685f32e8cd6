/**
 * The messages of MLflow's REST API, written from its published protos (service.proto, model_registry.proto) as JSON: requests as clients
 * send them, with 64-bit integers as numbers or text, and answers as MLflow's server writes them, with 64-bit integers as numbers and NaN
 * as text. Limits of requests are those that MLflow documents.
 */
import { z } from "zod";
import { MODEL_STATUSES, RUN_STATUSES } from "./tracking.ts";

const MAX_KEY_BYTES = 250;
const MAX_PARAM_BYTES = 6000;
const MAX_TAG_BYTES = 8000;
const MAX_EXPERIMENT_TAG_BYTES = 20_000;
const MAX_NAME_BYTES = 500;
const MAX_BATCH = { metrics: 1000, params: 100, tags: 100, all: 1000 };
/** Maximum runs that MLflow lets a search ask for; our pages have fewer, and a token. */
const MAX_RESULTS = 50_000;
const MAX_EXPERIMENTS = 1000;

const encoder = new TextEncoder();
const isStorable = (text: string): boolean => !text.includes("\u0000") && text.isWellFormed();
const storable = { error: "must be text without NUL and lone surrogates, which databases cannot store" };
const textUpTo = (bytes: number) =>
  z
    .string()
    .refine(isStorable, storable)
    .refine((value) => encoder.encode(value).length <= bytes, { error: `must have ${bytes} bytes at most` });
const key = textUpTo(MAX_KEY_BYTES).min(1, { error: "must not be empty" });
const id = z.string().min(1).max(256).refine(isStorable, storable);
const name = textUpTo(MAX_NAME_BYTES).min(1, { error: "must not be empty" });

/** A 64-bit integer: text in protobuf's JSON, a number in MLflow's; text in a query. */
const int64 = z
  .union([z.int(), z.string().regex(/^-?\d{1,16}$/, { error: "must be an integer" })])
  .transform(Number)
  .refine(Number.isSafeInteger, { error: "must be an integer of 53 bits at most" });
const time = int64.refine((at) => at >= 0, { error: "must not be negative" });
/** A double, with names for values that JSON lacks. Python's json.dumps writes them without quotes: see foreign-body.ts. */
const double = z
  .union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"]), z.null()])
  .transform((value) => (value === null ? Number.NaN : Number(value)));
const bool = z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]);
/** A repeated field; in a query that has it once it is not a list. */
const many = <T extends z.ZodType>(of: T, most: number, error = `must be ${most} at most`) =>
  z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(of).max(most, { error }).default([]),
  );

const tagUpTo = (bytes: number) => z.object({ key, value: textUpTo(bytes).default("") });
const tag = tagUpTo(MAX_TAG_BYTES);
const param = z.object({ key, value: textUpTo(MAX_PARAM_BYTES).default("") });
const metric = z.object({ key, value: double, timestamp: time, step: int64.default(0), model_id: id.optional() });
const viewType = z.enum(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]).default("ACTIVE_ONLY");
const countUpTo = (most: number) => int64.pipe(z.int().min(1).max(most));
const paging = (most: number, usual: number) => ({
  max_results: countUpTo(most).default(usual),
  page_token: z.string().max(500).optional(),
});
const searching = { filter: z.string().max(4000).default(""), order_by: many(z.string().max(500), 5) };

/** A run is named by `run_id`, or by `run_uuid` in older clients. */
const ofRun = { run_id: id.optional(), run_uuid: id.optional() };
const named = <T extends { readonly run_id?: string | undefined; readonly run_uuid?: string | undefined }>(request: T) =>
  request.run_id !== undefined || request.run_uuid !== undefined;
const unnamed = { path: ["run_id"], error: "Missing value for required parameter 'run_id'" };

const inputTag = z.object({ key, value: textUpTo(MAX_KEY_BYTES * 2) });
const datasetInput = z.object({
  tags: many(inputTag, 20),
  dataset: z.object({
    ...{ name: textUpTo(MAX_NAME_BYTES), digest: textUpTo(36), source_type: textUpTo(36) },
    ...{ source: textUpTo(65_535), schema: textUpTo(1_048_576).optional(), profile: textUpTo(1_048_576).optional() },
  }),
});

/** The requests, by message name. */
export const REQUESTS = {
  None: z.object({}),
  CreateExperiment: z.object({ name, tags: many(tagUpTo(MAX_EXPERIMENT_TAG_BYTES), 100) }),
  SearchExperiments: z.object({ ...paging(MAX_RESULTS, 1000), ...searching, view_type: viewType }),
  Experiment: z.object({ experiment_id: id }),
  GetExperimentByName: z.object({ experiment_name: name }),
  UpdateExperiment: z.object({ experiment_id: id, new_name: name.optional() }),
  SetExperimentTag: z.object({ experiment_id: id, key, value: textUpTo(MAX_EXPERIMENT_TAG_BYTES) }),
  DeleteExperimentTag: z.object({ experiment_id: id, key }),
  CreateRun: z.object({
    experiment_id: id.default("0"),
    user_id: textUpTo(256).default(""),
    run_name: textUpTo(MAX_NAME_BYTES).optional(),
    start_time: time.optional(),
    tags: many(tag, MAX_BATCH.tags),
  }),
  UpdateRun: z
    .object({
      ...ofRun,
      status: z.enum(RUN_STATUSES).optional(),
      end_time: time.optional(),
      run_name: textUpTo(MAX_NAME_BYTES).optional(),
    })
    .refine(named, unnamed),
  Run: z.object(ofRun).refine(named, unnamed),
  LogMetric: metric.extend(ofRun).refine(named, unnamed),
  LogParam: param.extend(ofRun).refine(named, unnamed),
  SetTag: tag.extend(ofRun).refine(named, unnamed),
  DeleteTag: z.object({ ...ofRun, key }).refine(named, unnamed),
  LogBatch: z
    .object({
      run_id: id,
      metrics: many(metric, MAX_BATCH.metrics),
      params: many(param, MAX_BATCH.params),
      tags: many(tag, MAX_BATCH.tags),
    })
    .refine(({ metrics, params, tags }) => metrics.length + params.length + tags.length <= MAX_BATCH.all, {
      error: `A batch logging request can contain at most ${MAX_BATCH.all} metrics, params and tags together`,
    }),
  LogModel: z.object({ run_id: id, model_json: z.string().max(1_048_576) }),
  LogInputs: z.object({ run_id: id, datasets: many(datasetInput, 1000), models: many(z.object({ model_id: id }), 1000) }),
  LogOutputs: z.object({ run_id: id, models: many(z.object({ model_id: id, step: int64.default(0) }), 1000) }),
  SearchRuns: z.object({
    ...paging(MAX_RESULTS, 1000),
    ...searching,
    experiment_ids: many(id, MAX_EXPERIMENTS),
    run_view_type: viewType,
  }),
  GetMetricHistory: z
    .object({
      ...ofRun,
      metric_key: key,
      max_results: countUpTo(1_000_000).optional(),
      page_token: z.string().max(500).optional(),
    })
    .refine(named, unnamed),
  ListArtifacts: z
    .object({ ...ofRun, path: z.string().max(1000).optional(), page_token: z.string().optional() })
    .refine(named, unnamed),
  SearchRegisteredModels: z.object({ ...paging(1000, 100), ...searching }),
  SearchModelVersions: z.object({ ...paging(200_000, 1000), ...searching }),
  RegisteredModel: z.object({ name }),
  GetLatestVersions: z.object({ name, stages: many(z.string(), 10) }),
  ModelVersion: z.object({ name, version: z.coerce.string() }),
  SetModelVersionTag: z.object({ name, version: z.coerce.string(), key, value: textUpTo(1000) }),
  DeleteModelVersionTag: z.object({ name, version: z.coerce.string(), key }),
  Alias: z.object({ name, alias: id }),
  SetAlias: z.object({ name, alias: id, version: z.coerce.string() }),
  CreateLoggedModel: z.object({
    experiment_id: id.default("0"),
    name: textUpTo(MAX_NAME_BYTES).optional(),
    model_type: textUpTo(MAX_NAME_BYTES).default(""),
    source_run_id: id.optional(),
    params: many(param, MAX_BATCH.params),
    tags: many(tag, MAX_BATCH.tags),
  }),
  LoggedModel: z.object({ model_id: id }),
  FinalizeLoggedModel: z.object({ model_id: id, status: z.enum(MODEL_STATUSES) }),
  SetLoggedModelTags: z.object({ model_id: id, tags: many(tag, MAX_BATCH.tags) }),
  DeleteLoggedModelTag: z.object({ model_id: id, tag_key: key }),
  LogLoggedModelParams: z.object({ model_id: id, params: many(param, MAX_BATCH.params) }),
  SearchLoggedModels: z.object({
    ...paging(MAX_RESULTS, 100),
    experiment_ids: many(id, MAX_EXPERIMENTS),
    filter: searching.filter,
    order_by: many(z.object({ field_name: z.string().max(500), ascending: bool.default(true) }), 5),
  }),
} as const;
export type Request<Name extends keyof typeof REQUESTS> = z.output<(typeof REQUESTS)[Name]>;

const wireText = z.object({ key: z.string(), value: z.string() });
const wireTime = z.int();
const wireMetric = z.strictObject({
  key: z.string(),
  value: z.union([z.number(), z.literal("NaN")]),
  timestamp: wireTime,
  step: z.int(),
  run_id: z.string().optional(),
  model_id: z.string().optional(),
});
const lifecycle = z.enum(["active", "deleted"]);
const wireExperiment = z.strictObject({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string(),
  lifecycle_stage: lifecycle,
  creation_time: wireTime,
  last_update_time: wireTime,
  tags: z.array(wireText),
});
const wireRunInfo = z.strictObject({
  run_id: z.string(),
  run_uuid: z.string(),
  run_name: z.string(),
  experiment_id: z.string(),
  user_id: z.string(),
  status: z.enum(RUN_STATUSES),
  start_time: wireTime,
  end_time: wireTime.optional(),
  artifact_uri: z.string(),
  lifecycle_stage: lifecycle,
});
const wireRun = z.strictObject({
  info: wireRunInfo,
  data: z.strictObject({ metrics: z.array(wireMetric), params: z.array(wireText), tags: z.array(wireText) }),
  inputs: z.strictObject({
    dataset_inputs: z.array(z.looseObject({})),
    model_inputs: z.array(z.strictObject({ model_id: z.string() })),
  }),
  outputs: z.strictObject({ model_outputs: z.array(z.strictObject({ model_id: z.string(), step: z.int() })) }),
});
const wireFile = z.strictObject({ path: z.string(), is_dir: z.boolean(), file_size: z.int().optional() });
const wireVersion = z.strictObject({
  name: z.string(),
  version: z.string().regex(/^\d+$/),
  creation_timestamp: wireTime,
  last_updated_timestamp: wireTime,
  current_stage: z.literal("None"),
  description: z.string(),
  source: z.string(),
  run_id: z.string(),
  status: z.literal("READY"),
  tags: z.array(wireText),
  aliases: z.array(z.string()),
});
const wireRegistered = z.strictObject({
  name: z.string(),
  creation_timestamp: wireTime,
  last_updated_timestamp: wireTime,
  description: z.string(),
  latest_versions: z.array(wireVersion),
  tags: z.array(wireText),
  aliases: z.array(z.strictObject({ alias: z.string(), version: z.string() })),
});
const wireLoggedModel = z.strictObject({
  info: z.strictObject({
    model_id: z.string(),
    experiment_id: z.string(),
    name: z.string(),
    creation_timestamp_ms: wireTime,
    last_updated_timestamp_ms: wireTime,
    artifact_uri: z.string(),
    status: z.enum(MODEL_STATUSES),
    model_type: z.string(),
    source_run_id: z.string().optional(),
    tags: z.array(wireText),
  }),
  data: z.strictObject({ params: z.array(wireText), metrics: z.array(wireMetric) }),
});
const token = z.string().optional();

/** The answers, by the message name of their requests. */
export const ANSWERS = {
  Nothing: z.strictObject({}),
  ServerInfo: z.strictObject({ store_type: z.string(), workspaces_enabled: z.literal(false) }),
  ExperimentId: z.strictObject({ experiment_id: z.string() }),
  Experiment: z.strictObject({ experiment: wireExperiment }),
  Experiments: z.strictObject({ experiments: z.array(wireExperiment), next_page_token: token }),
  Run: z.strictObject({ run: wireRun }),
  RunInfo: z.strictObject({ run_info: wireRunInfo }),
  Runs: z.strictObject({ runs: z.array(wireRun), next_page_token: token }),
  Metrics: z.strictObject({ metrics: z.array(wireMetric), next_page_token: token }),
  Artifacts: z.strictObject({ root_uri: z.string(), files: z.array(wireFile) }),
  Files: z.strictObject({ files: z.array(wireFile) }),
  RegisteredModel: z.strictObject({ registered_model: wireRegistered }),
  RegisteredModels: z.strictObject({ registered_models: z.array(wireRegistered), next_page_token: token }),
  ModelVersion: z.strictObject({ model_version: wireVersion }),
  ModelVersions: z.strictObject({ model_versions: z.array(wireVersion), next_page_token: token }),
  ArtifactUri: z.strictObject({ artifact_uri: z.string() }),
  LoggedModel: z.strictObject({ model: wireLoggedModel }),
  LoggedModels: z.strictObject({ models: z.array(wireLoggedModel), next_page_token: token }),
} as const;
export type Answer<Name extends keyof typeof ANSWERS> = z.output<(typeof ANSWERS)[Name]>;

export type WireMetric = z.output<typeof wireMetric>;
export type WireRun = z.output<typeof wireRun>;
export type WireRunInfo = z.output<typeof wireRunInfo>;
export type WireExperiment = z.output<typeof wireExperiment>;
export type WireVersion = z.output<typeof wireVersion>;
export type WireRegistered = z.output<typeof wireRegistered>;
export type WireLoggedModel = z.output<typeof wireLoggedModel>;
