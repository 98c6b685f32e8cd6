/** Two projects on one server: every operation of openapi.yaml is tried on the records of the other one. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { parse } from "yaml";
import { type Client, createClient } from "../../../src/client/client.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const ADMIN_KEY = `ty_${"isolation".repeat(5)}`;
const SCOPES = ["read", "submit", "predict", "admin"] as const;
const ROOT = new URL("../../../", import.meta.url);

/** How an operation is tried: where, with what, and what must come of it. */
interface Attempt {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** 404 where it is left out. */
  readonly status?: number;
  /** Also in the answer, for what is refused for another reason or answered without the other's records. */
  readonly says?: (body: unknown) => void;
}

let dataDir: Awaited<ReturnType<typeof createDataDir>>;
let server: LiveServer;
/** Of the project that has the records, and of the one that tries. */
let ours: Client;
let theirs: Client;
let theirKey: string;
let ourKeyId: string;
/** A table that never comes, so that its import stays under way until it is cancelled. */
const source = createServer(() => undefined);
let has: {
  import: string;
  forget: string;
  schedule: string;
  scheduleRun: string;
  job: string;
  waiting: string;
  sweep: string;
  dataset: string;
  model: string;
  checkpoint: string;
  ownModel: string;
};

beforeAll(async () => {
  dataDir = await createDataDir();
  const settings = { TRAINYARD_WORKERS: "1", TRAINYARD_SOURCE_PRIVATE_HOSTS: "127.0.0.1" };
  server = await startLiveServer(dataDir.path, { TRAINYARD_ADMIN_KEY: ADMIN_KEY, ...settings });
  await once(source.listen(0, "127.0.0.1"), "listening");
  const operator = createClient(server.url, { key: ADMIN_KEY });
  const keyOf = (project: string) => operator.createKey({ name: "all", scopes: [...SCOPES], project });
  const [ourKey, their] = [await keyOf("ours"), await keyOf("theirs")];
  ours = createClient(server.url, { key: ourKey.key });
  theirs = createClient(server.url, { key: their.key });
  theirKey = their.key;
  ourKeyId = ourKey.id;
  has = await fill(ours, theirs);
});
afterAll(async () => {
  await server?.stop();
  await dataDir?.remove();
  source.closeAllConnections();
  source.close();
});

/** Gives our project one of everything, and theirs a model to compare with. */
async function fill(own: Client, other: Client): Promise<typeof has> {
  const table = new TextEncoder().encode("x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n");
  const dataset = await own.upload(table, { format: "csv", name: "table" });
  const spec = {
    name: "line",
    data: { dataset: { id: dataset.id, target: "y" } },
    model: { layers: [{ type: "linear" as const }] },
    optimizer: { type: "sgd" as const, lr: 0.01 },
    epochs: 40,
    checkpoint: { every_epochs: 10, min_seconds: 0 },
  };
  const { id: job } = await own.submit(spec as never);
  const { model } = await own.wait(job);
  await own.setAlias("line", "live", 1);
  await own.predict("line", [{ x: 1 }]);
  const { id: sweep } = await own.submitSweep({
    job: specWith({ split: { validation: 0.4 } }) as never,
    parameters: { "/optimizer/lr": { values: [0.01, 0.02] } },
    method: { type: "grid" },
    promote: "none",
  });
  await vi.waitFor(async () => expect((await own.sweep(sweep)).state).toBe("succeeded"), { timeout: 60_000, interval: 100 });
  const { data: checkpoints } = await request<{ data: { id: string }[] }>(own, `/v1/jobs/${job}/checkpoints`);
  const { id: waiting } = await own.submit({ ...spec, name: "long", epochs: 50_000_000 } as never);
  const inline = { inline: { features: [[1], [2], [3]], targets: [1, 2, 3] } };
  const { id: theirJob } = await other.submit({ ...spec, name: "own", data: inline, epochs: 5 } as never);
  // One worker: the long job gives way to the other project's when it pauses.
  await request(own, `/v1/jobs/${waiting}/pause`, { method: "POST" });
  const { model: ownModel } = await other.wait(theirJob);
  const { id: spare } = await own.upload(new TextEncoder().encode("x,y\n7,2\n8,4\n"), { format: "csv", name: "spare" });
  const { id: forget } = await own.forget(spare, { positions: [0] });
  await vi.waitFor(async () => expect((await own.readForget(forget)).state).toBe("succeeded"), {
    timeout: 60_000,
    interval: 100,
  });
  const { id: schedule } = await own.createSchedule({
    ...{ name: "nightly", cron: "0 3 * * *", paused: true, source: { url: "https://example.com/x.csv" } },
    job: { data: { dataset: { target: "y" } }, model: { layers: [{ type: "linear" }] } },
  });
  const { id: scheduleRun } = await own.runSchedule(schedule);
  return {
    import: await beginImport(),
    forget,
    schedule,
    scheduleRun,
    job,
    waiting,
    sweep,
    dataset: dataset.id,
    model: model?.id ?? "",
    checkpoint: checkpoints[0]?.id ?? "",
    ownModel: ownModel?.id ?? "",
  };
}

