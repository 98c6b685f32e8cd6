import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { comparisonAnswer } from "../../../src/http/openapi/comparison-schema.ts";
import { jobAnswer, modelAnswer, modelsAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { storeLine } from "../models-at-hand.ts";
import { openStagedApp, SPEC, type StagedApp, settled, submitJob } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

const send = async (method: "GET" | "PUT" | "PATCH" | "DELETE", url: string, body?: object) => {
  const response = await staged.app.inject({ method, url, ...(body && { payload: body }) });
  return { status: response.statusCode, json: response.body === "" ? null : response.json() };
};
const train = async (spec: object) => {
  const id = await submitJob(staged, spec);
  (await staged.nextRun()).finish();
  await settled(staged, id);
  return jobAnswer.parse((await send("GET", `/v1/jobs/${id}`)).json).model;
};

describe("names and versions", () => {
  it("come from the job's name, counted", async () => {
    expect(await train({ ...SPEC, name: "Straight Line (näher)" })).toMatchObject({ name: "Straight-Line-naher", version: 1 });
    expect(await train({ ...SPEC, name: "Straight Line (näher)" })).toMatchObject({ name: "Straight-Line-naher", version: 2 });
    const page = modelsAnswer.parse((await send("GET", "/v1/models/Straight-Line-naher/versions?limit=1")).json);
    expect([page.data.map(({ version }) => version), page.has_more]).toEqual([[2], true]);
    expect((await send("GET", `/v1/models/Straight-Line-naher/versions?after=${page.next_after}`)).json.data).toMatchObject([
      { version: 1 },
    ]);
    expect((await send("GET", "/v1/models/nobody/versions")).status).toBe(404);
    expect((await send("GET", "/v1/models?name=Straight-Line-naher")).json.data).toHaveLength(2);
  });

  it("leave no job a name that a reference could not spell", async () => {
    for (const name of ["a@b", "a/b", "a:b", "mdl_x", "日本"]) {
      const response = await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: { ...SPEC, name } });
      expect([name, response.statusCode]).toEqual([name, 422]);
      expect(problem.parse(response.json()).errors).toMatchObject([{ pointer: "/name" }]);
    }
  });

  it("are how a model is named in every path", async () => {
    await storeLine(staged.services.store);
    const second = await storeLine(staged.services.store);
    await send("PUT", "/v1/models/line/aliases/live", { version: 2 });
    for (const ref of [second.id, "line", "line@2", "line@live"]) {
      expect((await send("GET", `/v1/models/${ref}`)).json).toMatchObject({ id: second.id, version: 2, aliases: ["live"] });
      const weights = await staged.app.inject(`/v1/models/${ref}/weights`);
      expect([weights.statusCode, weights.headers.etag]).toEqual([200, `"${second.sha256}"`]);
    }
    for (const ref of ["line@3", "line@dead", "line@", "@live", "a b", "line@1@2", "mdl_none"]) {
      expect((await send("GET", `/v1/models/${encodeURIComponent(ref)}`)).json).toMatchObject({
        status: 404,
        code: "not_found",
      });
    }
  });
});

describe("aliases", () => {
  it("move, go, and hold what they point at", async () => {
    const [one, two] = [await train({ ...SPEC, name: "held" }), await train({ ...SPEC, name: "held" })];
    const alias = "/v1/models/held/aliases/production";
    expect(modelAnswer.parse((await send("PUT", alias, { version: 1 })).json)).toMatchObject({
      id: one?.id,
      aliases: ["production"],
    });
    expect((await send("DELETE", "/v1/models/held@1")).json).toMatchObject({
      status: 409,
      detail: "held@production points at version 1: move or delete the alias first",
    });
    expect((await send("PUT", alias, { version: 2 })).json).toMatchObject({ id: two?.id });
    expect((await send("GET", "/v1/models/held@production")).json).toMatchObject({ version: 2 });
    expect((await send("DELETE", "/v1/models/held@1")).status).toBe(204);
    expect((await send("DELETE", alias)).status).toBe(204);
    expect((await send("DELETE", alias)).status).toBe(404);
    expect((await send("GET", "/v1/models/held@production")).status).toBe(404);
  });

  it("refuse what is no version and what is no name", async () => {
    await train({ ...SPEC, name: "refused" });
    expect((await send("PUT", "/v1/models/refused/aliases/a", { version: 2 })).status).toBe(404);
    expect((await send("PUT", "/v1/models/refused/aliases/a", { version: 0 })).json.errors).toMatchObject([
      { pointer: "/version" },
    ]);
    expect((await send("PUT", "/v1/models/refused/aliases/a", { version: 1, x: 1 })).json.errors).toMatchObject([
      { pointer: "/x" },
    ]);
    for (const alias of ["3", "a%20b", "a@b"]) {
      expect((await send("PUT", `/v1/models/refused/aliases/${alias}`, { version: 1 })).status).toBe(422);
    }
  });
});

describe("tags", () => {
  it("are set and removed one by one", async () => {
    await train({ ...SPEC, name: "tagged" });
    await send("PATCH", "/v1/models/tagged", { tags: { stage: "draft", owner: "ada" } });
    const changed = await send("PATCH", "/v1/models/tagged@1", { tags: { stage: "reviewed", owner: null } });
    expect(modelAnswer.parse(changed.json).tags).toEqual({ stage: "reviewed" });
    expect((await send("GET", "/v1/models/tagged")).json.tags).toEqual({ stage: "reviewed" });
    expect((await send("PATCH", "/v1/models/tagged", { tags: { stage: 1 } })).json.errors).toMatchObject([
      { pointer: "/tags/stage" },
    ]);
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`tag${index}`, ""]));
    expect((await send("PATCH", "/v1/models/tagged", { tags: many })).status).toBe(422);
    expect((await send("PATCH", "/v1/models/nobody", { tags: {} })).status).toBe(404);
  });
});

describe("comparing", () => {
  it("shows what differs in the specs, and the numbers of both", async () => {
    await train({ ...SPEC, name: "compared" });
    await train({ ...SPEC, name: "compared", epochs: 20, optimizer: { type: "sgd", lr: 0.02 } });
    const answer = comparisonAnswer.parse((await send("GET", "/v1/models/compared@1/compare?with=compared@2")).json);
    expect(answer.spec).toEqual([
      { pointer: "/optimizer/lr", a: 0.01, b: 0.02 },
      { pointer: "/epochs", a: 10, b: 20 },
    ]);
    expect(answer.metrics).toContainEqual({ pointer: "/final/loss", a: 0.1, b: 0.1, difference: 0 });
    expect([answer.a.version, answer.b.version, answer.architecture]).toEqual([1, 2, []]);
    expect((await send("GET", "/v1/models/compared/compare?with=nobody")).status).toBe(404);
    expect((await send("GET", "/v1/models/compared/compare")).status).toBe(422);
  });
});
