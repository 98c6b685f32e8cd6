/**
 * MLflow's clients, by the requests that they send in their order: paths, methods and bodies as rest_store.py sends them, and each answer held
 * to the schema that is written from MLflow's protos.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { ENDPOINTS } from "../../../src/http/routes/mlflow/endpoints.ts";
import { chunkOf, finishJob, openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

const ADMIN_KEY = `ty_${"mlflow".repeat(7)}`;
let staged: StagedApp;
let keys: { ants: string; bees: string };

beforeAll(async () => {
  staged = await openStagedApp({ access: { adminKey: ADMIN_KEY } });
  const keyOf = async (project: string) => {
    const payload = { name: "mlflow", scopes: ["read", "submit", "admin"], project };
    const made = await staged.app.inject({ method: "POST", url: "/v1/keys", payload, headers: bearer(ADMIN_KEY) });
    return made.json<{ key: string }>().key;
  };
  keys = { ants: await keyOf("ants"), bees: await keyOf("bees") };
});
afterAll(() => staged.close());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

interface Asked {
  readonly key?: string;
  readonly headers?: Record<string, string>;
}

/** Calls an endpoint as MLflow's client does: what it asks for with GET is in the query. */
async function ask(call: string, request: object | string = {}, { key = keys.ants, headers = bearer(key) }: Asked = {}) {
  const [method = "GET", path = ""] = call.split(" ");
  const isQuery = method === "GET" && typeof request === "object";
  const query = isQuery ? `?${new URLSearchParams(Object.entries(request).map(([name, value]) => [name, String(value)]))}` : "";
  const response = await staged.app.inject({
    method: method as "GET",
    url: `${path.startsWith("/") ? path : `/api/2.0/mlflow/${path}`}${query}`,
    headers: { ...headers, ...(isQuery ? {} : { "content-type": "application/json" }) },
    ...(isQuery ? {} : { payload: typeof request === "string" ? request : JSON.stringify(request) }),
  });
  return { status: response.statusCode, body: response.json() as Record<string, never>, headers: response.headers };
}

