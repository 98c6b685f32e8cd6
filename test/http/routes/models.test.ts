import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { jobAnswer, modelAnswer, modelsAnswer, predictionsAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { finishJob, openStagedApp, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
let job: string;
let model: string;
beforeAll(async () => {
  staged = await openStagedApp({ environment: { TRAINYARD_MAX_PREDICT_ROWS: "1000", TRAINYARD_MAX_BODY_BYTES: "1000000" } });
  job = await finishJob(staged);
  model = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${job}`)).json()).model?.id ?? "";
});
afterAll(() => staged.close());

const predict = (body: unknown, id = model) =>
  staged.app.inject({
    method: "POST",
    url: `/v1/models/${id}/predict`,
    payload: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });

describe("a model", () => {
  it("shows where it came from and what it is", async () => {
    const answer = modelAnswer.parse((await staged.app.inject(`/v1/models/${model}`)).json());
    expect(answer).toMatchObject({ id: model, job, name: "line", task: "regression", input_width: 1, parameters: 2 });
    expect(answer.weights).toEqual([
      { name: "0.weight", shape: [1, 1] },
      { name: "0.bias", shape: [1] },
    ]);
  });

  it("is meant by a name that is a letter off", async () => {
    const { detail } = problem.parse((await staged.app.inject("/v1/models/lime")).json());
    expect(detail).toBe("there is no model lime: did you mean line?");
    const { errors } = problem.parse(
      (
        await staged.app.inject({
          method: "POST",
          url: "/v1/jobs",
          payload: {
            data: { generator: "moons" },
            model: { layers: ["linear"] },
            init_from: { model: "lien@3" },
          },
        })
      ).json(),
    );
    expect(errors).toEqual([{ pointer: "/init_from/model", detail: "there is no model lien@3: did you mean line?" }]);
  });

  it("has other versions where that one is not there", async () => {
    for (const ref of ["line@9", "line@champion"]) {
      const { detail } = problem.parse((await staged.app.inject(`/v1/models/${ref}`)).json());
      expect(detail).toBe(
        `there is no model ${ref}: the newest version of line is 1, and GET /v1/models/line/versions lists them all`,
      );
    }
  });

  it("is in the list of models", async () => {
    const page = modelsAnswer.parse((await staged.app.inject("/v1/models?limit=1")).json());
    expect(page.data.map(({ id }) => id)).toEqual([model]);
  });

  it("gives its weights as safetensors with PyTorch's names", async () => {
    const response = await staged.app.inject(`/v1/models/${model}/weights`);
    expect(response.headers["content-length"]).toBe(String(response.rawPayload.length));
    const length = Number(response.rawPayload.readBigUInt64LE(0));
    const header = JSON.parse(response.rawPayload.toString("utf8", 8, 8 + length));
    expect(header["0.weight"]).toEqual({ dtype: "F32", shape: [1, 1], data_offsets: [0, 4] });
    expect(header["0.bias"]).toEqual({ dtype: "F32", shape: [1], data_offsets: [4, 8] });
    expect(header.__metadata__).toMatchObject({ format: "pt", "trainyard.model": model });
    expect([response.rawPayload.readFloatLE(8 + length), response.rawPayload.readFloatLE(12 + length)]).toEqual([2, 1]);
  });

  it("goes when it is deleted, and its job stays", async () => {
    const other = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${await finishJob(staged)}`)).json());
    const id = other.model?.id ?? "";
    expect((await predict({ instances: [[1]] }, id)).statusCode).toBe(200);
    expect((await staged.app.inject({ method: "DELETE", url: `/v1/models/${id}` })).statusCode).toBe(204);
    for (const response of [
      await staged.app.inject(`/v1/models/${id}`),
      await staged.app.inject(`/v1/models/${id}/weights`),
      await staged.app.inject({ method: "DELETE", url: `/v1/models/${id}` }),
      await predict({ instances: [[1]] }, id),
    ]) {
      expect([response.statusCode, problem.parse(response.json()).code]).toEqual([404, "not_found"]);
    }
    expect(jobAnswer.parse((await staged.app.inject(`/v1/jobs/${other.id}`)).json()).state).toBe("succeeded");
  });
});

describe("predicting", () => {
  it("answers one prediction a row, in their order", async () => {
    const response = await predict({ instances: [[0], [1], [-2.5]] });
    expect(predictionsAnswer.parse(response.json())).toEqual({ predictions: [{ value: 1 }, { value: 3 }, { value: -4 }] });
  });

  it("takes many rows", async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => [index]);
    const { predictions } = predictionsAnswer.parse((await predict({ instances: rows })).json());
    expect(predictions).toEqual(rows.map(([x = 0]) => ({ value: 2 * x + 1 })));
  });

  it("names the row that is wrong", async () => {
    for (const [instances, pointer] of [
      [[[1], [1, 2]], "/instances/1"],
      [[[1], []], "/instances/1"],
      [[[1], [2], ["three"]], "/instances/2/0"],
      [[[1], [null]], "/instances/1/0"],
      [[[1e39]], "/instances/0/0"],
      [[[1], "row"], "/instances/1"],
      [[], "/instances"],
    ] as const) {
      const response = await predict({ instances });
      expect(response.statusCode).toBe(422);
      expect(problem.parse(response.json()).errors?.map((error) => error.pointer)).toEqual([pointer]);
    }
  });

  it("answers 422 to another shape of body, and 400 to what is not JSON", async () => {
    const renamed = await predict({ rows: [[1]] });
    expect(renamed.statusCode).toBe(422);
    expect(problem.parse(renamed.json()).errors).toContainEqual({
      pointer: "/instances",
      detail: 'is required: the rows to predict, as in {"instances": [{"age": 41}]}',
    });
    expect((await predict([[1]])).statusCode).toBe(422);
    expect((await predict("instances")).statusCode).toBe(400);
    expect((await predict("")).statusCode).toBe(400);
  });

  it("answers 413 to more rows than the limit, and to more bytes than a body may have", async () => {
    const rows = await predict({ instances: Array.from({ length: 1001 }, () => [1]) });
    expect(problem.parse(rows.json())).toMatchObject({ status: 413, detail: expect.stringContaining("1000") });
    const bytes = await predict({ instances: [[0]], padding: "x".repeat(1_000_000) });
    expect(problem.parse(bytes.json())).toMatchObject({ status: 413, detail: expect.stringContaining("1000000 bytes") });
  });
});
