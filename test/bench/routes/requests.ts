/** For every operation of openapi.yaml, requests whose bodies and answers are as large as the limits let them be. */

import { FILE_METADATA } from "../../../src/domain/models/architecture.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { bytes, type Encoded, integer, join, message, nested, string } from "../../../src/formats/protobuf.ts";
import { encodeSafetensors } from "../../../src/formats/safetensors/safetensors.ts";
import type { Records } from "./records.ts";
import { repeat } from "./records.ts";

/** A request to an operation. */
export interface Request {
  readonly operation: string;
  /** What is large about it. */
  readonly what: string;
  readonly method?: string;
  readonly path: string;
  /** The method of a call over gRPC, which goes to the route of its operation. */
  readonly call?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A long one is made when it is asked for. */
  readonly body?: string | Uint8Array<ArrayBuffer> | (() => string | Uint8Array<ArrayBuffer>);
  /** Takes long: asked fewer times. */
  readonly once?: true;
}

/** Operations that are not measured, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  restore: "restarts the server",
  backUp: "in a thread of the database; measured by its own tests",
  stream: "a stream: see bench:service",
  streamJob: "a stream",
  streamSweep: "a stream",
  readEvents: "a stream",
  readSweepEvents: "a stream",
  signOut: "deletes one row",
  deleteSweep: "one row and its chunks, in the thread of the database",
  deleteJob: "likewise",
  deleteModel: "likewise",
  deleteDataset: "likewise",
  deleteCheckpoint: "likewise",
  deleteAlias: "deletes one row",
  revokeKey: "changes one row",
  drainWorker: "ends the server",
  pauseSweep: "a change of state, as cancelSweep",
  resumeSweep: "likewise",
  tfPredictVersion: "as tfPredict",
  inferVersion: "as infer",
  modelMetadataVersion: "as modelMetadata",
  modelReadyVersion: "as modelReady",
  modelConfigVersion: "as modelConfig",
  tfMetadataVersion: "as tfMetadata",
  readForget: "reads one row",
  cancelForget: "changes one row",
  labelJob: "changes one row",
  labelSweep: "likewise",
  askInfluence: "makes a job, of a body of 256 kB at most, read as others are",
  askLearningCurve: "likewise",
  askSeeds: "likewise",
  modelStatisticsVersion: "as modelStatistics",
  readSchedule: "reads one row",
  deleteSchedule: "deletes one row",
  runSchedule: "changes one row",
  readImport: "reads one row",
  cancelImport: "changes one row",
  listModelWebhookDeliveries: "as listWebhookDeliveries",
  listScheduleRunWebhookDeliveries: "likewise",
};

const JSON_TYPE = { "content-type": "application/json" };
const post = (operation: string, what: string, path: string, body: unknown, more: Partial<Request> = {}): Request => ({
  operation,
  what,
  method: "POST",
  path,
  headers: JSON_TYPE,
  body: typeof body === "function" ? () => JSON.stringify(body()) : typeof body === "string" ? body : JSON.stringify(body),
  ...more,
});
const get = (operation: string, what: string, path: string, more: Partial<Request> = {}): Request => ({
  operation,
  what,
  path,
  ...more,
});

const KIB = 1024;
const rows = (size: number, width: number) => {
  const row = JSON.stringify(repeat(width, (at) => at + 0.5));
  return `[${repeat(Math.floor(size / (row.length + 1)), () => row).join(",")}]`;
};
const fields = (size: number) => repeat(Math.floor(size / 14), (at) => `"u${String(at).padStart(7, "0")}":1`).join(",");

const MLFLOW = "/api/2.0/mlflow";

/** A file of one layer of so many inputs and outputs. */
function squareModel(size: number): Uint8Array<ArrayBuffer> {
  const weight = { name: "0.weight", shape: [size, size], values: new Float32Array(size * size) };
  const bias = { name: "0.bias", shape: [size], values: new Float32Array(size) };
  const architecture = JSON.stringify({ task: "regression", layers: [{ type: "linear", units: size }] });
  const { pieces } = encodeSafetensors(packTensors([weight, bias]), { [FILE_METADATA.architecture]: architecture });
  return Buffer.concat([...pieces]);
}

