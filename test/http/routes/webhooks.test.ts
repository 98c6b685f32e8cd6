import { afterAll, beforeAll, expect, it } from "vitest";
import { finishJob, openStagedApp, SPEC, type StagedApp, settled, submitJob } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

it("a job's deliveries are listed, with where they go", async () => {
  const id = await submitJob(staged, { ...SPEC, webhook: { url: "https://hooks.example.com/x" } });
  (await staged.nextRun()).finish();
  await settled(staged, id);
  const { data, has_more } = (await staged.app.inject(`/v1/jobs/${id}/webhook-deliveries`)).json();
  expect(has_more).toBe(false);
  expect(data).toEqual([
    expect.objectContaining({ url: "https://hooks.example.com/x", state: "pending", attempts: [], finished_at: null }),
  ]);
  const rest = await staged.app.inject(`/v1/jobs/${id}/webhook-deliveries?after=${data[0].id}`);
  expect(rest.json()).toEqual({ data: [], has_more: false, next_after: null });
});

it("a job without a webhook has none, and an unknown job is not found", async () => {
  const id = await finishJob(staged);
  expect((await staged.app.inject(`/v1/jobs/${id}/webhook-deliveries`)).json().data).toEqual([]);
  expect((await staged.app.inject("/v1/jobs/job_none/webhook-deliveries")).statusCode).toBe(404);
});

it("the secret is shown, and kept by nobody on the way", async () => {
  const response = await staged.app.inject("/v1/webhook-secret");
  expect(response.headers["cache-control"]).toBe("no-store");
  expect(response.json()).toEqual({ secret: expect.any(String) });
});