const IMPORT_KEY = "a-slow-table";

/** Begins an import of our project, and has it recorded by cancelling it by its key. Returns its id. */
async function beginImport(): Promise<string> {
  const { port } = source.address() as AddressInfo;
  const body = JSON.stringify({ source: { url: `http://127.0.0.1:${port}/t.csv` } });
  const headers = { "content-type": "application/json", "idempotency-key": IMPORT_KEY };
  const asked = asking("ours", "/v1/datasets/import", { method: "POST", headers, body });
  await once(source, "request");
  const { id } = await request<{ id: string }>(ours, `/v1/imports/${IMPORT_KEY}/cancel`, { method: "POST" });
  expect((await asked).ok, "the import went on").toBe(false);
  return id;
}

/** A request with the key of a client of the test. */
async function request<T>(client: Client, path: string, init: RequestInit = {}): Promise<T> {
  const response = await asking(client === ours ? "ours" : "theirs", path, init);
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

const keys = new Map<string, string>();
async function asking(project: "ours" | "theirs", path: string, init: RequestInit): Promise<Response> {
  if (!keys.has(project)) {
    const operator = createClient(server.url, { key: ADMIN_KEY });
    keys.set(project, (await operator.createKey({ name: "request", scopes: [...SCOPES], project })).key);
  }
  const headers = { authorization: `Bearer ${keys.get(project)}`, ...init.headers };
  return fetch(`${server.url}${path}`, { ...init, headers });
}

const REFS = () => [has.model, "line", "line@1", "line@live"];
const ofRefs = (path: (ref: string) => string, more: Partial<Attempt> = {}) =>
  REFS().map((ref): Attempt => ({ path: path(ref), ...more }));
const ofJobs = (rest = "", more: Partial<Attempt> = {}) =>
  [has.job, has.waiting].map((id): Attempt => ({ path: `/v1/jobs/${id}${rest}`, ...more }));
const ofSweep = (rest = "", more: Partial<Attempt> = {}): Attempt[] => [{ path: `/v1/sweeps/${has.sweep}${rest}`, ...more }];
const ROWS = { instances: [{ x: 1 }] };
const INFER = { inputs: [{ name: "x", shape: [1, 1], datatype: "FP64", data: [1] }] };
const isEmpty = (body: unknown) => expect(body).toMatchObject({ data: [], has_more: false });
const isInvalidAt = (pointer: string) => (body: unknown) => expect(body).toMatchObject({ errors: [{ pointer }] });
const specWith = (part: object) => ({
  data: { inline: { features: [[1], [2], [3]], targets: [1, 2, 3] } },
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "sgd", lr: 0.01 },
  epochs: 1,
  ...part,
});

