import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TrainingResult } from "../../../src/domain/ports.ts";
import { packTensors } from "../../../src/domain/tensor.ts";
import { encodeSafetensors, SAFETENSORS_TYPE } from "../../../src/formats/safetensors/safetensors.ts";
import { problem } from "../../../src/http/errors/problem.ts";
import { jobAnswer, modelAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { aModel, aSuccess } from "../../contract/fixtures.ts";
import { finishJob, openStagedApp, type StagedApp, settled } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp({ environment: { TRAINYARD_MAX_BODY_BYTES: "100000", TRAINYARD_MAX_PARAMETERS: "1000" } });
});
afterAll(() => staged.close());

type Tensors = Parameters<typeof packTensors>[0];

const fileOf = (tensors: Tensors, metadata: Record<string, string> = {}) =>
  Buffer.concat([...encodeSafetensors(packTensors(tensors), metadata).pieces]);

const post = (payload: Buffer, query: Record<string, string> = {}, type = SAFETENSORS_TYPE) =>
  staged.app.inject({ method: "POST", url: "/v1/models", query, payload, headers: { "content-type": type } });

const predict = async (ref: string, instances: unknown) =>
  (await staged.app.inject({ method: "POST", url: `/v1/models/${ref}/predict`, payload: { instances } as object })).json<{
    predictions: unknown[];
  }>().predictions;

const modelOf = async (job: string) =>
  jobAnswer.parse((await staged.app.inject(`/v1/jobs/${job}`)).json()).model as NonNullable<
    ReturnType<typeof jobAnswer.parse>["model"]
  >;

const line: Tensors = [
  { name: "0.weight", shape: [1, 2], values: [2, -1] },
  { name: "0.bias", shape: [1], values: [0.5] },
];
const classifier = {
  task: "multiclass_classification",
  layers: [{ type: "linear", units: 3, bias: false }],
  classes: ["red", "green", "blue"],
};
const identity: Tensors = [{ name: "0.weight", shape: [3, 3], values: [1, 0, 0, 0, 1, 0, 0, 0, 1] }];

