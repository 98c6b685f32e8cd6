import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

describe("health", () => {
  it("is ok while the event loop turns; ready while the database answers", async () => {
    expect((await staged.app.inject("/healthz")).json()).toEqual({ status: "ok" });
    expect((await staged.app.inject("/readyz")).json()).toEqual({ status: "ready" });
    const ping = vi.spyOn(staged.services.store, "ping").mockRejectedValueOnce(new Error("away"));
    const response = await staged.app.inject("/readyz");
    expect(response.statusCode).toBe(503);
    expect(problem.parse(response.json()).detail).toBe("the database does not answer");
    ping.mockRestore();
  });

  it("is not ready while a pool has no threads, and says which", async () => {
    const missing: string[] = [];
    const own = await openStagedApp({ threads: { of: () => () => undefined, missing: () => missing } });
    missing.push("upload");
    const response = await own.app.inject("/readyz");
    expect(response.statusCode).toBe(503);
    expect(problem.parse(response.json()).detail).toBe("no upload thread has started for ten seconds: see the server log");
    missing.pop();
    expect((await own.app.inject("/readyz")).statusCode).toBe(200);
    await own.close();
  });

  it("is not ready while draining, when no job is taken either", async () => {
    const own = await openStagedApp();
    own.lifecycle.drain();
    for (const response of [
      await own.app.inject("/readyz"),
      await own.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC }),
    ]) {
      expect(response.statusCode).toBe(503);
      expect(response.headers["retry-after"]).toBe("5");
      expect(problem.parse(response.json())).toMatchObject({ code: "unavailable", detail: "the server is draining" });
    }
    expect((await own.app.inject("/healthz")).statusCode).toBe(200);
    await own.close();
  });
});

describe("what is not there", () => {
  it("is answered with 404", async () => {
    const response = await staged.app.inject("/v1/nothing");
    expect(problem.parse(response.json())).toMatchObject({ status: 404, detail: "there is nothing at /v1/nothing" });
  });

  it.each([
    ["/v1/job", "there is nothing at /v1/job: did you mean /v1/jobs?"],
    ["/v1/session/", "there is nothing at /v1/session/: did you mean /v1/session?"],
    ["/jobs", "there is nothing at /jobs: did you mean /v1/jobs?"],
    ["/v1/job/job_1/metric", "there is nothing at /v1/job/job_1/metric: did you mean /v1/jobs/job_1/metrics?"],
    ["/v1/model/iris/predict", "there is nothing at /v1/model/iris/predict: did you mean /v1/models/iris/predict?"],
    ["/v1/somewhere/else", "there is nothing at /v1/somewhere/else"],
  ])("is answered with the path that was meant: %s", async (url, detail) => {
    expect(problem.parse((await staged.app.inject(url)).json())).toMatchObject({ status: 404, detail });
  });

  it.each([
    ["/v1/jobs/moons", "there is no job moons: its id begins with job_; GET /v1/jobs?name= finds one by its name"],
    ["/v1/jobs/mdl_1", "there is no job mdl_1: that is the id of a model"],
    ["/v1/jobs/ds_1", "there is no job ds_1: that is the id of a data set"],
    ["/v1/datasets/iris", "there is no data set iris: its id begins with ds_; GET /v1/datasets lists them"],
    ["/v1/jobs/", "the id of the job is missing: GET /v1/jobs?name= finds one by its name"],
    ["/v1/jobs/job_1", "there is no job job_1: GET /v1/jobs?name= finds one by its name"],
    ["/v1/sweeps/swp_1", "there is no sweep swp_1: GET /v1/sweeps lists them"],
    ["/v1/schedules/nightly", "there is no schedule nightly: its id begins with sch_; GET /v1/schedules lists them"],
    ["/v1/forgets/fgt_1", "there is no run fgt_1: GET /v1/forgets lists them"],
    ["/v1/imports/imp_1", "there is no import imp_1: the answer of POST /v1/datasets/import has its id"],
    ["/v1/models/nope", "there is no model nope: GET /v1/models lists them"],
    ["/v1/models/nope/versions", "there is no model nope: GET /v1/models lists them"],
  ])("is answered with what an id looks like, where it is none: %s", async (url, detail) => {
    expect(problem.parse((await staged.app.inject(url)).json())).toMatchObject({ status: 404, detail });
  });

  it("is answered with 405 and what is allowed, where only the method is wrong", async () => {
    const response = await staged.app.inject({ method: "PUT", url: "/v1/jobs/job_1?x=1" });
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBe("GET, HEAD, PATCH, DELETE");
    expect(problem.parse(response.json()).code).toBe("method_not_allowed");
  });

  it("is answered with 400 where the path is not even one", async () => {
    const response = await staged.app.inject("/v1/jobs/%zz");
    expect(problem.parse(response.json())).toMatchObject({ status: 400, code: "malformed" });
  });
});

describe("a defect", () => {
  it("is logged whole under the request's id, and answered with nothing of it", async () => {
    const read = vi
      .spyOn(staged.services.store.ofProject("default").jobs, "get")
      .mockRejectedValueOnce(new Error("the secret of the database"));
    const response = await staged.app.inject("/v1/jobs/job_1");
    read.mockRestore();
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain("secret");
    const { instance } = problem.parse(response.json());
    const line = staged.logged.find(({ msg }) => msg === "request failed");
    expect(instance).toBe(`urn:uuid:${line?.request_id}`);
    expect(JSON.stringify(line)).toContain("the secret of the database");
  });
});

describe("the log", () => {
  it("has one line a request with its id and its job's, and no bodies", async () => {
    staged.logged.length = 0;
    await staged.app.inject("/v1/jobs/job_x");
    await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: { name: "a body" } });
    const lines = staged.logged.filter(({ msg }) => msg === "request");
    expect(lines).toEqual([
      expect.objectContaining({ method: "GET", route: "/v1/jobs/:id", status: 404, job_id: "job_x" }),
      expect.objectContaining({ method: "POST", route: "/v1/jobs", status: 422 }),
    ]);
    for (const line of lines) expect(line.request_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.stringify(staged.logged)).not.toContain("a body");
  });
});

describe("the documentation", () => {
  it("is served, and loads nothing from elsewhere", async () => {
    const page = await staged.app.inject("/docs/");
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/(src|href)="https?:/);
    expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
    expect(page.headers["content-security-policy"]).not.toMatch(/upgrade-insecure-requests|validator\.swagger\.io/);
  });

  it("is the OpenAPI document as JSON too", async () => {
    const document = (await staged.app.inject("/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    expect(Object.keys(document.paths)).toContain("/v1/jobs/{id}/stream");
  });
});