/** By operationId, everything that may name a record of another project. */
const ATTEMPTS: Readonly<Record<string, () => readonly Attempt[]>> = {
  listDatasets: () => [{ path: "/v1/datasets", status: 200, says: isEmpty }],
  readDataset: () => [{ path: `/v1/datasets/${has.dataset}` }],
  deleteDataset: () => [{ path: `/v1/datasets/${has.dataset}` }],
  previewDataset: () => [{ path: `/v1/datasets/${has.dataset}/preview` }],
  sampleDatasetRows: () => [{ path: `/v1/datasets/${has.dataset}/rows?columns=["x"]` }],
  auditDataset: () => [{ path: `/v1/datasets/${has.dataset}/audit`, body: { target: "y" } }],
  importDataset: () => [{ path: "/v1/datasets/import", body: { source: {} }, status: 422, says: isInvalidAt("/source") }],
  createSchedule: () => [{ path: "/v1/schedules", body: {}, status: 422, says: () => undefined }],
  listSchedules: () => [{ path: "/v1/schedules", status: 200, says: isEmpty }],
  readSchedule: () => [{ path: `/v1/schedules/${has.schedule}` }],
  changeSchedule: () => [{ path: `/v1/schedules/${has.schedule}`, body: { paused: true } }],
  deleteSchedule: () => [{ path: `/v1/schedules/${has.schedule}` }],
  runSchedule: () => [{ path: `/v1/schedules/${has.schedule}/run`, body: {} }],
  listScheduleRuns: () => [{ path: `/v1/schedules/${has.schedule}/runs` }],
  listScheduleRunWebhookDeliveries: () => [
    { path: `/v1/schedules/${has.schedule}/runs/${has.scheduleRun}/webhook-deliveries` },
  ],
  readImport: () => [{ path: `/v1/imports/${has.import}` }],
  cancelImport: () => [has.import, IMPORT_KEY].map((name) => ({ path: `/v1/imports/${name}/cancel`, body: {} })),
  forgetRows: () => [{ path: `/v1/datasets/${has.dataset}/forget`, body: { positions: [0] } }],
  listForgets: () => [{ path: "/v1/forgets", status: 200, says: isEmpty }],
  readForget: () => [{ path: `/v1/forgets/${has.forget}` }],
  cancelForget: () => [{ path: `/v1/forgets/${has.forget}/cancel`, body: {} }],
  correctDataset: () => [
    { path: `/v1/datasets/${has.dataset}/corrections`, body: { column: "y", cells: [{ row: 0, value: 1 }] } },
  ],
  submitJob: () => [
    {
      path: "/v1/jobs",
      body: specWith({ data: { dataset: { id: has.dataset, target: "y" } } }),
      status: 422,
      says: isInvalidAt("/data/dataset/id"),
    },
    ...REFS().map((model) => ({
      path: "/v1/jobs",
      body: specWith({ init_from: { model } }),
      status: 422,
      says: isInvalidAt("/init_from/model"),
    })),
    {
      path: "/v1/jobs",
      body: specWith({ init_from: { checkpoint: has.checkpoint } }),
      status: 422,
      says: isInvalidAt("/init_from/checkpoint"),
    },
  ],
  listJobs: () => [
    { path: "/v1/jobs?name=line", status: 200, says: isEmpty },
    { path: "/v1/jobs?state=paused", status: 200, says: isEmpty },
    ...["", "?filter=metrics.loss%20%3E%200&order_by=-metrics.loss"].map((query) => ({
      path: `/v1/jobs${query}`,
      status: 200,
      says: (body: unknown) => expect(JSON.stringify(body)).not.toContain(has.job),
    })),
  ],
  readJob: () => ofJobs(),
  deleteJob: () => ofJobs(),
  readJobRows: () => ofJobs("/data"),
  replayJob: () => ofJobs("/replay?step=0"),
  cancelJob: () => ofJobs("/cancel"),
  labelJob: () => ofJobs("", { body: { tags: { stolen: "yes" }, note: "stolen" } }),
  pauseJob: () => ofJobs("/pause"),
  resumeJob: () => ofJobs("/resume"),
  listCheckpoints: () => ofJobs("/checkpoints"),
  deleteCheckpoint: () => [{ path: `/v1/checkpoints/${has.checkpoint}` }],
  predictWithCheckpoint: () => [{ path: `/v1/checkpoints/${has.checkpoint}/predict`, body: ROWS }],
  readMetrics: () => [...ofJobs("/metrics"), ...ofJobs("/metrics", { headers: { accept: "text/csv" } })],
  readEvents: () => [...ofJobs("/events"), ...ofJobs("/events", { headers: { accept: "text/event-stream" } })],
  exportTensorBoard: () => ofJobs("/tensorboard"),
  listWebhookDeliveries: () => ofJobs("/webhook-deliveries"),
  submitSweep: () => [
    {
      path: "/v1/sweeps",
      body: {
        job: specWith({ data: { dataset: { id: has.dataset, target: "y" } } }),
        parameters: { "/optimizer/lr": { values: [0.1] } },
      },
      status: 422,
      says: isInvalidAt("/job/data/dataset/id"),
    },
  ],
  listSweeps: () => [{ path: "/v1/sweeps", status: 200, says: isEmpty }],
  readSweep: () => ofSweep(),
  deleteSweep: () => ofSweep(),
  cancelSweep: () => ofSweep("/cancel"),
  labelSweep: () => ofSweep("", { body: { tags: { stolen: "yes" } } }),
  pauseSweep: () => ofSweep("/pause"),
  resumeSweep: () => ofSweep("/resume"),
  listTrials: () => [...ofSweep("/trials"), ...ofSweep("/trials", { headers: { accept: "text/csv" } })],
  readTrial: () => ofSweep("/trials/0"),
  readImportance: () => ofSweep("/importance"),
  promoteTrial: () => ofSweep("/trials/0/promote"),
  readSweepEvents: () => [...ofSweep("/events"), ...ofSweep("/events", { headers: { accept: "text/event-stream" } })],
  exportOnnx: () => ofRefs((ref) => `/v1/models/${ref}/onnx`),
  readModelCard: () => ofRefs((ref) => `/v1/models/${ref}/card`),
  readMonitoring: () => ofRefs((ref) => `/v1/models/${ref}/monitoring`),
  listAskedRows: () => ofRefs((ref) => `/v1/models/${ref}/asked-rows`),
  listModelWebhookDeliveries: () => ofRefs((ref) => `/v1/models/${ref}/webhook-deliveries`),
  configureMonitoring: () => ofRefs((ref) => `/v1/models/${ref}/monitoring`, { body: { enabled: false } }),
  sendFeedback: () =>
    ofRefs((ref) => `/v1/models/${ref}/feedback`, { body: { labels: [{ prediction_id: "order-1", label: 1 }] } }),
  reproduceModel: () => ofRefs((ref) => `/v1/models/${ref}/reproduce`),
  askSeeds: () => ofRefs((ref) => `/v1/models/${ref}/seeds`, { body: {} }),
  askInfluence: () => ofRefs((ref) => `/v1/models/${ref}/influence`, { body: ROWS }),
  askLearningCurve: () => ofRefs((ref) => `/v1/models/${ref}/learning-curve`, { body: {} }),
  listModels: () => [
    { path: "/v1/models?name=line", status: 200, says: isEmpty },
    { path: "/v1/models", status: 200, says: (body) => expect(JSON.stringify(body)).not.toContain(has.model) },
  ],
  readModel: () => ofRefs((ref) => `/v1/models/${ref}`),
  deleteModel: () => ofRefs((ref) => `/v1/models/${ref}`),
  tagModel: () => ofRefs((ref) => `/v1/models/${ref}`, { body: { tags: { stolen: "yes" } } }),
  readWeights: () => ofRefs((ref) => `/v1/models/${ref}/weights`),
  listVersions: () => [{ path: "/v1/models/line/versions" }],
  compareModels: () => [
    ...ofRefs((ref) => `/v1/models/${ref}/compare?with=${has.ownModel}`),
    ...ofRefs((ref) => `/v1/models/${has.ownModel}/compare?with=${ref}`),
  ],
  compareScores: () => [
    ...ofRefs((ref) => `/v1/models/${ref}/compare/scores?with=${has.ownModel}`),
    ...ofRefs((ref) => `/v1/models/${has.ownModel}/compare/scores?with=${ref}`),
  ],
  setAlias: () => [{ path: "/v1/models/line/aliases/stolen", body: { version: 1 } }],
  deleteAlias: () => [{ path: "/v1/models/line/aliases/live" }],
  evaluateModel: () => [
    ...ofRefs((ref) => `/v1/models/${ref}/evaluate`, { body: { dataset: { id: has.dataset } } }),
    {
      path: `/v1/models/${has.ownModel}/evaluate`,
      body: { dataset: { id: has.dataset } },
      status: 422,
      says: isInvalidAt("/dataset/id"),
    },
  ],
  predict: () => [
    ...ofRefs((ref) => `/v1/models/${ref}/predict`, { body: ROWS }),
    ...ofRefs((ref) => `/v1/models/${ref}/predict`, { body: { ...ROWS, explain: {} } }),
    ...ofRefs((ref) => `/v1/models/${ref}/predict`, { body: "x\n1\n", headers: { "content-type": "text/csv" } }),
  ],
  partialDependence: () => ofRefs((ref) => `/v1/models/${ref}/partial-dependence`, { body: {} }),
  tfPredict: () => ofRefs((ref) => `/v1/models/${ref}:predict`, { body: ROWS }),
  tfPredictVersion: () => [{ path: "/v1/models/line/versions/1:predict", body: ROWS }],
  tfModelStatus: () => [{ path: "/v1/models/line/versions/1" }],
  modelMetadata: () => ofRefs((ref) => `/v2/models/${ref}`),
  modelReady: () => ofRefs((ref) => `/v2/models/${ref}/ready`),
  infer: () => ofRefs((ref) => `/v2/models/${ref}/infer`, { body: INFER }),
  modelMetadataVersion: () => [{ path: "/v2/models/line/versions/1" }],
  modelReadyVersion: () => [{ path: "/v2/models/line/versions/1/ready" }],
  inferVersion: () => [{ path: "/v2/models/line/versions/1/infer", body: INFER }],
  modelConfig: () => ofRefs((ref) => `/v2/models/${ref}/config`),
  modelConfigVersion: () => [{ path: "/v2/models/line/versions/1/config" }],
  modelStatistics: () => ofRefs((ref) => `/v2/models/${ref}/stats`),
  modelStatisticsVersion: () => [{ path: "/v2/models/line/versions/1/stats" }],
  allModelStatistics: () => [
    { path: "/v2/models/stats", status: 200, says: (body) => expect(JSON.stringify(body)).not.toContain('"line"') },
  ],
  tfMetadata: () => ofRefs((ref) => `/v1/models/${ref}/metadata`),
  tfMetadataVersion: () => [{ path: "/v1/models/line/versions/1/metadata" }],
  repositoryIndex: () => [
    {
      path: "/v2/repository/index",
      body: {},
      status: 200,
      says: (body) => expect(JSON.stringify(body)).not.toContain('"line"'),
    },
  ],
  createKey: () => [{ path: "/v1/keys", body: { name: "in", scopes: ["read"], project: "ours" }, status: 403 }],
  listKeys: () => [{ path: "/v1/keys", status: 200, says: (body) => expect(JSON.stringify(body)).not.toContain('"ours"') }],
  listAuditLog: () => [
    { path: "/v1/audit", status: 200, says: (body) => expect(JSON.stringify(body)).not.toContain('"ours"') },
  ],
  readKey: () => [{ path: `/v1/keys/${ourKeyId}` }],
  revokeKey: () => [{ path: `/v1/keys/${ourKeyId}` }],
  // What concerns the whole server is the superuser's.
  listWorkers: () => [{ path: "/v1/workers", status: 403 }],
  drainWorker: () => [{ path: "/v1/workers/wkr_any/drain", status: 403 }],
  exposeMetrics: () => [{ path: "/metrics", status: 403 }],
  backUp: () => [{ path: "/v1/backup", status: 403 }],
  restore: () => [{ path: "/v1/restore", status: 403 }],
};

