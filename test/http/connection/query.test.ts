import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

async function errorsOf(method: "GET" | "POST" | "DELETE", url: string): Promise<Record<string, string>> {
  const response = await staged.app.inject({ method, url, ...(method === "POST" && { payload: SPEC }) });
  const { status, code, errors = [] } = problem.parse(response.json());
  expect([status, code]).toEqual([422, "invalid"]);
  return Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]));
}

describe("a query parameter that a route does not know", () => {
  it.each([
    ["GET", "/v1/jobs?stat=failed", { "/stat": "is not a parameter here: did you mean state?" }],
    ["POST", "/v1/jobs?validateOnly=true", { "/validateOnly": "is not a parameter here: did you mean validate_only?" }],
    [
      "GET",
      "/v1/jobs?colour=red",
      { "/colour": "is not a parameter here: the parameters are state, name, filter, order_by, after, limit" },
    ],
    ["GET", "/v1/jobs/job_1?verbose", { "/verbose": "is not a parameter here: this path takes none" }],
    ["DELETE", "/v1/jobs/job_1?force=true", { "/force": "is not a parameter here: this path takes none" }],
    ["GET", "/v1/jobs/job_1/stream?since=3", { "/since": "is not a parameter here: the only one is after" }],
    ["GET", "/v1/session?a%2Fb=1", { "/a~1b": "is not a parameter here: this path takes none" }],
  ] as const)("is refused with the one that was meant: %s %s", async (method, url, expected) => {
    expect(await errorsOf(method, url)).toEqual(expected);
  });

  it("does not hide what else is wrong", async () => {
    expect(await errorsOf("GET", "/v1/jobs?limit=0&stat=failed&x=1")).toEqual({
      "/limit": "must be at least 1",
      "/stat": "is not a parameter here: did you mean state?",
      "/x": "is not a parameter here: the parameters are state, name, filter, order_by, after, limit",
    });
  });

  it.each(["/healthz?probe=1", "/readyz?probe=1", "/openapi.json?v=2", "/?utm=x", "/v2/health/live?x=1"])(
    "is no matter where others may add what they like: %s",
    async (url) => {
      expect((await staged.app.inject(url)).statusCode).toBe(200);
    },
  );

  it("is no matter in a foreign protocol, whose clients send what their servers take", async () => {
    const response = await staged.app.inject({
      method: "POST",
      url: "/v1/models/none:predict?x=1",
      payload: { instances: [[1]] },
    });
    expect(response.statusCode).toBe(404);
  });

  it("is refused by every route of the API", () => {
    const { paths = {} } = staged.app.swagger() as unknown as { paths?: Record<string, Record<string, { responses: object }>> };
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    );
    const own = operations.filter(
      ({ path, tags }: { path: string; tags?: string[] }) => path.startsWith("/v1/") && !tags?.includes("dialects"),
    );
    expect(own.length).toBeGreaterThan(40);
    for (const { path, method, responses } of own) expect(responses, `${method} ${path}`).toHaveProperty("422");
  });
});