/** As `ask`, where the answer must be a good one: exactly what the schema of the endpoint has. */
async function good<T = Record<string, never>>(call: string, request: object | string = {}, asked: Asked = {}): Promise<T> {
  const { status, body } = await ask(call, request, asked);
  expect([call, status, body]).toMatchObject([call, 200, {}]);
  const [method, path = ""] = call.split(" ");
  const endpoint = ENDPOINTS.find((each) => each.method === method && patternOf(each.path).test(`/api/2.0/mlflow/${path}`));
  if (!endpoint) throw new Error(`${call} is in no table`);
  (endpoint.answer as z.ZodType).parse(body);
  return body as T;
}
const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`);

interface Run {
  run: { info: { run_id: string; status: string; run_name: string; end_time?: number }; data: Data };
}
interface Data {
  metrics: { key: string; value: number | string; step: number; timestamp: number }[];
  params: { key: string; value: string }[];
  tags: { key: string; value: string }[];
}
interface Runs {
  runs: Run["run"][];
  next_page_token?: string;
}
const idsOf = ({ runs }: Runs) => runs.map(({ info }) => info.run_id);

async function startRun(experiment_id = "0", run_name = "forest", key = keys.ants): Promise<string> {
  const request = { experiment_id, run_name, start_time: 1000, tags: [{ key: "mlflow.user", value: "ada" }] };
  return (await good<Run>("POST runs/create", request, { key })).run.info.run_id;
}

describe("a client that logs", () => {
  it("finds or makes its experiment, logs a run, ends it and reads it back", async () => {
    // set_experiment
    const unknown = await ask("GET experiments/get-by-name", { experiment_name: "forests" });
    expect([unknown.status, unknown.body]).toEqual([
      404,
      { error_code: "RESOURCE_DOES_NOT_EXIST", message: "Could not find experiment with name 'forests'" },
    ]);
    const { experiment_id } = await good<{ experiment_id: string }>("POST experiments/create", { name: "forests", tags: [] });
    expect(await good("GET experiments/get-by-name", { experiment_name: "forests" })).toMatchObject({
      experiment: { experiment_id, name: "forests", lifecycle_stage: "active" },
    });
    // start_run
    const { run } = await good<Run>("POST runs/create", {
      ...{ experiment_id, user_id: "ada", start_time: 1000, run_name: "oak" },
      tags: [{ key: "mlflow.source.name", value: "train.py" }],
    });
    const run_id = run.info.run_id;
    expect(run.info).toMatchObject({ status: "RUNNING", run_name: "oak", start_time: 1000, lifecycle_stage: "active" });
    // log_param, log_metric, set_tag: run_uuid beside run_id, as clients send it.
    await good("POST runs/log-parameter", { run_uuid: run_id, run_id, key: "depth", value: "7" });
    for (const [step, value] of [0.9, 0.5, 0.7].entries())
      await good("POST runs/log-metric", { run_uuid: run_id, run_id, key: "loss", value, timestamp: 2000 + step, step });
    await good("POST runs/set-tag", { run_uuid: run_id, run_id, key: "team", value: "a" });
    // log_batch, with integers as text and NaN as Python writes it.
    await good(
      "POST runs/log-batch",
      `{"run_id": "${run_id}", "metrics": [{"key": "auc", "value": NaN, "timestamp": "3000", "step": "4"}], "params": [{"key": "depth", "value": "7"}], "tags": []}`,
    );
    await good("POST runs/log-inputs", {
      run_id,
      datasets: [{ tags: [], dataset: { name: "iris", digest: "d1", source_type: "local", source: "{}" } }],
    });
    // end_run
    await good("POST runs/update", { run_uuid: run_id, run_id, status: "FINISHED", end_time: 9000 });

    const read = await good<Run>("GET runs/get", { run_uuid: run_id, run_id });
    expect(read.run).toMatchObject({ info: { status: "FINISHED", end_time: 9000 } });
    expect(read.run.data.metrics).toEqual([
      { key: "auc", value: "NaN", timestamp: 3000, step: 4 },
      { key: "loss", value: 0.7, timestamp: 2002, step: 2 },
    ]);
    expect(read.run.data.params).toEqual([{ key: "depth", value: "7" }]);
    expect(read.run.data.tags).toContainEqual({ key: "team", value: "a" });
    expect(read.run).toMatchObject({ inputs: { dataset_inputs: [{ dataset: { name: "iris" } }] } });

    // get_metric_history, page by page.
    const first = await good<Data & Runs>("GET metrics/get-history", { run_id, metric_key: "loss", max_results: 2 });
    expect(first.metrics.map(({ value }) => value)).toEqual([0.9, 0.5]);
    const page_token = first.next_page_token ?? "";
    const rest = await good<Data & Runs>("GET metrics/get-history", { run_id, metric_key: "loss", max_results: 2, page_token });
    expect([rest.metrics, rest.next_page_token]).toEqual([[{ key: "loss", value: 0.7, step: 2, timestamp: 2002 }], undefined]);

    // delete_run, restore_run, delete_tag, delete_experiment.
    await good("POST runs/delete-tag", { run_id, key: "team" });
    await good("POST runs/delete", { run_id });
    const search = { experiment_ids: [experiment_id], max_results: 10 };
    expect(idsOf(await good<Runs>("POST runs/search", search))).toEqual([]);
    expect(idsOf(await good<Runs>("POST runs/search", { ...search, run_view_type: "DELETED_ONLY" }))).toEqual([run_id]);
    const toDeleted = await ask("POST runs/log-parameter", { run_id, key: "x", value: "1" });
    expect(toDeleted).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    await good("POST runs/restore", { run_id });
    await good("POST experiments/update", { experiment_id, new_name: "woods" });
    await good("POST experiments/delete", { experiment_id });
    const found = await good<{ experiments: { name: string }[] }>("POST experiments/search", {
      max_results: 10,
      view_type: "ACTIVE_ONLY",
    });
    expect(found.experiments.map(({ name }) => name)).toEqual(["ants"]);
    await good("POST experiments/restore", { experiment_id });
  });

  it("logs to the project's experiment where it names none, under the name that MLflow gives it", async () => {
    expect(await good("GET experiments/get", { experiment_id: "0" })).toMatchObject({ experiment: { name: "ants" } });
    expect(await good("GET experiments/get-by-name", { experiment_name: "Default" })).toMatchObject({
      experiment: { experiment_id: "0" },
    });
    await good("POST experiments/set-experiment-tag", { experiment_id: "0", key: "mlflow.experimentKind", value: "custom" });
    expect(await good("GET experiments/get", { experiment_id: "0" })).toMatchObject({
      experiment: { name: "ants", tags: [{ key: "mlflow.experimentKind", value: "custom" }] },
    });
    for (const request of [{ experiment_id: "0", new_name: "mine" }, { experiment_id: "0" }])
      expect(await ask(`POST experiments/${"new_name" in request ? "update" : "delete"}`, request)).toMatchObject({
        status: 400,
        body: { error_code: "INVALID_PARAMETER_VALUE" },
      });
    expect(await ask("POST experiments/create", { name: "ants" })).toMatchObject({
      status: 400,
      body: { error_code: "RESOURCE_ALREADY_EXISTS" },
    });
  });

  it("is refused what is over a limit or changes a parameter, and nothing of a batch is stored then", async () => {
    const run_id = await startRun();
    const metric = { key: "m", value: 1, timestamp: 1, step: 0 };
    await good("POST runs/log-batch", { run_id, params: [{ key: "depth", value: "1" }] });
    const refused: readonly (readonly [string, object])[] = [
      ["POST runs/log-batch", { run_id, metrics: [metric], params: [{ key: "depth", value: "2" }] }],
      ["POST runs/log-batch", { run_id, metrics: Array.from({ length: 1001 }, () => metric) }],
      ["POST runs/log-batch", { run_id, params: Array.from({ length: 101 }, (_, at) => ({ key: `p${at}`, value: "" })) }],
      ["POST runs/log-parameter", { run_id, key: "long", value: "x".repeat(6001) }],
      ["POST runs/log-parameter", { run_id, key: "x".repeat(251), value: "1" }],
      ["POST runs/log-parameter", { run_id, key: "nul", value: "\u0000" }],
      ["POST runs/log-parameter", { key: "nameless", value: "1" }],
      ["POST runs/log-metric", { run_id, key: "m", value: "many", timestamp: 1 }],
      ["POST runs/log-metric", { run_id, key: "m", value: 1, timestamp: 1.5 }],
      ["POST runs/update", { run_id, status: "DONE" }],
    ];
    for (const [call, request] of refused)
      expect([request, await ask(call, request)]).toMatchObject([
        {},
        { status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } },
      ]);
    const { run } = await good<Run>("GET runs/get", { run_id });
    expect([run.data.metrics, run.data.params]).toEqual([[], [{ key: "depth", value: "1" }]]);
    // What was logged twice, for want of an answer, is one point.
    for (let time = 0; time < 2; time++) await good("POST runs/log-metric", { run_id, ...metric });
    expect((await good<Data>("GET metrics/get-history", { run_id, metric_key: "m" })).metrics).toHaveLength(1);
  });

  it("logs models as MLflow 3 asks", async () => {
    const source_run_id = await startRun();
    interface Logged {
      model: { info: { model_id: string; status: string; tags: object[] }; data: Data };
    }
    const { model } = await good<Logged>("POST logged-models", {
      ...{ experiment_id: "0", name: "oak", model_type: "tree", source_run_id },
      ...{ params: [{ key: "depth", value: "7" }], tags: [{ key: "a", value: "1" }] },
    });
    const { model_id } = model.info;
    expect(model.info.status).toBe("LOGGED_MODEL_PENDING");
    const metric = { key: "f1", value: 0.75, timestamp: 5, step: 1, model_id };
    await good("POST runs/log-batch", { run_id: source_run_id, metrics: [metric] });
    await good("POST runs/outputs", { run_id: source_run_id, models: [{ model_id, step: 1 }] });
    await good(`PATCH logged-models/${model_id}`, { model_id, status: "LOGGED_MODEL_READY" });
    await good(`PATCH logged-models/${model_id}/tags`, { tags: [{ key: "b", value: "2" }] });
    await good(`DELETE logged-models/${model_id}/tags/a`);
    await good(`POST logged-models/${model_id}/params`, { params: [{ key: "leaves", value: "12" }] });
    expect(await good<Logged>(`GET logged-models/${model_id}`)).toMatchObject({
      model: {
        info: { status: "LOGGED_MODEL_READY", tags: [{ key: "b", value: "2" }], source_run_id },
        data: { params: [{ key: "depth" }, { key: "leaves" }], metrics: [{ key: "f1", value: 0.75 }] },
      },
    });
    const search = {
      experiment_ids: ["0"],
      filter: "metrics.f1 > 0.5 AND name LIKE 'o%'",
      order_by: [{ field_name: "metrics.f1", ascending: false }],
    };
    expect(await good("POST logged-models/search", search)).toMatchObject({ models: [{ info: { model_id } }] });
    expect(await good<Run>("GET runs/get", { run_id: source_run_id })).toMatchObject({
      run: { outputs: { model_outputs: [{ model_id, step: 1 }] } },
    });
    await good(`DELETE logged-models/${model_id}`);
    expect(await ask(`GET logged-models/${model_id}`)).toMatchObject({
      status: 404,
      body: { error_code: "RESOURCE_DOES_NOT_EXIST" },
    });
  });
});

describe("a client that reads", () => {
  it("finds jobs and models of this server, with their histories, files, versions and aliases", async () => {
    const local = await openStagedApp({ access: { localOnly: false } });
    const before = staged;
    staged = local;
    try {
      const jobId = await finishJob(staged, 10, 5);
      const { run } = await good<Run>("GET runs/get", { run_id: jobId }, { headers: {} });
      expect(run).toMatchObject({ info: { run_id: jobId, run_name: "line", status: "FINISHED", experiment_id: "0" } });
      expect(run.data.params).toContainEqual({ key: "optimizer/lr", value: "0.01" });
      expect(run.data.metrics).toContainEqual(expect.objectContaining({ key: "loss", value: 0.1, step: 10 }));
      const history = await good<Data>("GET metrics/get-history", { run_id: jobId, metric_key: "loss" }, { headers: {} });
      expect(history.metrics.map(({ step, value }) => [step, value])).toEqual(
        Array.from(chunkOf(1, 10).series.loss ?? [], (loss, index) => [index + 1, loss]),
      );
      const { files } = await good<{ files: { path: string }[] }>("GET artifacts/list", { run_id: jobId }, { headers: {} });
      expect(files.map(({ path }) => path)).toEqual(["model.onnx", "model.safetensors"]);
      const root = "/api/2.0/mlflow-artifacts/artifacts";
      expect((await ask(`GET ${root}`, { path: jobId }, { headers: {} })).body).toEqual({ files });
      const onnx = await staged.app.inject(`${root}/${jobId}/model.onnx`);
      const model = await staged.app.inject("/v1/models/line/onnx");
      expect(onnx.rawPayload.equals(model.rawPayload)).toBe(true);
      expect(
        await staged.app.inject({ method: "PUT", url: `${root}/${jobId}/a.txt`, payload: "a".repeat(5000) }),
      ).toMatchObject({
        statusCode: 400,
      });

      const asked = { headers: {} };
      await good("POST registered-models/alias", { name: "line", alias: "live", version: "1" }, asked);
      expect(await good("GET registered-models/alias", { name: "line", alias: "live" }, asked)).toMatchObject({
        model_version: { name: "line", version: "1", aliases: ["live"], run_id: jobId },
      });
      await good("POST model-versions/set-tag", { name: "line", version: "1", key: "stage", value: "good" }, asked);
      const versions = await good("GET model-versions/search", { filter: "name = 'line' AND tags.stage = 'good'" }, asked);
      expect(versions).toMatchObject({ model_versions: [{ version: "1", tags: [{ key: "stage", value: "good" }] }] });
      expect(await good("GET registered-models/search", { filter: "name ILIKE 'LI%'", max_results: 1 }, asked)).toMatchObject({
        registered_models: [{ name: "line", aliases: [{ alias: "live", version: "1" }], latest_versions: [{ version: "1" }] }],
      });
      await good("GET registered-models/get", { name: "line" }, asked);
      await good("POST registered-models/get-latest-versions", { name: "line" }, asked);
      await good("GET model-versions/get-download-uri", { name: "line", version: "1" }, asked);
      await good("DELETE model-versions/delete-tag", { name: "line", version: "1", key: "stage" }, asked);
      await good("DELETE registered-models/alias", { name: "line", alias: "live" }, asked);
      for (const [call, request] of [
        ["GET model-versions/get", { name: "line", version: "7" }],
        ["GET registered-models/get", { name: "none" }],
        ["GET registered-models/alias", { name: "line", alias: "live" }],
      ] as const)
        expect(await ask(call, request, asked)).toMatchObject({ status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
      for (const [call, cure] of [
        ["POST registered-models/create", "submit a job with this name"],
        ["POST model-versions/create", "submit a job with this name"],
        ["POST model-versions/transition-stage", "set an alias instead"],
        ["PATCH registered-models/update", "write a note"],
        ["DELETE model-versions/delete", "DELETE /v1/models/{id}"],
      ] as const)
        expect(await ask(call, { name: "line", version: "1" }, asked)).toMatchObject({
          status: 400,
          body: { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining(cure) },
        });
      expect(await good("POST logged-models/search", { experiment_ids: ["0"] }, asked)).toMatchObject({
        models: [{ info: { name: "line", source_run_id: jobId } }],
      });
      // A job's tags and note can be set, and nothing else of it.
      await good("POST runs/set-tag", { run_id: jobId, key: "team", value: "a" }, asked);
      await good("POST runs/set-tag", { run_id: jobId, key: "mlflow.note.content", value: "Baseline." }, asked);
      expect((await staged.app.inject(`/v1/jobs/${jobId}`)).json()).toMatchObject({ tags: { team: "a" }, note: "Baseline." });
      for (const [call, request] of [
        ["POST runs/log-metric", { run_id: jobId, key: "m", value: 1, timestamp: 1 }],
        ["POST runs/delete", { run_id: jobId }],
        ["POST runs/set-tag", { run_id: jobId, key: "mlflow.runName", value: "x" }],
      ] as const)
        expect(await ask(call, request, asked)).toMatchObject({ status: 403, body: { error_code: "PERMISSION_DENIED" } });
    } finally {
      staged = before;
      await local.close();
    }
  });

  it("searches its own runs and the server's together", async () => {
    const headers = bearer(keys.bees);
    const submitted = await staged.app.inject({
      method: "POST",
      url: "/v1/jobs",
      payload: { ...SPEC, tags: { team: "a" } },
      headers,
    });
    const job = submitted.json<{ id: string }>().id;
    const asked = { key: keys.bees };
    const one = await startRun("0", "oak", keys.bees);
    const two = await startRun("0", "elm 100%", keys.bees);
    await good(
      "POST runs/log-batch",
      {
        run_id: one,
        metrics: [{ key: "loss", value: 0.25, timestamp: 1, step: 0 }],
        params: [{ key: "optimizer/lr", value: "0.01" }],
        tags: [{ key: "team", value: "a" }],
      },
      asked,
    );
    await good("POST runs/log-batch", { run_id: two, metrics: [{ key: "loss", value: 0.5, timestamp: 1, step: 0 }] }, asked);
    const found = async (filter: string, order_by: string[] = [], more: object = {}) =>
      idsOf(await good<Runs>("POST runs/search", { experiment_ids: ["0"], filter, order_by, ...more }, asked));
    expect(await found("")).toEqual([job, ...[one, two].sort()]);
    expect(await found("metrics.loss <= 0.25")).toEqual([one]);
    expect(await found("metrics.loss > 0", ["metrics.loss DESC"])).toEqual([two, one]);
    expect(await found("", ["metrics.loss ASC"])).toEqual([one, two, job]);
    expect(new Set(await found('params."optimizer/lr" = \'0.01\' and tags.team = "a"'))).toEqual(new Set([one, job]));
    expect(await found("params.`optimizer/lr` != '0.01'")).toEqual([]);
    expect(await found("attributes.run_name LIKE 'elm%0_'")).toEqual([two]);
    expect(await found("run_name LIKE 'OAK'")).toEqual([]);
    expect(await found("run_name ILIKE 'OAK'")).toEqual([one]);
    expect(await found(`run_id IN ('${one}', '${job}')`, ["run_name"])).toEqual([job, one]);
    expect(await found("tags.team IS NULL")).toEqual([two]);
    expect(await found("status = 'RUNNING' and start_time = 1000", ["attributes.run_name ASC"])).toEqual([two, one]);
    expect(await found("tags.`trainyard.kind` = 'job'")).toEqual([job]);
    // Page by page, every run once.
    const seen: string[] = [];
    for (let page_token: string | undefined; ; ) {
      const request = {
        experiment_ids: ["0"],
        max_results: 1,
        order_by: ["tags.team DESC"],
        ...(page_token ? { page_token } : {}),
      };
      const page = await good<Runs>("POST runs/search", request, asked);
      seen.push(...idsOf(page));
      page_token = page.next_page_token;
      if (page_token === undefined) break;
    }
    expect([seen.length, new Set(seen)]).toEqual([3, new Set([one, two, job])]);
    for (const [filter, says] of [
      ["metrics.loss <", "column 15"],
      ["metrics.loss < 'a'", "column 16"],
      ["colour = 'red'", "there is no attribute colour"],
      ["metrics.loss < 1 or metrics.loss > 2", "joined by AND"],
    ] as const) {
      const { status, body } = await ask("POST runs/search", { experiment_ids: ["0"], filter }, asked);
      expect([status, body]).toMatchObject([
        400,
        { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining(says) },
      ]);
    }
  });
});

describe("a large request", () => {
  it("is read in a thread, and answered as a small one", async () => {
    const run_id = await startRun();
    const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: "loss", value: 1 / (step + 1), timestamp: 1, step }));
    const text = JSON.stringify({ run_id, metrics: [...metrics.slice(1), { ...metrics[0], value: "v" }] }).replace(
      '"v"',
      "NaN",
    );
    await good("POST runs/log-batch", text);
    const history = await good<Data>("GET metrics/get-history", { run_id, metric_key: "loss" });
    expect([history.metrics.length, history.metrics[0]?.value, history.metrics[1]?.value]).toEqual([1000, "NaN", 0.5]);
    const many = `{"run_id": "${run_id}", "metrics": [${"{},".repeat(20_000)}{}]}`;
    for (const body of [many, `{${" ".repeat(10_000)}`, `[${"1,".repeat(10_000)}1]`])
      expect(await ask("POST runs/log-batch", body)).toMatchObject({
        status: 400,
        body: { error_code: "INVALID_PARAMETER_VALUE" },
      });
  });

  it("is answered by pages of fewer runs where these are long", async () => {
    const { experiment_id } = await good<{ experiment_id: string }>("POST experiments/create", { name: "long" });
    const ids: string[] = [];
    for (let each = 0; each < 4; each++) {
      const run_id = await startRun(experiment_id);
      ids.push(run_id);
      const tags = Array.from({ length: 30 }, (_, at) => ({ key: `t${at}`, value: "x".repeat(8000) }));
      await good("POST runs/log-batch", { run_id, tags });
    }
    const pages: number[] = [];
    const seen: string[] = [];
    for (let page_token: string | undefined; pages.length === 0 || page_token; ) {
      const page: Runs = await good<Runs>("POST runs/search", {
        experiment_ids: [experiment_id],
        ...(page_token && { page_token }),
      });
      pages.push(page.runs.length);
      seen.push(...idsOf(page));
      page_token = page.next_page_token;
    }
    expect([pages, seen]).toEqual([[2, 2], ids.sort()]);
  });
});

describe("the audit log", () => {
  it("has what clients change of jobs, and what they create and delete, but not what a run logs", async () => {
    const job = await submitJobOf(keys.bees);
    const theirs = { key: keys.bees };
    const run_id = await startRun("0", "audited", keys.bees);
    await good("POST runs/set-tag", { run_id, key: "team", value: "a" }, theirs);
    await good("POST runs/set-tag", { run_id: job, key: "team", value: "a" }, theirs);
    await good("POST runs/delete", { run_id }, theirs);
    const log = await staged.app.inject({ url: "/v1/audit?limit=3", headers: bearer(keys.bees) });
    expect(log.json<{ data: { path: string }[] }>().data.map(({ path }) => path)).toEqual([
      `/api/2.0/mlflow/runs/delete?run_id=${run_id}`,
      `/api/2.0/mlflow/runs/set-tag?run_id=${job}`,
      "/api/2.0/mlflow/runs/create?experiment_id=0",
    ]);
  });
});

describe("what is refused", () => {
  it("is written as MLflow writes it, wherever it comes from", async () => {
    const nobody = { headers: {} };
    expect(await ask("GET experiments/get", { experiment_id: "0" }, nobody)).toMatchObject({
      status: 401,
      body: { error_code: "UNAUTHENTICATED" },
    });
    expect(await ask("GET /api/2.0/mlflow/prompts/get")).toMatchObject({
      status: 404,
      body: { error_code: "ENDPOINT_NOT_FOUND" },
    });
    expect(await ask("PUT runs/search")).toMatchObject({ status: 405, body: { error_code: "ENDPOINT_NOT_FOUND" } });
    expect(await ask("POST runs/search", "{")).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    expect(await ask("POST runs/search", JSON.stringify("x".repeat(1024 * 1024)))).toMatchObject({
      status: 413,
      body: { error_code: "QUOTA_EXCEEDED" },
    });
  });

  it("takes a key as a token or as a password, here alone, and neither from the page of another site", async () => {
    const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`ada:${key}`).toString("base64")}` });
    await good("GET experiments/get", { experiment_id: "0" }, { headers: basic(keys.ants) });
    expect(await ask("GET experiments/get", { experiment_id: "0" }, { headers: basic("ty_wrong") })).toMatchObject({
      status: 401,
    });
    const origin = { ...basic(keys.ants), origin: "https://elsewhere.example" };
    expect(await ask("POST experiments/create", { name: "stolen" }, { headers: origin })).toMatchObject({ status: 403 });
    const own = await staged.app.inject({ url: "/v1/jobs", headers: basic(keys.ants) });
    expect(own.statusCode).toBe(401);
  });

  it("hides what another project has logged, behind every endpoint", async () => {
    const run_id = await startRun();
    const { experiment_id } = await good<{ experiment_id: string }>("POST experiments/create", { name: "secret" });
    const { model } = await good<{ model: { info: { model_id: string } } }>("POST logged-models", {
      name: "m",
      source_run_id: run_id,
    });
    const { model_id } = model.info;
    const theirs = { key: keys.bees };
    const job = await submitJobOf(keys.ants);
    const named = { experiment_id, run_id, model_id, key: "k", value: "v", metric_key: "m", tag_key: "k", timestamp: 1 };
    const rest = {
      experiment_ids: [experiment_id, "0"],
      metrics: [],
      status: "FINISHED",
      source_run_id: run_id,
      name: "secret",
    };
    for (const { method, path } of ENDPOINTS) {
      const url = path.replace(":model_id", model_id).replace(":tag_key", "k");
      for (const id of [run_id, job]) {
        const request = {
          ...named,
          ...rest,
          run_id: id,
          ...(path.includes("logged-models") ? { status: "LOGGED_MODEL_READY" } : {}),
        };
        const { status, body } = await ask(
          `${method} ${url}`,
          method === "GET" ? { ...named, run_id: id, name: "secret" } : request,
          theirs,
        );
        expect([path, status]).not.toEqual([path, 500]);
        expect(JSON.stringify(status === 200 ? body : {})).not.toMatch(
          new RegExp(`${run_id}|${job}|${experiment_id}|${model_id}`),
        );
      }
    }
    const { run } = await good<Run>("GET runs/get", { run_id });
    expect([run.info.status, run.data.params]).toEqual(["RUNNING", []]);
    const artifact = { url: `/api/2.0/mlflow-artifacts/artifacts?path=${run_id}`, headers: bearer(keys.bees) };
    expect((await staged.app.inject(artifact)).statusCode).toBe(404);
  });
});

async function submitJobOf(key: string): Promise<string> {
  const made = await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC, headers: bearer(key) });
  return made.json<{ id: string }>().id;
}