/** They name no record, or are tried by tests of their own below. */
const ELSEWHERE = new Set([
  "health",
  "readiness",
  "serverMetadata",
  "serverLive",
  "serverReady",
  "readSession",
  "signIn",
  "signOut",
  "readWebhookSecret",
  "uploadDataset",
  "importModel",
  "stream",
  "streamJob",
  "streamSweep",
]);

interface Operation {
  readonly operationId: string;
  readonly method: string;
}

const operations: readonly Operation[] = Object.values(
  (parse(readFileSync(new URL("openapi.yaml", ROOT), "utf8")) as { paths: Record<string, Record<string, Operation>> }).paths,
).flatMap((path) => Object.entries(path).map(([method, { operationId }]) => ({ operationId, method: method.toUpperCase() })));

/** Everything that can be seen of our project. */
async function inventory(): Promise<unknown> {
  const read = (path: string) => request(ours, path);
  return Promise.all([
    read("/v1/jobs"),
    read("/v1/models"),
    read("/v1/datasets"),
    read(`/v1/sweeps/${has.sweep}`),
    read(`/v1/sweeps/${has.sweep}/trials`),
    read(`/v1/jobs/${has.job}/checkpoints`),
    read(`/v1/jobs/${has.waiting}/checkpoints`),
    read("/v1/models/line@live"),
  ]);
}

