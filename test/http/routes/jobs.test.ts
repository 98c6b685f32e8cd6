import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { jobAnswer, jobsAnswer, validationAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { openStagedApp, SPEC, type StagedApp, settled, submitJob } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp({ environment: { TRAINYARD_MAX_BODY_BYTES: "20000" } });
});
afterAll(() => staged.close());

const post = (url: string, payload: string | object, type = "application/json") =>
  staged.app.inject({
    method: "POST",
    url,
    payload: typeof payload === "string" ? payload : JSON.stringify(payload),
    headers: { "content-type": type },
  });

describe("submitting a job", () => {
  it("answers 202 with the resolved job and where it is", async () => {
    const response = await post("/v1/jobs", SPEC);
    expect(response.statusCode).toBe(202);
    const job = jobAnswer.parse(response.json());
    expect(response.headers.location).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({ name: "line", parameters: 2, epochs_done: 0, metrics: null, model: null, error: null });
    expect(job.spec).toMatchObject({ task: "regression", loss: { type: "mse" }, batch_size: null, split: null });
    (await staged.nextRun()).finish();
    await settled(staged, job.id);
  });

  it("keeps the notes on its data with the job, which lists leave out", async () => {
    const csv = ["x,same,y", ...Array.from({ length: 20 }, (_, row) => `${row},1,${row * 2.5}`)].join("\n");
    const dataset = (await post("/v1/datasets?name=line", csv, "text/csv")).json();
    const response = await post("/v1/jobs", { ...SPEC, data: { dataset: { id: dataset.id, target: "y" } } });
    expect([response.statusCode, response.body]).toEqual([202, expect.any(String)]);
    const submitted = response.json();
    expect(submitted.notes).toMatchObject([{ code: "constant_column", column: "same" }]);
    const shown = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${submitted.id}`)).json());
    expect(shown.notes).toEqual(submitted.notes);
    for (const listed of jobsAnswer.parse((await staged.app.inject("/v1/jobs")).json()).data)
      expect(listed).not.toHaveProperty("notes");
    (await staged.nextRun()).finish();
    await settled(staged, submitted.id);
    expect((await staged.app.inject(`/v1/jobs/${submitted.id}`)).json().notes).toEqual(submitted.notes);
  });

  it("lists the faults of the spec and of its data in one answer", async () => {
    const csv = ["x,part,y", ...Array.from({ length: 20 }, (_, row) => `${row},${row % 2 ? "a" : "b"},${row * 2.5}`)].join(
      "\n",
    );
    const dataset = (await post("/v1/datasets?name=parts", csv, "text/csv")).json();
    const pointersOf = async (spec: object) => {
      const response = await post("/v1/jobs?validate_only=true", spec);
      expect(response.statusCode).toBe(422);
      return problem.parse(response.json()).errors?.map(({ pointer }) => pointer);
    };
    const data = (more: object) => ({ dataset: { id: dataset.id, target: "y", ...more } });
    const faulty = { model: { layers: [{ type: "Linear", units: 1 }] }, optimizer: { type: "adam", lr: -1 }, epocs: 3 };
    const ofSpec = await pointersOf({ ...faulty, data: data({}) });
    expect(ofSpec).toEqual(["/model/layers/0/type", "/optimizer/lr", "/epocs"]);
    expect(await pointersOf({ ...faulty, data: data({ target: "z" }) })).toEqual([...ofSpec!, "/data/dataset/target"]);
    expect(await pointersOf({ ...faulty, data: data({ features: ["x", "w"] }) })).toEqual([
      ...ofSpec!,
      "/data/dataset/features/1",
    ]);
    expect(await pointersOf({ epocs: 1, data: data({ id: "ds_none" }) })).toContain("/data/dataset/id");
    const split = { column: "part", validation: "Val" };
    expect(await pointersOf({ epocs: 1, split, data: data({}) })).toEqual(
      expect.arrayContaining([expect.stringMatching(/^\/split/)]),
    );
    expect(await pointersOf({ epocs: 1, data: data({ columnz: 1, target: "z" }) })).toEqual(
      expect.arrayContaining(["/epocs", "/data/dataset/columnz", "/data/dataset/target"]),
    );
  });

  it("says what a spec comes to without storing anything", async () => {
    const before = (await staged.app.inject("/v1/jobs")).json();
    const response = await post("/v1/jobs?validate_only=true", SPEC);
    expect(response.statusCode).toBe(200);
    expect(validationAnswer.parse(response.json())).toMatchObject({ valid: true, parameters: 2, rows: 20 });
    expect((await staged.app.inject("/v1/jobs")).json()).toEqual(before);
  });

  it("lists every failure with its pointer, fields that do not exist included", async () => {
    const response = await post("/v1/jobs", {
      data: { generator: { type: "linear", samples: 0 } },
      model: { layers: [{ type: "linear", units: -1 }, { type: "rellu" }] },
      epochz: 3,
    });
    expect(response.statusCode).toBe(422);
    expect(response.headers["content-type"]).toMatch(/^application\/problem\+json/);
    const { errors = [], code } = problem.parse(response.json());
    expect(code).toBe("invalid");
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      "/data/generator/samples",
      "/epochz",
      "/model/layers/0/units",
      "/model/layers/1/type",
    ]);
  });

  it("answers 400 to what is not JSON, and to nothing", async () => {
    for (const body of ['{"data": ', "", "\u0000", "[1, 2"]) {
      const response = await post("/v1/jobs", body);
      expect([response.statusCode, problem.parse(response.json()).code]).toEqual([400, "malformed"]);
    }
  });

  it.each([
    ["text/csv", "this path takes no text/csv: send -H 'content-type: application/json'"],
    [
      "application/x-www-form-urlencoded",
      "this path takes no application/x-www-form-urlencoded, which curl -d sends by itself: send -H 'content-type: application/json'",
    ],
    ["", "the content type is missing: send -H 'content-type: application/json'"],
  ])("answers 415 to another media type, with the header to send: %s", async (type, detail) => {
    const response = await post("/v1/jobs", "a,b\n1,2", type);
    expect(problem.parse(response.json())).toMatchObject({ status: 415, code: "unsupported_media_type", detail });
  });

  it("answers 415 to a body in a content coding, and takes one that says it has none", async () => {
    const send = (coding: string) =>
      staged.app.inject({
        method: "POST",
        url: "/v1/jobs?validate_only=true",
        payload: JSON.stringify(SPEC),
        headers: { "content-type": "application/json", "content-encoding": coding },
      });
    expect(problem.parse((await send("gzip")).json())).toMatchObject({ status: 415, detail: expect.stringContaining("gzip") });
    expect((await send("identity")).statusCode).toBe(200);
  });

  it("answers 413 with the limit to a body that is larger, whether or not its length is announced", async () => {
    const body = JSON.stringify({ ...SPEC, name: "x".repeat(30_000) });
    const announced = await post("/v1/jobs", body);
    const chunked = await staged.app.inject({
      method: "POST",
      url: "/v1/jobs",
      payload: Readable.from([body.slice(0, 15_000), body.slice(15_000)]),
      headers: { "content-type": "application/json" },
    });
    for (const response of [announced, chunked]) {
      expect(response.statusCode).toBe(413);
      expect(problem.parse(response.json())).toMatchObject({ code: "too_large", detail: expect.stringContaining("20000") });
    }
  });
});

describe("jobs in the queue", () => {
  it("know their place, and leave it when they are cancelled", async () => {
    const running = await submitJob(staged);
    const run = await staged.nextRun();
    const [first, second] = [await submitJob(staged), await submitJob(staged)];
    const placeOf = async (id: string) => jobAnswer.parse((await staged.app.inject(`/v1/jobs/${id}`)).json()).queue;
    expect(await placeOf(running)).toBeNull();
    expect(await placeOf(first)).toEqual({ position: 1, jobs_ahead: 0 });
    expect(await placeOf(second)).toEqual({ position: 2, jobs_ahead: 1 });

    const cancelled = await staged.app.inject({ method: "POST", url: `/v1/jobs/${first}/cancel` });
    expect(jobAnswer.parse(cancelled.json())).toMatchObject({ state: "cancelled", queue: null });
    expect(await placeOf(second)).toEqual({ position: 1, jobs_ahead: 0 });

    run.finish();
    (await staged.nextRun()).finish();
    await settled(staged, second);
  });

  it("are shown with their progress while they run", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    await run.post(1, 4);
    const job = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${id}`)).json());
    expect(job).toMatchObject({ state: "running", progress: 0.4, epochs_done: 4, attempt: 1, finished_at: null });
    expect(job.transitions.map(({ state }) => state)).toEqual(["queued", "running"]);
    run.finish();
    await settled(staged, id);
  });
});

