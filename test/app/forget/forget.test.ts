import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { carryOut } from "../../../src/app/forget/carry-out.ts";
import { servicesOf } from "../../../src/app/services.ts";
import { METHODS } from "../../../src/domain/store/method-table.ts";
import type { ProjectStore } from "../../../src/domain/store/store.ts";
import { openStagedApp, type StagedApp } from "../../http/staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

const post = (url: string, payload: object = {}, headers: Record<string, string> = {}) =>
  staged.app.inject({ method: "POST", url, payload, headers });
const get = async (url: string) => (await staged.app.inject(url)).json();

let tables = 0;
/** Uploads a table of twelve rows that no other test has. */
async function upload(): Promise<string> {
  const offset = ++tables * 100;
  const payload = `x,y,who\n${Array.from({ length: 12 }, (_, row) => `${row},${offset + 2 * row},p${row % 6}`).join("\n")}\n`;
  const headers = { "content-type": "text/csv" };
  return (await staged.app.inject({ method: "POST", url: `/v1/datasets?name=t${tables}`, payload, headers })).json().id;
}

const submit = async (dataset: string, more: object = {}): Promise<string> => {
  const response = await post("/v1/jobs", {
    name: `job-${tables}`,
    data: { dataset: { id: dataset, features: ["x"], target: "y" } },
    model: { layers: [{ type: "linear" }] },
    preprocess: { numeric: { scale: "none" }, target: { scale: "none" } },
    split: null,
    epochs: 1,
    ...more,
  });
  expect(response.statusCode).toBe(202);
  return response.json().id;
};

async function ended(job: string) {
  for (;;) {
    const found = await get(`/v1/jobs/${job}`);
    if (["succeeded", "failed", "cancelled"].includes(found.state)) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function trained(dataset: string, more: object = {}) {
  const job = await submit(dataset, more);
  (await staged.nextRun()).finish();
  return ended(job);
}

class Crash extends Error {}

/** A store that dies after so many writes. */
function mortal(store: ProjectStore, writes: number): ProjectStore {
  let left = writes;
  const entities = Object.entries(store).map(([entity, methods]) => {
    const lines = METHODS[entity as keyof typeof METHODS] as Record<string, { access: string }>;
    const wrapped = Object.entries(methods as Record<string, (...args: unknown[]) => unknown>).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        if (lines[name]?.access === "write" && left-- <= 0) throw new Crash(name);
        return method(...args);
      },
    ]);
    return [entity, Object.fromEntries(wrapped)];
  });
  return Object.fromEntries(entities) as ProjectStore;
}

/** Carries a run out as far as it goes with so many writes. */
async function attempt(id: string, writes = Number.POSITIVE_INFINITY): Promise<void> {
  const services = servicesOf(staged.services, "default");
  const lease = randomUUID();
  const run = await staged.services.store.forgets.claim(id, lease, Date.now(), Date.now() + 60_000);
  if (!run) return;
  const store = mortal(services.store, writes);
  const save = async (state: typeof run.state, document: typeof run.document) => {
    const finishedAt = state === "succeeded" || state === "failed" ? 1 : null;
    if (!(await staged.services.store.forgets.save(id, lease, { state, document, finishedAt }))) throw new Crash("lost");
  };
  try {
    await carryOut({ ...services, store }, run, save, () => Promise.resolve("scrubbed"));
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  } finally {
    await staged.services.store.forgets.release(id, lease);
  }
}

