import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBasePath, isBasePath } from "../../../src/http/connection/base-path.ts";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

describe("a base path", () => {
  it.each([
    ["/trainyard", "/"],
    ["/trainyard?tab=spec", "/?tab=spec"],
    ["/trainyard/v1/jobs?limit=1", "/v1/jobs?limit=1"],
    ["/trainyards/v1/jobs", "/trainyards/v1/jobs"],
    ["/v1/jobs", "/v1/jobs"],
  ])("reads %s as %s", (url, read) => {
    expect(createBasePath("/trainyard").withoutIt(url)).toBe(read);
    expect(createBasePath("").withoutIt(url)).toBe(url);
  });

  it.each([
    ["/ml", "/ml"],
    ["/ml/team-a/", "/ml/team-a"],
    ["/", ""],
    [undefined, ""],
    ['/ml"><script>', ""],
    ["//example.com", ""],
    ["/ml/../other", ""],
    ["/models", ""],
    ["/v1/ml", ""],
    [`/${"a".repeat(300)}`, ""],
  ])("is what the proxy says, %s, if it is a plain path and none is configured", (given, path) => {
    const headers = { "x-forwarded-prefix": given };
    expect(createBasePath("").of({ headers })).toBe(path);
    expect(createBasePath("/trainyard").of({ headers })).toBe("/trainyard");
  });
});

describe("a path that is one of the server's own", () => {
  it("is none that the server can be shown below: of no view, and of no operation", async () => {
    const views = readFileSync(new URL("../../../src/dashboard/views.ts", import.meta.url), "utf8");
    const sections = [...views.matchAll(/pattern: "(\/[\w-]+)/g)].map(([, section]) => section as string);
    const document = readFileSync(new URL("../../../openapi.yaml", import.meta.url), "utf8");
    const operations = [...document.matchAll(/^ {2}(\/[\w-]+)/gm)].map(([, path]) => path as string);
    expect([sections.length > 8, operations.length > 50]).toEqual([true, true]);
    expect([...sections, ...operations].filter(isBasePath)).toEqual([]);
  });
});

describe("a server whose proxy takes the path off", () => {
  let staged: StagedApp;
  beforeAll(async () => {
    staged = await openStagedApp();
  });
  afterAll(() => staged.close());

  it("has it before the addresses that it answers, and in a repeated answer once", async () => {
    const headers = { "x-forwarded-prefix": "/ml", "idempotency-key": "below-a-path" };
    for (const replayed of [undefined, "true"]) {
      const answer = await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: SPEC, headers });
      expect(answer.headers["idempotency-replayed"]).toBe(replayed);
      expect(answer.headers.location).toMatch(/^\/ml\/v1\/jobs\/job_/);
    }
    expect((await staged.app.inject({ url: "/openapi.json", headers })).json().servers[0].url).toBe("/ml/");
  });
});