describe("a running job", () => {
  it("is cancelling, then cancelled, and keeps its metrics", async () => {
    const id = await submitJob(staged);
    await (await staged.nextRun()).post(1, 3);
    const response = await staged.app.inject({ method: "POST", url: `/v1/jobs/${id}/cancel` });
    expect(["cancelling", "cancelled"]).toContain(jobAnswer.parse(response.json()).state);
    await settled(staged, id);
    const job = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${id}`)).json());
    expect(job).toMatchObject({ state: "cancelled", epochs_done: 3, model: null });
  });

  it("shows why it failed, with infinities as strings", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    run.finish({
      state: "failed",
      metrics: { final: { loss: Number.POSITIVE_INFINITY }, best: { loss: 1e300, epoch: 1 } },
      error: { code: "diverged", detail: "the loss is Infinity", epoch: 2 },
    });
    await settled(staged, id);
    const job = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${id}`)).json());
    expect(job.error).toEqual({ code: "diverged", detail: "the loss is Infinity", epoch: 2 });
    expect(job.metrics).toEqual({ final: { loss: "Infinity" }, best: { loss: 1e300, epoch: 1 } });
  });
});

describe("conflicts", () => {
  it("are answered with 409: deleting a job that runs, cancelling one that has ended", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    const early = await staged.app.inject({ method: "DELETE", url: `/v1/jobs/${id}` });
    expect([early.statusCode, problem.parse(early.json()).code]).toEqual([409, "conflict"]);
    run.finish();
    await settled(staged, id);
    const late = await staged.app.inject({ method: "POST", url: `/v1/jobs/${id}/cancel` });
    expect([late.statusCode, problem.parse(late.json()).code]).toEqual([409, "conflict"]);
    const deleted = await staged.app.inject({ method: "DELETE", url: `/v1/jobs/${id}` });
    expect([deleted.statusCode, deleted.body]).toEqual([204, ""]);
    expect((await staged.app.inject(`/v1/jobs/${id}`)).statusCode).toBe(404);
  });
});