describe("importing a model", () => {
  it("takes back the file of a model that was exported, without another word", async () => {
    const original = await modelOf(await finishJob(staged));
    const exported = await staged.app.inject(`/v1/models/${original.id}/weights`);
    const response = await post(exported.rawPayload);
    expect(response.statusCode).toBe(201);
    const model = modelAnswer.parse(response.json());
    expect(response.headers.location).toBe(`/v1/models/${model.id}`);
    const before = modelAnswer.parse((await staged.app.inject(`/v1/models/${original.id}`)).json());
    expect(model).toMatchObject({
      name: "line",
      version: before.version + 1,
      job: null,
      layers: before.layers,
      task: before.task,
    });
    expect(await predict(model.id, [[0], [1.5]])).toEqual(await predict(original.id, [[0], [1.5]]));
    expect(modelAnswer.parse((await staged.app.inject(`/v1/models/${model.id}`)).json())).toEqual(model);
    const again = await staged.app.inject(`/v1/models/${model.id}/weights`);
    expect(modelAnswer.parse((await post(again.rawPayload)).json()).sha256).toBe(model.sha256);
  });

  it("takes a file from elsewhere with an architecture in the query, and predicts", async () => {
    const architecture = JSON.stringify(classifier);
    const response = await post(fileOf(identity), { name: "colours", architecture }, "application/octet-stream");
    const model = modelAnswer.parse(response.json());
    expect(model).toMatchObject({ name: "colours", version: 1, input_width: 3, output_width: 3, classes: classifier.classes });
    expect(model.receipt).toEqual({ data: null, spec_sha256: null, engine_version: null, weights_sha256: model.sha256 });
    expect(await predict("colours", [[0, 9, 0]])).toMatchObject([{ label: "green" }]);
  });

  it("takes one with the architecture in its metadata, as PyTorch's save_file writes it", async () => {
    const architecture = { task: "regression", layers: [{ type: "linear", units: 1 }] };
    const response = await post(fileOf(line, { format: "pt", "trainyard.architecture": JSON.stringify(architecture) }));
    const model = modelAnswer.parse(response.json());
    expect(model).toMatchObject({ name: "imported", task: "regression", input_width: 2, parameters: 3 });
    expect(await predict(model.id, [[1, 1]])).toEqual([{ value: 1.5 }]);
  });

  it("takes an ensemble by the names of PyTorch's ModuleList, a TabM among its members", async () => {
    const members = [
      { weight: 0.5, layers: [{ type: "linear", units: 1, bias: false }] },
      {
        weight: 2,
        layers: [
          { type: "select", features: [1] },
          { type: "batch_ensemble_linear", members: 2, units: 1, bias: false },
          { type: "mean_members" },
        ],
      },
    ];
    const tensors: Tensors = [
      { name: "0.members.0.0.weight", shape: [1, 2], values: [2, -1] },
      { name: "0.members.1.1.weight", shape: [1, 1], values: [3] },
      { name: "0.members.1.1.r", shape: [2, 1], values: [1, -1] },
      { name: "0.members.1.1.s", shape: [2, 1], values: [4, 2] },
    ];
    const architecture = { task: "regression", layers: [{ type: "ensemble", members }] };
    const file = fileOf(tensors, { "trainyard.architecture": JSON.stringify(architecture) });
    const response = await post(file);
    expect(response.json()).toMatchObject({ input_width: 2, parameters: 7 });
    const { id } = modelAnswer.parse(response.json());
    // (2 · 1 - 10) / 2, and 2 times the mean of 3 · 10 · 4 and -3 · 10 · 2.
    expect(await predict(id, [[1, 10]])).toEqual([{ value: -4 + 60 }]);
    const again = await post((await staged.app.inject(`/v1/models/${id}/weights`)).rawPayload);
    expect(again.json()).toMatchObject({ sha256: (response.json() as { sha256: string }).sha256 });
    const wrong = {
      ...architecture,
      layers: [{ type: "ensemble", members: [{ layers: [{ type: "select", features: [2] }] }] }],
    };
    const refused = await post(fileOf(tensors, { "trainyard.architecture": JSON.stringify({ ...wrong, input_width: 2 }) }));
    expect(problem.parse(refused.json()).errors).toEqual([
      { pointer: "/architecture/layers/0/members/0/layers/0/features/0", detail: "is 2, and [2] has features 0..1" },
    ]);
  });

  it("takes raw rows where the file has preprocessing", async () => {
    const preprocessing = {
      columns: [
        { kind: "numeric", column: "mass", integer: false, fill: 10, indicator: false, scaling: { offset: 10, scale: 2 } },
        { kind: "category", column: "sex", boolean: false, categories: ["f"], fill: null, encode: "one_hot", dimension: null },
      ],
      targets: [{ column: "length", scaling: { offset: 100, scale: 10 } }],
    };
    const architecture = JSON.stringify({
      task: "regression",
      layers: [{ type: "linear", units: 1, bias: false }],
      preprocessing,
    });
    const tensors = [{ name: "0.weight", shape: [1, 3], values: [1, 2, 3] }];
    const model = modelAnswer.parse((await post(fileOf(tensors), { architecture })).json());
    expect(await predict(model.id, [{ mass: 12, sex: "f" }, { sex: "m" }])).toEqual([{ value: 130 }, { value: 130 }]);
  });

  it("names every tensor that is missing, has another shape, is not of the network, or is not finite", async () => {
    const architecture = JSON.stringify({
      task: "regression",
      layers: [
        { type: "linear", units: 2 },
        { type: "linear", units: 1 },
      ],
      input_width: 2,
    });
    const tensors = [
      { name: "0.weight", shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
      { name: "0.bias", shape: [2], values: [Number.NaN, 1] },
      { name: "1.weight", shape: [1, 2], values: [1, 2] },
      { name: "fc.bias", shape: [1], values: [1] },
    ];
    const response = await post(fileOf(tensors), { architecture });
    expect(response.statusCode).toBe(422);
    expect(problem.parse(response.json()).errors).toEqual([
      { pointer: "/0.weight", detail: "has shape [2, 3]; the network's has [2, 2]" },
      { pointer: "/0.bias", detail: "has a value that is not a finite float32" },
      { pointer: "/1.bias", detail: expect.stringContaining("is missing") },
      { pointer: "/fc.bias", detail: expect.stringContaining("is not a tensor of this network") },
    ]);
  });

  const linear = (units: number) => ({ type: "linear", units, bias: false });
  it.each<[string, object | string, string]>([
    ["no JSON", "{", "/architecture"],
    ["no task", { layers: [linear(3)] }, "/architecture/task"],
    ["an unknown layer", { task: "regression", layers: [{ type: "lstm" }] }, "/architecture/layers/0/type"],
    ["an unknown field", { ...classifier, layer: [] }, "/architecture/layer"],
    ["an open width", { task: "regression", layers: [{ type: "linear" }] }, "/architecture/layers/0"],
    ["too many parameters", { task: "regression", layers: [linear(500)], input_width: 3 }, "/architecture/layers"],
    ["a width that does not follow", { task: "regression", layers: [{ type: "tanh" }] }, "/architecture/input_width"],
    [
      "layers that do not fit",
      { ...classifier, layers: [linear(3), { type: "conv1d", out_channels: 1, kernel_size: 1 }] },
      "/architecture/layers/1",
    ],
    [
      "a prediction of several axes",
      { ...classifier, layers: [linear(3), { type: "reshape", shape: [1, 3] }] },
      "/architecture/layers",
    ],
    ["too few classes", { ...classifier, classes: ["a", "b"] }, "/architecture/classes"],
    ["a class twice", { ...classifier, classes: ["a", "b", "a"] }, "/architecture/classes"],
    ["classes of a regression", { ...classifier, task: "regression" }, "/architecture/classes"],
    ["three outputs for two classes", { ...classifier, task: "binary_classification" }, "/architecture/layers"],
    ["a sigmoid over several classes", { ...classifier, activation: "sigmoid" }, "/architecture/activation"],
    [
      "a softmax of one output",
      { task: "binary_classification", layers: [linear(1)], activation: "softmax" },
      "/architecture/activation",
    ],
    [
      "preprocessing of another width",
      {
        ...classifier,
        input_width: 3,
        preprocessing: {
          columns: [{ kind: "numeric", column: "a", integer: false, fill: 0, indicator: false, scaling: null }],
          targets: [],
        },
      },
      "/architecture/input_width",
    ],
  ])("refuses an architecture with %s at its place", async (_, architecture, pointer) => {
    const text = typeof architecture === "string" ? architecture : JSON.stringify(architecture);
    const response = await post(fileOf(identity), { architecture: text });
    expect(response.statusCode).toBe(422);
    expect(problem.parse(response.json()).errors?.[0]?.pointer).toBe(pointer);
  });

  it("refuses what is no file, has no architecture, is too large or of another type", async () => {
    expect((await post(Buffer.from("PK"))).statusCode).toBe(400);
    expect((await post(Buffer.alloc(0))).statusCode).toBe(400);
    const bare = problem.parse((await post(fileOf(identity))).json());
    expect([bare.status, bare.errors?.[0]?.pointer]).toEqual([422, "/architecture"]);
    expect((await post(Buffer.alloc(100_001))).statusCode).toBe(413);
    expect((await post(fileOf(identity), {}, "application/json")).statusCode).toBe(415);
    expect((await post(fileOf(identity), { name: "a b" })).statusCode).toBe(422);
  });
});

describe("reproducing a model", () => {
  const reproduce = (ref: string) => staged.app.inject({ method: "POST", url: `/v1/models/${ref}/reproduce` });

  async function reproduced(sha256: string) {
    const model = await modelOf(await finishJob(staged));
    const response = await reproduce(model.id);
    expect(response.statusCode).toBe(202);
    const submitted = jobAnswer.parse(response.json());
    expect(response.headers.location).toBe(`/v1/jobs/${submitted.id}`);
    expect(submitted).toMatchObject({
      reproduces: { model: model.id, sha256: model.sha256, result_sha256: null },
      agrees: null,
      model: null,
    });
    const run = await staged.nextRun();
    expect(run.run.job.spec).toEqual(submitted.spec);
    await run.post(1, 10);
    run.finish(resultOf(sha256));
    await settled(staged, submitted.id);
    return { model, job: jobAnswer.parse((await staged.app.inject(`/v1/jobs/${submitted.id}`)).json()) };
  }

  const resultOf = (sha256: string): TrainingResult => {
    const { id: _id, name: _name, jobId: _jobId, createdAt: _createdAt, ...model } = aModel("job_1");
    return { ...aSuccess("job_1"), model: { ...model, sha256 } };
  };

  it("says that the bits agree, and makes no second model of them", async () => {
    const before = (await staged.app.inject("/v1/models?name=line&limit=200")).json<{ data: unknown[] }>().data.length;
    const { job, model } = await reproduced("a".repeat(64));
    expect(job).toMatchObject({ state: "succeeded", agrees: true, model: null });
    expect(job.reproduces).toEqual({ model: model.id, sha256: model.sha256, result_sha256: model.sha256 });
    expect(job.transitions.at(-1)?.reason).toContain("agree, bit for bit");
    const after = (await staged.app.inject("/v1/models?name=line&limit=200")).json<{ data: unknown[] }>().data.length;
    expect(after).toBe(before + 1);
  });

  it("says that they do not, and what they are instead, also when the model is gone", async () => {
    const { job, model } = await reproduced("b".repeat(64));
    expect(job).toMatchObject({ agrees: false, reproduces: { result_sha256: "b".repeat(64) } });
    expect((await staged.app.inject({ method: "DELETE", url: `/v1/models/${model.id}` })).statusCode).toBe(204);
    expect(jobAnswer.parse((await staged.app.inject(`/v1/jobs/${job.id}`)).json()).agrees).toBe(false);
  });

  it("does not know when the run fails", async () => {
    const model = await modelOf(await finishJob(staged));
    const { id } = (await reproduce(model.id)).json<{ id: string }>();
    const error = { code: "timeout", detail: "too long", epoch: 1 } as const;
    (await staged.nextRun()).finish({ state: "failed", metrics: null, error });
    await settled(staged, id);
    expect(jobAnswer.parse((await staged.app.inject(`/v1/jobs/${id}`)).json())).toMatchObject({
      state: "failed",
      agrees: null,
    });
  });

  it("is a 409 for an imported model and for one whose job was deleted, a 404 for none", async () => {
    const imported = modelAnswer.parse((await post(fileOf(identity), { architecture: JSON.stringify(classifier) })).json());
    expect((await reproduce(imported.id)).statusCode).toBe(409);
    const job = await finishJob(staged);
    const model = await modelOf(job);
    await staged.app.inject({ method: "DELETE", url: `/v1/jobs/${job}` });
    expect(problem.parse((await reproduce(model.id)).json()).detail).toContain("was deleted");
    expect((await reproduce("nobody")).statusCode).toBe(404);
  });
});
