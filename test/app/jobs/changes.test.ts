/** What submit, cancel, pause and resume answer, and that they read no job again for it. */
import { describe, expect, it } from "vitest";
import { cancel } from "../../../src/app/jobs/cancel.ts";
import { notifyChanged } from "../../../src/app/jobs/notify-changed.ts";
import { pause } from "../../../src/app/jobs/pause.ts";
import { recover } from "../../../src/app/jobs/recover.ts";
import { resume } from "../../../src/app/jobs/resume.ts";
import { submit } from "../../../src/app/jobs/submit.ts";
import type { ProjectServices } from "../../../src/app/services.ts";
import { type Calls, countCalls } from "../counting-store.ts";
import { openDependencies, plainCompute, queueJob } from "./dependencies.ts";

const body = (content: unknown) => new TextEncoder().encode(JSON.stringify(content));

async function countedDependencies() {
  const calls: Calls = {};
  const computePool = plainCompute();
  const dependencies = await openDependencies({ computePool, wrapStore: countCalls(calls) });
  return { calls, computePool, dependencies };
}

async function submitted(services: ProjectServices) {
  const result = await submit(services, body({ name: "first" }), { validateOnly: false });
  if (!("view" in result)) throw new Error("it was not only to be validated");
  return result.view;
}

describe("a use case that changes a job", () => {
  it("answers the job as its readers see it, and reads no job for that", async () => {
    const { calls, dependencies } = await countedDependencies();
    await queueJob(dependencies);
    const view = await submitted(dependencies);
    const { id } = view.job;
    expect(view).toMatchObject({ job: { state: "queued" }, queue: { position: 2, jobsAhead: 1 }, progress: 0, etaS: null });
    expect(await pause(dependencies, id)).toMatchObject({ job: { id, state: "paused" }, queue: null });
    expect(await resume(dependencies, id)).toMatchObject({ job: { id, state: "queued" }, queue: { position: 2 } });
    expect(await cancel(dependencies, id)).toMatchObject({ job: { id, state: "cancelled" }, queue: null });
    expect(calls["jobs.get"]).toBeUndefined();
  });

  it("reads the job where there is nothing to change, and says what it finds", async () => {
    const { calls, dependencies } = await countedDependencies();
    const { id } = await queueJob(dependencies);
    await dependencies.queue.claim();
    await pause(dependencies, id);
    expect(calls["jobs.get"]).toBeUndefined();
    expect(await pause(dependencies, id)).toMatchObject({ job: { state: "pausing" } });
    expect(calls["jobs.get"]).toBe(1);
    await expect(resume(dependencies, id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("wait"),
    });
    await expect(cancel(dependencies, "job_none")).rejects.toMatchObject({ code: "not_found" });
    await expect(resume(dependencies, "job_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a body that names a data set", () => {
  it("is prepared once, and its draft goes on from there", async () => {
    const { computePool, dependencies } = await countedDependencies();
    const asked: string[] = [];
    const { prepare, prepareDraft } = computePool;
    computePool.prepare = async (given) => {
      asked.push("prepare");
      return prepare(given);
    };
    computePool.prepareDraft = async (draft, resolved) => {
      asked.push("prepareDraft");
      expect(resolved).toMatchObject({ dataset: { rows: 2 }, model: null });
      return prepareDraft(draft, resolved);
    };
    await dependencies.store.datasets.insert({
      id: "ds_a",
      name: "a",
      format: "csv",
      sha256: "0".repeat(64),
      bytes: 10,
      createdAt: 1,
      rows: 2,
      names: ["x"],
      columnsJson: '[{"name":"x","type":"number"}]',
      previewLines: ["[1]", "[2]"],
      values: new Map([["x", Float64Array.of(1, 2)]]),
    });
    const stored = { validateOnly: false };
    expect(await submit(dependencies, body({ name: "on-a", dataset: "ds_a" }), stored)).toMatchObject({
      view: { job: { name: "on-a", state: "queued" } },
    });
    expect(asked).toEqual(["prepare", "prepareDraft"]);
    await expect(submit(dependencies, body({ name: "on-b", dataset: "ds_b" }), stored)).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/data/dataset/id" }],
    });
    expect(asked).toEqual(["prepare", "prepareDraft", "prepare"]);
  });
});

describe("that a job is queued", () => {
  it("is told alike, its readers and the queue, whichever way it came there", async () => {
    const { dependencies } = await countedDependencies();
    const { bus, queue, store } = dependencies;
    const told: string[] = [];
    bus.subscribeAll(() => told.push("changed"));
    queue.onWork(() => told.push("queued"));
    const heard = () => told.splice(0);
    const { id } = (await submitted(dependencies)).job;
    expect(heard()).toEqual(["changed", "queued"]);
    await pause(dependencies, id);
    expect(heard()).toEqual(["changed"]);
    await resume(dependencies, id);
    expect(heard()).toEqual(["changed", "queued"]);
    await queue.claim();
    await recover(dependencies, (job) => notifyChanged(dependencies, job));
    expect(heard()).toEqual(["changed", "queued"]);
    expect((await store.jobs.get(id))?.state).toBe("queued");
  });
});