interface InferTensor {
  readonly datatype?: string;
  readonly shape: readonly number[];
  readonly contents?: Encoded;
  readonly raw?: Uint8Array<ArrayBuffer>;
}

const ones = (count: number) => new Uint8Array(count).fill(1);
const texts = (count: number) => message(...repeat(count, () => string(8, "a")));

/** The requests, over records that are there. */
export function requestsOn(has: Records): Request[] {
  const line = `/v1/models/${has.line}`;
  const wide = `/v1/models/${has.wide}`;
  const tf = `/v1/models/${has.line}:predict`;
  const v2 = `/v2/models/${has.line}/infer`;
  const tensor = (count: number) =>
    `{"inputs":[{"name":"input","shape":[${count / 4},4],"datatype":"FP64","data":[${repeat(count, () => "0.5").join(",")}]}]`;
  const infer = (what: string, { datatype = "FP64", shape, contents, raw }: InferTensor): Request => ({
    operation: "infer",
    what,
    path: "",
    call: "/inference.GRPCInferenceService/ModelInfer",
    body: join(
      message(
        string(1, has.line),
        nested(
          5,
          message(
            ...[string(1, "input"), string(2, datatype), ...shape.map((size) => integer(3, size))],
            ...(contents ? [nested(5, contents)] : []),
          ),
        ),
        ...(raw ? [bytes(7, raw)] : []),
      ),
    ),
  });
  const inline = (count: number) => ({
    inline: { features: repeat(count, (at) => [at / 7, at / 11, at / 13, at / 17]), targets: repeat(count, (at) => at / 3) },
  });
  const spec = { model: { layers: [{ type: "linear" }] }, epochs: 1 };
  const csv = `${repeat(4, (at) => `c${at}`).join(",")}\n${repeat(200_000, (at) => `${at},${at / 2},x${at % 50},${at / 3}`).join("\n")}\n`;
  return [
    get("health", "", "/healthz"),
    get("readiness", "", "/readyz"),
    get("exposeMetrics", "", "/metrics"),
    get("serverMetadata", "", "/v2"),
    get("serverLive", "", "/v2/health/live"),
    get("serverReady", "", "/v2/health/ready"),
    post("repositoryIndex", "", "/v2/repository/index", {}),
    get("readSession", "", "/v1/session"),
    post("signIn", "a wrong key of 64 kB", "/v1/session", { key: "k".repeat(64 * KIB) }),
    post("createKey", "64 kB of a name", "/v1/keys", { name: "n".repeat(64 * KIB), scopes: ["read"] }),
    get("listKeys", "", "/v1/keys?limit=200"),
    get("readKey", "unknown", "/v1/keys/key_01a22698-1944-7000-a224-4274722125e5"),
    get("listWorkers", "", "/v1/workers"),
    get("listAuditLog", "200", "/v1/audit?limit=200"),
    get("readWebhookSecret", "", "/v1/webhook-secret"),

    post("submitJob", "55 MB of rows", "/v1/jobs?validate_only=true", () => ({ data: inline(600_000), ...spec }), {
      once: true,
    }),
    post(
      "submitJob",
      "a split that names 500,000 rows",
      "/v1/jobs?validate_only=true",
      () => ({ data: inline(500_002), ...spec, split: { validation_rows: repeat(500_000, (at) => at) } }),
      { once: true },
    ),
    post(
      "submitJob",
      "that job, queued",
      "/v1/jobs",
      () => ({ data: inline(500_002), ...spec, split: { validation_rows: repeat(500_000, (at) => at) } }),
      { once: true },
    ),
    post("submitJob", "64 MB of unknown fields", "/v1/jobs?validate_only=true", `{${fields(63e6)}}`, { once: true }),
    post("submitJob", "95 layers", "/v1/jobs?validate_only=true", {
      data: { generator: { type: "moons", samples: 100 } },
      ...spec,
      model: { layers: [...repeat(95, () => ({ type: "linear", units: 64 })), { type: "linear" }] },
    }),
    get("listJobs", "200 with large specs", "/v1/jobs?limit=200"),
    get("readJob", "a large spec", `/v1/jobs/${has.largeSpec}`),
    get("readJobRows", "", `/v1/jobs/${has.largeSpec}/data?limit=1000`),
    post("cancelJob", "one that has ended", `/v1/jobs/${has.largeSpec}/cancel`, ""),
    post("pauseJob", "one that has ended", `/v1/jobs/${has.largeSpec}/pause`, ""),
    post("resumeJob", "one that has ended", `/v1/jobs/${has.largeSpec}/resume`, ""),
    get("replayJob", "", `/v1/jobs/${has.long}/replay?step=3`),
    get("readMetrics", "100,000 epochs as 10,000 points", `/v1/jobs/${has.long}/metrics?points=10000`),
    get("readMetrics", "100,000 epochs as CSV", `/v1/jobs/${has.long}/metrics`, { headers: { accept: "text/csv" } }),
    get("exportTensorBoard", "100,000 epochs", `/v1/jobs/${has.long}/tensorboard`),
    get("listCheckpoints", "", `/v1/jobs/${has.long}/checkpoints?limit=200`),
    post("predictWithCheckpoint", "255 kB", `/v1/checkpoints/${has.checkpoint}/predict`, `{"instances":${rows(255 * KIB, 4)}}`),
    get("listWebhookDeliveries", "", `/v1/jobs/${has.long}/webhook-deliveries`),

    post("submitSweep", "60 parameters of 256 values that are none", "/v1/sweeps?validate_only=true", {
      job: { data: { generator: { type: "moons" } }, ...spec, split: { validation: 0.2 } },
      parameters: Object.fromEntries(
        repeat(60, (at) => [`/data/generator/unknown${at}`, { values: repeat(256, (value) => value / 256) }]),
      ),
      method: { type: "random", trials: 10 },
    }),
    post(
      "submitSweep",
      "55 MB of rows",
      "/v1/sweeps?validate_only=true",
      () => ({
        job: { data: inline(600_000), ...spec, split: { validation: 0.2 } },
        parameters: { "/optimizer/lr": { values: [0.1, 0.2] } },
      }),
      { once: true },
    ),
    get("listSweeps", "", "/v1/sweeps?limit=200"),
    get("readSweep", "", `/v1/sweeps/${has.sweep}`),
    get("listTrials", "1,000", `/v1/sweeps/${has.sweep}/trials?limit=1000`),
    get("listTrials", "as CSV", `/v1/sweeps/${has.sweep}/trials`, { headers: { accept: "text/csv" } }),
    get("readTrial", "", `/v1/sweeps/${has.sweep}/trials/0`),
    get("readImportance", "", `/v1/sweeps/${has.sweep}/importance`),
    post("promoteTrial", "", `/v1/sweeps/${has.sweep}/trials/0/promote`, ""),
    post("cancelSweep", "one that has ended", `/v1/sweeps/${has.sweep}/cancel`, ""),

    {
      operation: "uploadDataset",
      what: "200,000 rows",
      method: "POST",
      path: "/v1/datasets?name=up",
      headers: { "content-type": "text/csv" },
      body: csv,
    },
    {
      operation: "uploadDataset",
      what: "200,000 rows as a form",
      method: "POST",
      path: "/v1/datasets?name=form",
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: `--b\r\ncontent-disposition: form-data; name="file"; filename="t.csv"\r\n\r\n${csv.replace("c0", "d0")}\r\n--b--\r\n`,
    },
    {
      operation: "uploadDataset",
      what: "a form of 4 MB of parts",
      method: "POST",
      path: "/v1/datasets?name=form",
      headers: { "content-type": "multipart/form-data; boundary=b" },
      body: `${repeat(60_000, (at) => `--b\r\ncontent-disposition: form-data; name="f${at}"\r\n\r\nx\r\n`).join("")}--b--\r\n`,
    },
    get("listDatasets", "of 2,000 columns each", "/v1/datasets?limit=200"),
    get("readDataset", "2,000 columns", `/v1/datasets/${has.wideTable}`),
    get("previewDataset", "2,000 columns", `/v1/datasets/${has.wideTable}/preview`),
    get(
      "sampleDatasetRows",
      "",
      `/v1/datasets/${has.wideTable}/rows?columns=${encodeURIComponent(JSON.stringify(repeat(16, (at) => `c${at}`)))}`,
    ),
    get("listForgets", "", "/v1/forgets?limit=50"),
    post("forgetRows", "10,000 rows", `/v1/datasets/${has.tallTable}/forget?validate_only=true`, {
      positions: repeat(10_000, (at) => at),
    }),
    post("auditDataset", "", `/v1/datasets/${has.tallTable}/audit?validate_only=true`, { target: "y" }),
    post("correctDataset", "10,000 cells", `/v1/datasets/${has.tallTable}/corrections`, {
      column: "y",
      cells: repeat(10_000, (row) => ({ row, value: 1 })),
    }),
    post("correctDataset", "2 MB of cells, too many", `/v1/datasets/${has.tallTable}/corrections`, {
      column: "y",
      cells: repeat(80_000, (row) => ({ row, value: 1 })),
    }),
    post("importDataset", "500 kB of unknown fields", "/v1/datasets/import", `{${fields(500 * KIB)}}`),

    get("listSchedules", "", "/v1/schedules?limit=200"),
    get("listScheduleRuns", "", `/v1/schedules/${has.schedule}/runs?limit=200`),
    post("createSchedule", "1 MB of unknown fields", "/v1/schedules", `{${fields(1e6)}}`),
    post(
      "changeSchedule",
      "1 MB of rows in its job",
      `/v1/schedules/${has.schedule}`,
      { job: inline(12_000) },
      { method: "PATCH" },
    ),

    get("listModels", "of 1,999 inputs each", "/v1/models?limit=200"),
    get("readModel", "1,999 inputs", wide),
    get("listVersions", "", `${line}/versions?limit=200`),
    get("compareModels", "1,999 inputs", `${wide}/compare?with=${has.line}`),
    get("readModelCard", "1,999 inputs", `${wide}/card`),
    get("readWeights", "", `${wide}/weights`),
    get("exportOnnx", "", `${wide}/onnx`),
    post("reproduceModel", "", `${line}/reproduce`, ""),
    {
      operation: "importModel",
      what: "20 MB that are none",
      method: "POST",
      path: "/v1/models?name=none",
      headers: { "content-type": "application/octet-stream" },
      body: () => new Uint8Array(20e6),
    },
    {
      operation: "importModel",
      what: "20 MB of weights",
      method: "POST",
      path: "/v1/models?name=imported",
      headers: { "content-type": "application/octet-stream" },
      body: () => squareModel(2236),
    },
    {
      operation: "tagModel",
      what: "64 kB of tags",
      method: "PATCH",
      path: line,
      headers: JSON_TYPE,
      body: JSON.stringify({ tags: Object.fromEntries(repeat(2000, (at) => [`tag${at}`, "value of a tag"])) }),
    },
    { operation: "setAlias", what: "", method: "PUT", path: `${line}/aliases/live`, headers: JSON_TYPE, body: '{"version":1}' },

    post("predict", "16 kB", `${line}/predict`, `{"instances":${rows(15 * KIB, 4)}}`),
    post("predict", "255 kB", `${line}/predict`, `{"instances":${rows(255 * KIB, 4)}}`),
    post("predict", "255 kB of unknown members", `${line}/predict`, `{"instances":[[1,2,3,4]],${fields(255 * KIB)}}`),
    post("predict", "255 kB of empty rows", `${line}/predict`, `{"instances":[${repeat(85_000, () => "[]").join(",")}]}`),
    post(
      "predict",
      "255 kB of wrong rows",
      `${line}/predict`,
      `{"instances":[${repeat(20_000, () => '["x",1,2,3]').join(",")}]}`,
    ),
    post("predict", "255 kB of a wide row", `${wide}/predict`, `{"instances":${rows(255 * KIB, 1999)}}`),
    post("predict", "20 MB", `${line}/predict`, `{"instances":${rows(1_200_000, 4)}}`),
    {
      operation: "predict",
      what: "8 MB of CSV",
      method: "POST",
      path: `${line}/predict`,
      headers: { "content-type": "text/csv" },
      body: `${repeat(400_000, () => "1.5,2.5,3.5,4.5").join("\n")}\n`,
    },
    {
      operation: "predict",
      what: "8 MB of NDJSON",
      method: "POST",
      path: `${line}/predict`,
      headers: { "content-type": "application/x-ndjson" },
      body: `${repeat(400_000, () => "[1.5,2.5,3.5,4.5]").join("\n")}\n`,
    },
    post("predict", "explained, 100 rows", `${line}/predict`, { instances: repeat(100, () => [1, 2, 3, 4]), explain: {} }),
    post("evaluateModel", "100,000 rows", `/v1/models/${has.tall}/evaluate`, { dataset: { id: has.freshTable } }),
    get(
      "compareScores",
      "100,000 rows",
      `/v1/models/${has.tall}@1/compare/scores?with=${has.tall}@2&dataset=${has.freshTable}`,
    ),
    get("listAskedRows", "of 1,999 inputs", `${wide}/asked-rows`),
    get("readMonitoring", "1,999 inputs", `${wide}/monitoring`),
    post("configureMonitoring", "", `${line}/monitoring`, { enabled: true }, { method: "PATCH" }),
    post("sendFeedback", "1,000 labels", `${line}/feedback`, {
      labels: repeat(1000, (at) => ({ prediction_id: `order-${at}`, label: 1 })),
    }),
    post("partialDependence", "", `${line}/partial-dependence`, {}),
    post("tfPredict", "255 kB", tf, `{"instances":${rows(255 * KIB, 4)}}`),
    post("tfPredict", "255 kB of unknown members", tf, `{"instances":[[1,2,3,4]],${fields(255 * KIB)}}`),
    post("tfPredict", "255 kB as columns", tf, `{"inputs":{"input":${rows(255 * KIB, 4)}}}`),
    post("tfPredict", "4 MB", tf, `{"instances":${rows(4_000_000, 4)}}`),
    get("tfModelStatus", "", `${line}/versions/1`),
    get("tfMetadata", "1,999 inputs", `${wide}/metadata`),
    post("tfRefused", "255 kB", `/v1/models/${has.line}:classify`, `{"examples":${rows(255 * KIB, 4)}}`),
    post("infer", "255 kB", v2, `${tensor(4 * 16_000)}}`),
    post("infer", "255 kB of unknown members", v2, `${tensor(4)},${fields(255 * KIB)}}`),
    post("infer", "4 MB", v2, `${tensor(4 * 250_000)}}`),
    infer("255 kB of FP64 over gRPC", { shape: [8000, 4], raw: new Uint8Array(8000 * 4 * 8) }),
    infer("50,000 texts over gRPC", { datatype: "BYTES", shape: [12_000, 4], contents: texts(48_000) }),
    infer("260,000 values of INT64 over gRPC", { datatype: "INT64", shape: [65_000, 4], contents: bytes(3, ones(260_000)) }),
    infer("100,000 values of INT8 over gRPC", { datatype: "INT8", shape: [25_000, 4], contents: bytes(2, ones(100_000)) }),
    get("modelMetadata", "1,999 inputs", `/v2/models/${has.wide}`),
    get("allModelStatistics", "", "/v2/models/stats"),
    get("modelStatistics", "", `/v2/models/${has.line}/stats`),
    get("modelReady", "", `/v2/models/${has.line}/ready`),
    get("modelConfig", "", `/v2/models/${has.wide}/config`),

    post("mlflowRead", "1,000 runs", `${MLFLOW}/runs/search`, { experiment_ids: ["0", has.experiment], max_results: 1000 }),
    get("mlflowRead", "100,000 epochs", `${MLFLOW}/metrics/get-history?run_id=${has.long}&metric_key=loss&max_results=25000`),
    get("mlflowRead", "a run with a large spec", `${MLFLOW}/runs/get?run_id=${has.largeSpec}`),
    post("mlflowLog", "1,000 metrics", `${MLFLOW}/runs/log-batch`, {
      run_id: has.run,
      metrics: repeat(1000, (at) => ({ key: `m${at % 50}`, value: at, timestamp: 1, step: at })),
    }),
    post("mlflowLog", "1 MB of unknown fields", `${MLFLOW}/runs/log-batch`, `{"run_id":"${has.run}",${fields(1e6)}}`),
  ];
}
