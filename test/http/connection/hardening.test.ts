import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

const post = (url: string, payload: string, type = "application/json") =>
  staged.app.inject({ method: "POST", url, payload, headers: { "content-type": type } });

describe("every answer", () => {
  it.each(["/healthz", "/v1/jobs", "/v1/nothing", "/docs/", "/", "/metrics"])(
    "to %s says what a browser may do with it",
    async (path) => {
      const { headers } = await staged.app.inject(path);
      expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "x-frame-options": "SAMEORIGIN" });
      expect(headers["content-security-policy"]).toMatch(/default-src '(self|none)'/);
      expect(headers["content-security-policy"]).not.toMatch(/unsafe-eval|script-src[^;]*(unsafe-inline|https:|\*)/);
      expect(headers).not.toHaveProperty("x-powered-by");
      expect(headers).not.toHaveProperty("server");
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    },
  );

  it("has nothing of where the server is, nor of how it is made", async () => {
    const spy = vi
      .spyOn(staged.services.computePool, "prepare")
      .mockRejectedValueOnce(new Error(`ENOENT: ${staged.dataDir}/x`));
    const { statusCode, body } = await post("/v1/jobs", JSON.stringify(SPEC));
    spy.mockRestore();
    expect(statusCode).toBe(500);
    expect(body).not.toMatch(/ENOENT|node_modules|\.ts\b|at .*:\d+:\d+/);
    expect(body).not.toContain(staged.dataDir);
  });
});

describe("a page elsewhere", () => {
  const preflight = (app: StagedApp, origin: string) =>
    app.app.inject({
      method: "OPTIONS",
      url: "/v1/jobs",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });

  it("may not use the API", async () => {
    const asked = await preflight(staged, "https://app.example.com");
    expect(asked.statusCode).toBe(405);
    expect(asked.headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("may when the configuration names its origin, and brings no cookies", async () => {
    const open = await openStagedApp({ corsOrigins: ["https://app.example.com"] });
    const asked = await preflight(open, "https://app.example.com");
    expect(asked.statusCode).toBe(204);
    expect(asked.headers).toMatchObject({ "access-control-allow-origin": "https://app.example.com" });
    expect(asked.headers["access-control-allow-headers"]).toContain("authorization");
    expect(asked.headers).not.toHaveProperty("access-control-allow-credentials");
    for (const origin of ["https://evil.example.com", "https://app.example.com.evil.com", "null"])
      expect((await preflight(open, origin)).headers["access-control-allow-origin"], origin).toBeUndefined();
    const answer = await open.app.inject({ url: "/v1/jobs", headers: { origin: "https://app.example.com" } });
    expect(answer.headers["access-control-allow-origin"]).toBe("https://app.example.com");
    expect(answer.headers["access-control-expose-headers"]).toContain("idempotency-replayed");
    const submitted = await open.app.inject({
      method: "POST",
      url: "/v1/jobs",
      payload: SPEC,
      headers: { origin: "https://app.example.com" },
    });
    expect(submitted.statusCode).toBe(202);
    const refused = await open.app.inject({
      method: "POST",
      url: "/v1/jobs",
      payload: SPEC,
      headers: { origin: "https://evil.example.com" },
    });
    expect(refused.statusCode).toBe(403);
    await open.close();
  });
});

describe("members that reach prototypes", () => {
  const polluted = '{"__proto__": {"polluted": true}}';

  it.each([
    ["a job", "/v1/jobs", polluted],
    ["a job, deep within", "/v1/jobs", JSON.stringify(SPEC).replace('"samples":20', '"samples":20,"__proto__":{"x":1}')],
    ["a prediction", "/v1/models/m:predict", '{"instances": [{"constructor": {"prototype": {"x": 1}}}]}'],
    ["an evaluation", "/v1/models/m/evaluate", '{"dataset": {"id": "x", "\\u005f_proto__": 1}}'],
    ["a table", "/v1/datasets?name=t&format=json", '[{"__proto__": 1}]'],
    ["a table of lines", "/v1/datasets?name=t&format=ndjson", '{"a": 1, "__proto__": 1}\n'],
    ["the head of a table", "/v1/datasets?name=t&format=csv", "__proto__,b\n1,2\n"],
  ])("of %s are refused", async (_what, url, body) => {
    const response = await post(url, body, url.includes("datasets") ? "application/octet-stream" : "application/json");
    // Where there is no such model, that may be said first.
    expect([400, 404, 422]).toContain(response.statusCode);
    if (response.statusCode === 422) expect(problem.parse(response.json()).detail).toMatch(/__proto__|constructor/);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
