import { afterAll, beforeAll, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp({ storeOptions: { maxDatabaseBytes: 3 * 1024 * 1024, probeMs: 60_000 } });
});
afterAll(() => staged.close());

it("a write that needs room is answered with 507, readiness with 503, and what is there is served", async () => {
  const rows = Array.from({ length: 20_000 }, (_, row) => [row]);
  const spec = { ...SPEC, data: { inline: { features: rows, targets: rows } } };
  const submit = () => staged.app.inject({ method: "POST", url: "/v1/jobs", payload: spec });
  let response = await submit();
  for (let count = 0; response.statusCode === 202 && count < 100; count++) response = await submit();
  expect(problem.parse(response.json())).toMatchObject({ status: 507, code: "storage_full" });
  expect(response.body).not.toContain(staged.dataDir);
  const ready = await staged.app.inject("/readyz");
  expect(problem.parse(ready.json())).toMatchObject({ status: 503, detail: expect.stringContaining("until there is room") });
  expect((await staged.app.inject("/healthz")).statusCode).toBe(200);
  const { data } = (await staged.app.inject("/v1/jobs?state=queued")).json<{ data: { id: string }[] }>();
  const cancelled = await staged.app.inject({ method: "POST", url: `/v1/jobs/${data[0]?.id}/cancel` });
  expect(cancelled.json()).toMatchObject({ state: "cancelled" });
});