describe("a run that forgets rows", () => {
  it("comes to the same end wherever it dies", async () => {
    const dataset = await upload();
    const first = await trained(dataset);
    const second = await trained(dataset, { name: "second" });
    await staged.app.inject({ method: "PUT", url: `/v1/models/${first.model.name}/aliases/live`, payload: { version: 1 } });
    const { id } = (await post(`/v1/datasets/${dataset}/forget`, { positions: [3, 0] })).json();
    let isOver = false;
    const play = async (): Promise<void> => {
      for (let runs = 0; runs < 2 && !isOver; runs++) (await staged.nextRun()).finish();
    };
    const playing = play();
    for (let writes = 0; !isOver; writes++) {
      await attempt(id, writes);
      const run = await get(`/v1/forgets/${id}`);
      isOver = run.state !== "retraining" && run.state !== "erasing";
      if (run.waits_for?.startsWith("job_") && run.state === "retraining") await ended(run.waits_for).catch(() => undefined);
    }
    await playing;
    const run = await get(`/v1/forgets/${id}`);
    expect(run).toMatchObject({ state: "succeeded", rows: [0, 3], retrained: 2, to_retrain: 2, error: null });
    expect(run.receipt).toMatchObject({ rows: 2, erased: { datasets: 1, jobs: 2, models: 2, sweeps: 0 }, storage: "scrubbed" });
    expect((await get(`/v1/models/${first.model.name}@live`)).version).toBe(2);
    const { total } = await get(`/v1/datasets/${run.datasets[0].replaced_by}/rows?columns=["x"]`);
    expect(total).toBe(10);
    const jobs = (await get("/v1/jobs")).data.map((job: { id: string }) => job.id);
    expect(jobs).not.toContain(first.id);
    expect(jobs).not.toContain(second.id);
    // Each was trained again once.
    expect(jobs).toHaveLength(2);
    expect((await get("/v1/datasets")).data).toHaveLength(1);
  });

  it("waits for nothing that runs: it is refused until that has ended", async () => {
    const dataset = await upload();
    const job = await submit(dataset);
    const run = await staged.nextRun();
    const refused = await post(`/v1/datasets/${dataset}/forget`, { positions: [1] });
    expect(refused.statusCode).toBe(409);
    expect(refused.json().detail).toContain(job);
    const plan = await post(`/v1/datasets/${dataset}/forget?validate_only=true`, { positions: [1] });
    expect(plan.json()).toMatchObject({ running: [job], models: [{ job, model: null }] });
    run.finish();
    await ended(job);
  });

  it("erases models that cannot be trained again only where it is told to", async () => {
    const dataset = await upload();
    const { id: job, model } = await trained(dataset, { name: "orphan" });
    await staged.app.inject({ method: "PUT", url: "/v1/models/orphan/aliases/live", payload: { version: 1 } });
    await staged.app.inject({ method: "DELETE", url: `/v1/jobs/${job}` });
    // The stage's models have no receipt: their lineage is the job's.
    const plan = (await post(`/v1/datasets/${dataset}/forget?validate_only=true`, { positions: [1] })).json();
    expect(plan.models).toEqual([]);
    const other = await trained(dataset, { name: "other" });
    const { id } = (await post(`/v1/datasets/${dataset}/forget`, { positions: [1] })).json();
    const again = await post(`/v1/datasets/${dataset}/forget`, { positions: [2] });
    expect(again.statusCode).toBe(409);
    await attempt(id);
    expect(await get(`/v1/forgets/${id}`)).toMatchObject({ state: "retraining", error: null });
    (await staged.nextRun()).finish({
      state: "failed",
      metrics: null,
      error: { code: "diverged", detail: "a test", epoch: 1 },
    });
    const { waits_for: retrained } = await get(`/v1/forgets/${id}`);
    await ended(retrained);
    await attempt(id);
    expect(await get(`/v1/forgets/${id}`)).toMatchObject({
      state: "failed",
      error: `other cannot be trained without the rows: ${retrained} failed: diverged`,
    });
    expect(await get(`/v1/models/${other.model.id}`)).toMatchObject({ name: "other" });
    expect(await get(`/v1/models/${model.id}`)).toMatchObject({ name: "orphan" });
    const erasing = (await post(`/v1/datasets/${dataset}/forget`, { positions: [1], without_retraining: "erase" })).json();
    await attempt(erasing.id);
    (await staged.nextRun()).finish({
      state: "failed",
      metrics: null,
      error: { code: "diverged", detail: "a test", epoch: 1 },
    });
    await ended((await get(`/v1/forgets/${erasing.id}`)).waits_for);
    await attempt(erasing.id);
    expect(await get(`/v1/forgets/${erasing.id}`)).toMatchObject({ state: "succeeded", retrained: 0 });
    expect((await staged.app.inject(`/v1/models/${other.model.id}`)).statusCode).toBe(404);
  });

  it("is cancelled with its jobs before it erases, and not afterwards", async () => {
    const dataset = await upload();
    const { model } = await trained(dataset, { name: "kept" });
    const { id } = (await post(`/v1/datasets/${dataset}/forget`, { positions: [5] })).json();
    await attempt(id);
    await staged.nextRun();
    const { waits_for: job } = await get(`/v1/forgets/${id}`);
    const cancelled = await post(`/v1/forgets/${id}/cancel`);
    expect(cancelled.json()).toMatchObject({ id, state: "cancelled" });
    expect((await get(`/v1/jobs/${job}`)).state).toMatch(/cancel/);
    await attempt(id);
    expect(await get(`/v1/models/${model.id}`)).toMatchObject({ name: "kept" });
    expect((await staged.app.inject(`/v1/datasets/${dataset}`)).statusCode).toBe(200);
    expect((await post(`/v1/forgets/${id}/cancel`)).json().detail).toBe("it is cancelled");
    // The table that it has made still has every other row, and must not be overlooked when one of them is forgotten.
    const run = await staged.services.store.forgets.get(id);
    const made = run?.document.datasets[0]?.replaced_by;
    expect(run?.document.hashes).toEqual({});
    const other = await post(`/v1/datasets/${dataset}/forget`, { positions: [7] });
    expect([other.statusCode, other.json().detail]).toEqual([409, expect.stringContaining(`${made}, which ${id} made`)]);
    await staged.app.inject({ method: "DELETE", url: `/v1/datasets/${made}` });
    const begun = await post(`/v1/datasets/${dataset}/forget`, { positions: [7] });
    expect(begun.statusCode).toBe(202);
    await post(`/v1/forgets/${begun.json().id}/cancel`);
  });

  it.each<[object, string]>([
    [{ positions: [12] }, "/positions/0"],
    [{ positions: [1, 1] }, "/positions/1"],
    [{ positions: [] }, "/positions"],
    [{ positions: Array.from({ length: 10_001 }, (_, row) => row) }, "/positions"],
    [{ positions: Array.from({ length: 12 }, (_, row) => row) }, "/positions"],
    [{ keys: { column: "nobody", values: ["p1"] } }, "/keys/column"],
    [{ keys: { column: "who", values: ["p1", "secret"] } }, "/keys/values/1"],
    [{ keys: { column: "x", values: ["one"] } }, "/keys/values/0"],
    [{ keys: { column: "who", values: ["p0", "p1", "p2", "p3", "p4", "p5"] } }, "/keys"],
    [{ keys: { column: "x", values: [1] }, positions: [1] }, ""],
    [{}, ""],
  ])("refuses rows that are none, and says where: case %#", async (body, pointer) => {
    const dataset = await upload();
    for (const query of ["", "?validate_only=true"]) {
      const response = await post(`/v1/datasets/${dataset}/forget${query}`, body);
      expect(response.statusCode).toBe(422);
      expect(response.json().errors[0].pointer).toBe(pointer);
      expect(response.body).not.toContain("secret");
    }
  });

  it("finds all rows with a key", async () => {
    const dataset = await upload();
    const plan = async (column: string, values: unknown[]) =>
      (await post(`/v1/datasets/${dataset}/forget?validate_only=true`, { keys: { column, values } })).json().rows;
    expect(await plan("who", ["p4", "p1"])).toEqual([1, 4, 7, 10]);
    expect(await plan("x", [3, "7"])).toEqual([3, 7]);
    expect((await post("/v1/datasets/ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90/forget", { positions: [1] })).statusCode).toBe(
      404,
    );
  });
});