describe("the records of another project", () => {
  it("are tried by way of every operation that there is", () => {
    const tried = new Set([...Object.keys(ATTEMPTS), ...ELSEWHERE]);
    expect(operations.map(({ operationId }) => operationId).filter((id) => !tried.has(id))).toEqual([]);
  });

  it("are not there, whatever is asked for, and nothing of them changes", async () => {
    const before = await inventory();
    for (const { operationId, method } of operations) {
      for (const { path, body, headers = {}, status = 404, says } of ATTEMPTS[operationId]?.() ?? []) {
        const isText = typeof body === "string";
        const response = await asking("theirs", path, {
          method,
          headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
          ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
        });
        const text = await response.text();
        expect(response.status, `${method} ${path}: ${text.slice(0, 300)}`).toBe(status);
        if (status !== 200) expect(text).not.toContain("ours");
        says?.(JSON.parse(text));
      }
    }
    expect(await inventory()).toEqual(before);
  });

  it("are not what a mistyped name was meant for", async () => {
    const detailOf = async (client: Client, ref: string) => String(await request(client, `/v1/models/${ref}`).catch(String));
    expect(await detailOf(ours, "lime")).toContain("did you mean line?");
    expect(await detailOf(theirs, "lime")).toContain("there is no model lime: GET /v1/models lists them");
    expect(await detailOf(theirs, "line@9")).not.toContain("newest version");
  });

  it("do not stand in the way of names and bytes of one's own", async () => {
    const table = new TextEncoder().encode("x,y\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n");
    const own = await theirs.upload(table, { format: "csv", name: "table" });
    expect(own.id).not.toBe(has.dataset);
    const file = await ours.weights("line");
    const imported = await theirs.importModel(file, { name: "line" });
    expect(imported.version).toBe(1);
    expect((await ours.model("line")).id).toBe(has.model);
    expect((await theirs.model("line")).id).toBe(imported.id);
  });

  it("are signed with another secret, and counted for another session", async () => {
    const secretOf = async (client: Client) => (await request<{ secret: string }>(client, "/v1/webhook-secret")).secret;
    expect(await secretOf(theirs)).not.toBe(await secretOf(ours));
    expect(await request(theirs, "/v1/session")).toMatchObject({ project: "theirs", authenticated: true });
  });

  it("are in no stream: not by id, and not among the news of jobs", async () => {
    const headers = { authorization: `Bearer ${theirKey}` };
    const refused = new WebSocket(`${server.url.replace("http", "ws")}/v1/jobs/${has.waiting}/stream`, { headers });
    const status = await new Promise((resolve) => {
      refused.on("error", () => undefined);
      refused.on("unexpected-response", (_request, response) => resolve(response.statusCode));
    });
    expect(status).toBe(404);

    const socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/stream`, { headers });
    const heard: { type: string; job?: unknown; id?: string; problem?: { code: string } }[] = [];
    socket.on("message", (data) => heard.push(JSON.parse(String(data))));
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await new Promise((resolve) => socket.on("open", resolve));
    socket.send(JSON.stringify({ type: "subscribe", job: has.waiting }));
    socket.send(JSON.stringify({ type: "subscribe", topic: "jobs" }));
    await until(() => heard.length === 2);
    expect(heard).toMatchObject([{ type: "error", job: has.waiting, problem: { code: "not_found" } }, { type: "subscribed" }]);
    // News of ours, up to a deletion; then of theirs, which come after it.
    await request(ours, `/v1/jobs/${has.waiting}/cancel`, { method: "POST" });
    await ours.remove(has.waiting);
    const own = await theirs.submit(specWith({ name: "last" }) as never);
    await theirs.wait(own.id);
    await theirs.remove(own.id);
    await until(() => heard.some(({ type, id }) => type === "removed" && id === own.id));
    socket.close();
    expect(JSON.stringify(heard.slice(1))).not.toContain(has.waiting);
  });
});