describe("lists", () => {
  it("come in pages, newest first, filtered by state and name", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      ids.unshift(await submitJob(staged, { ...SPEC, name: "paged" }));
      (await staged.nextRun()).finish();
      await settled(staged, ids[0] as string);
    }
    const page = async (query: string) => jobsAnswer.parse((await staged.app.inject(`/v1/jobs?name=paged&${query}`)).json());
    const first = await page("limit=2");
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first).toMatchObject({ has_more: true, next_after: ids[1] });
    const second = await page(`limit=2&after=${first.next_after}`);
    expect(second.data.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(second.has_more).toBe(false);
    expect((await page("state=queued")).data).toEqual([]);
    expect((await page("state=succeeded")).data).toHaveLength(3);
  });

  it("answer 422 with the parameter's pointer to a query that makes no sense", async () => {
    for (const [query, pointer] of [
      ["limit=0", "/limit"],
      ["limit=many", "/limit"],
      ["state=asleep", "/state"],
      ["after=yesterday", "/after"],
    ]) {
      const response = await staged.app.inject(`/v1/jobs?${query}`);
      expect(response.statusCode).toBe(422);
      const { errors, code } = problem.parse(response.json());
      expect([code, errors?.map((error) => error.pointer)]).toEqual(["invalid", [pointer]]);
    }
  });
});

describe("an unknown job", () => {
  const unknown = "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";
  it.each([
    ["GET", `/v1/jobs/${unknown}`],
    ["DELETE", `/v1/jobs/${unknown}`],
    ["POST", `/v1/jobs/${unknown}/cancel`],
    ["GET", `/v1/jobs/${unknown}/metrics`],
    ["GET", `/v1/jobs/${unknown}/events`],
    ["GET", `/v1/jobs/${unknown}/stream`],
    ["GET", "/v1/jobs/nonsense"],
    ["GET", `/v1/jobs/${"x".repeat(500)}`],
  ] as const)("is answered with 404: %s %s", async (method, url) => {
    const response = await staged.app.inject({ method, url });
    expect([response.statusCode, problem.parse(response.json()).code]).toEqual([404, "not_found"]);
  });
});
