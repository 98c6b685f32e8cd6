import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { SCOPES } from "../../../src/domain/access/api-key.ts";
import { createRateLimiter } from "../../../src/domain/access/rate-limit.ts";
import { problem } from "../../../src/http/errors/problem.ts";
import { finishJob, openStagedApp, SPEC, type StageOptions, submitJob } from "../staged-app.ts";
import { createKey } from "./keyed-app.ts";

const JSON_TYPE = { "content-type": "application/json" };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function open(options: StageOptions = {}) {
  const staged = await openStagedApp(options);
  onTestFinished(() => staged.close());
  return staged;
}

/** A staged server with the superuser's key. */
async function openKeyed(options: StageOptions = {}) {
  const staged = await open(options);
  const { key } = await createKey(staged, { scopes: [...SCOPES] });
  return { staged, key };
}

describe("jobs that wait", () => {
  it("are so many in a project at most; then more are refused with the limit, until some have run", async () => {
    const staged = await open({ environment: { TRAINYARD_PROJECT_QUEUED_JOBS: "3" } });
    await submitJob(staged);
    const run = await staged.nextRun();
    const submit = () => staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC });
    const answers = await Promise.all(Array.from({ length: 8 }, submit));
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([202, 202, 202, 429, 429, 429, 429, 429]);
    const refused = answers.find(({ statusCode }) => statusCode === 429);
    expect(problem.parse(refused?.json())).toMatchObject({ code: "rate_limited" });
    expect(refused?.json().detail).toContain("TRAINYARD_PROJECT_QUEUED_JOBS");
    expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(0);
    run.finish();
    await staged.nextRun();
    expect((await submit()).statusCode).toBe(202);
  });

  it("of one project leave another's room alone", async () => {
    const { staged, key } = await openKeyed({ environment: { TRAINYARD_PROJECT_QUEUED_JOBS: "1" } });
    const other = await createKey(staged, { scopes: ["submit"], project: "other" }, key);
    const submit = async (by: string) =>
      (await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC, headers: bearer(by) })).statusCode;
    expect(await submit(key)).toBe(202);
    await staged.nextRun();
    expect([await submit(key), await submit(key), await submit(other.key)]).toEqual([202, 429, 202]);
  });
});

describe("models of a project", () => {
  it("are so many at most: then jobs that would make one are refused, and imports", async () => {
    const staged = await open({ environment: { TRAINYARD_PROJECT_MODELS: "1" } });
    const id = await finishJob(staged);
    const model = (await staged.app.inject(`/v1/jobs/${id}`)).json().model.id;
    const submit = () => staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC });
    const refused = await submit();
    expect(refused.statusCode).toBe(409);
    expect(problem.parse(refused.json()).detail).toContain("TRAINYARD_PROJECT_MODELS");
    const file = (await staged.app.inject(`/v1/models/${model}/weights`)).rawPayload;
    const headers = { "content-type": "application/octet-stream" };
    const imported = () => staged.app.inject({ method: "POST", url: "/v1/models", payload: file, headers });
    expect((await imported()).statusCode).toBe(409);
    await staged.app.inject({ method: "DELETE", url: `/v1/models/${model}` });
    expect((await imported()).statusCode).toBe(201);
  });
});

describe("data sets of a project", () => {
  it("have so many bytes together at most", async () => {
    const staged = await open({ environment: { TRAINYARD_PROJECT_DATASET_BYTES: "1500" } });
    const upload = (fill: string) =>
      staged.app.inject({
        method: "POST",
        url: `/v1/datasets?name=${fill}`,
        payload: `x\n${`${fill}\n`.repeat(500)}`,
        headers: { "content-type": "text/csv" },
      });
    const first = await upload("1");
    expect(first.statusCode).toBe(201);
    const refused = await upload("2");
    expect(refused.statusCode).toBe(413);
    expect(problem.parse(refused.json()).detail).toContain("TRAINYARD_PROJECT_DATASET_BYTES");
    // The same bytes are the same data set, and take nothing.
    expect((await upload("1")).statusCode).toBe(200);
    await staged.app.inject({ method: "DELETE", url: `/v1/datasets/${first.json().id}` });
    expect((await upload("2")).statusCode).toBe(201);
  });
});

describe("requests with keys of a project", () => {
  it("are told how many more there may be, and refused beyond, with the time to wait", async () => {
    const { staged, key } = await openKeyed({ environment: { TRAINYARD_PROJECT_REQUESTS_PER_MINUTE: "4" } });
    const other = await createKey(staged, { scopes: ["read"], project: "other" }, key);
    const ask = (by: string) => staged.app.inject({ url: "/v1/jobs", headers: bearer(by) });
    const answers = [await ask(key), await ask(key), await ask(key), await ask(key)];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 429]);
    expect(answers[0]?.headers).toMatchObject({
      "ratelimit-policy": '"project";q=4;w=60',
      ratelimit: expect.stringMatching(/^"project";r=2;t=\d+$/),
    });
    const refused = answers[3];
    expect(refused?.headers.ratelimit).toMatch(/^"project";r=0;t=\d+$/);
    const wait = Number(refused?.headers["retry-after"]);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    expect(problem.parse(refused?.json())).toMatchObject({ code: "rate_limited" });
    expect((await ask(other.key)).statusCode).toBe(200);
    expect((await staged.app.inject("/healthz")).statusCode).toBe(200);
  });

  it("are not counted where no keys are wanted", async () => {
    const staged = await open({ environment: { TRAINYARD_PROJECT_REQUESTS_PER_MINUTE: "1" } });
    for (let count = 0; count < 3; count++) {
      const response = await staged.app.inject("/v1/jobs");
      expect(response.statusCode).toBe(200);
      expect(response.headers).not.toHaveProperty("ratelimit");
    }
  });

  it("whose keys are worth nothing are refused after a while, and those with good keys are not", async () => {
    const { staged, key } = await openKeyed();
    const ask = async (by: string) => (await staged.app.inject({ url: "/v1/jobs", headers: bearer(by) })).statusCode;
    const statuses = new Set<number>();
    for (let count = 0; count < 125; count++) statuses.add(await ask(`ty_${count}`));
    expect([...statuses]).toEqual([401, 429]);
    const signIn = await staged.app.inject({ method: "POST", url: "/v1/session", payload: { key: "ty_x" } });
    expect(signIn.statusCode).toBe(429);
    expect(await ask(key)).toBe(200);
  });
});

describe("streams of a project", () => {
  it("are so many at a time at most; the next is refused before it is opened", async () => {
    const staged = await open({ environment: { TRAINYARD_PROJECT_STREAMS: "2" } });
    const id = await submitJob(staged);
    await staged.nextRun();
    const url = (await staged.listen()).replace("http", "ws");
    const connect = (path: string) => {
      const socket = new WebSocket(url + path);
      onTestFinished(() => socket.terminate());
      return new Promise<WebSocket | number>((resolve) => {
        socket.on("open", () => resolve(socket));
        // One that is dropped before it was open says so.
        socket.on("error", () => undefined);
        socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      });
    };
    const first = await connect("/v1/stream");
    await connect(`/v1/jobs/${id}/stream`);
    expect(await connect("/v1/stream")).toBe(429);
    expect(await connect(`/v1/jobs/${id}/stream`)).toBe(429);
    const events = await fetch(`${url.replace("ws", "http")}/v1/jobs/${id}/events`, {
      headers: { accept: "text/event-stream" },
    });
    expect(events.status).toBe(429);
    expect(problem.parse(await events.json()).detail).toContain("TRAINYARD_PROJECT_STREAMS");
    (first as WebSocket).close();
    for (let next = await connect("/v1/stream"); typeof next === "number"; next = await connect("/v1/stream")) {
      expect(next).toBe(429);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});

describe("a body that is nested deeper than the limit", () => {
  it("is refused with the limit and the place", async () => {
    const staged = await open();
    const nested = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
    const id = await finishJob(staged);
    const model = (await staged.app.inject(`/v1/jobs/${id}`)).json().model.id;
    for (const url of ["/v1/jobs", `/v1/models/${model}/predict`, `/v2/models/${model}/infer`, "/v1/keys"]) {
      const response = await staged.app.inject({ method: "POST", url, payload: nested(5000), headers: JSON_TYPE });
      expect(response.statusCode, url).toBe(400);
      expect(response.body).toContain("deeper than the limit of 64 levels");
    }
    const shallow = await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: nested(64), headers: JSON_TYPE });
    expect(shallow.statusCode).toBe(422);
    // Brackets within texts are no nesting.
    const text = JSON.stringify({ ...SPEC, name: `moons ${"[".repeat(35)}"${"{".repeat(35)}` });
    expect((await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: text, headers: JSON_TYPE })).statusCode).toBe(
      202,
    );
  });
});

describe("a limiter of rates", () => {
  it("lets through so many in a window, each asker apart, and anew in the next", () => {
    let now = 0;
    const limiter = createRateLimiter(1000, () => now);
    const asked = (key: string) => limiter.take(key, 2).allowed;
    expect([asked("a"), asked("a"), asked("a"), asked("b")]).toEqual([true, true, false, true]);
    now = 999;
    expect(limiter.take("a", 2)).toEqual({ allowed: false, remaining: 0, resetMs: 1 });
    now = 1000;
    expect(limiter.take("a", 2)).toEqual({ allowed: true, remaining: 1, resetMs: 1000 });
  });
});
