import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { finishJob, openStagedApp, SPEC, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
const open = async () => {
  staged = await openStagedApp();
};
const close = () => staged.close();

let lastKey = 0;
const newKey = () => `key-${++lastKey}`;

function post(url: string, key: string | null, payload?: object | string | Buffer, headers: Record<string, string> = {}) {
  const all = { ...headers, ...(key === null ? {} : { "idempotency-key": key }) };
  return staged.app.inject({ method: "POST", url, headers: all, ...(payload === undefined ? {} : { payload }) });
}
const countJobs = async () => (await staged.app.inject("/v1/jobs?limit=200")).json<{ data: unknown[] }>().data.length;

describe("a POST under an idempotency key", () => {
  beforeAll(open);
  afterAll(close);

  it("is done once, and answered with its first answer after that", async () => {
    const before = await countJobs();
    const key = newKey();
    const first = await post("/v1/jobs", key, SPEC);
    expect(first.statusCode).toBe(202);
    expect(first.headers).not.toHaveProperty("idempotency-replayed");
    const again = await post("/v1/jobs", key, SPEC);
    expect([again.statusCode, again.body]).toEqual([202, first.body]);
    expect(again.headers).toMatchObject({
      "idempotency-replayed": "true",
      location: first.headers.location,
      "content-type": first.headers["content-type"],
    });
    expect(await countJobs()).toBe(before + 1);
  });

  it("is refused when the key was another request's, on this path alone", async () => {
    const key = newKey();
    await post("/v1/jobs", key, SPEC);
    for (const other of [
      await post("/v1/jobs", key, { ...SPEC, epochs: 11 }),
      await post("/v1/jobs?validate_only=true", key, SPEC),
    ]) {
      expect(problem.parse(other.json())).toMatchObject({ status: 422, errors: [{ pointer: "/idempotency-key" }] });
    }
    expect((await post("/v1/jobs", key, SPEC)).statusCode).toBe(202);
    expect((await post("/v1/jobs/job_none/cancel", key)).statusCode).toBe(404);
  });

  it("keeps a refusal of the content too, and nothing of a failure of ours", async () => {
    const key = newKey();
    expect((await post("/v1/jobs", key, { epochs: -1 })).statusCode).toBe(422);
    const again = await post("/v1/jobs", key, { epochs: -1 });
    expect([again.statusCode, again.headers["idempotency-replayed"]]).toEqual([422, "true"]);
    const failing = newKey();
    const spy = vi.spyOn(staged.services.computePool, "prepare").mockRejectedValueOnce(new Error("away"));
    expect((await post("/v1/jobs", failing, SPEC)).statusCode).toBe(500);
    spy.mockRestore();
    const done = await post("/v1/jobs", failing, SPEC);
    expect([done.statusCode, done.headers["idempotency-replayed"]]).toEqual([202, undefined]);
  });

  it("makes one job, though the answer was never sent", async () => {
    const before = await countJobs();
    const key = newKey();
    // The job is there, and reading it for the answer fails.
    const spy = vi.spyOn(staged.services.queue, "enqueue").mockRejectedValueOnce(new Error("away"));
    expect((await post("/v1/jobs", key, SPEC)).statusCode).toBe(500);
    spy.mockRestore();
    const done = await post("/v1/jobs", key, SPEC);
    expect(done.statusCode).toBe(202);
    expect((await post("/v1/jobs", key, SPEC)).body).toBe(done.body);
    expect(await countJobs()).toBe(before + 1);
  });

  it("waits for nobody while the first one is being done: 409", async () => {
    const key = newKey();
    const gate = Promise.withResolvers<void>();
    const { computePool } = staged.services;
    const original = computePool.prepare.bind(computePool);
    const spy = vi.spyOn(computePool, "prepare").mockImplementationOnce(async (...given) => {
      await gate.promise;
      return original(...given);
    });
    const first = post("/v1/jobs", key, SPEC);
    await vi.waitUntil(() => spy.mock.calls.length > 0);
    expect(problem.parse((await post("/v1/jobs", key, SPEC)).json()).code).toBe("conflict");
    gate.resolve();
    expect((await first).statusCode).toBe(202);
    spy.mockRestore();
  });

  it("is one of many that come at once, and no other makes a job", async () => {
    const before = await countJobs();
    const key = newKey();
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await post("/v1/jobs", key, SPEC)).statusCode));
    expect(statuses.filter((status) => status === 202).length).toBeGreaterThanOrEqual(1);
    expect(new Set([...statuses, 409])).toEqual(new Set([202, 409]));
    expect(await countJobs()).toBe(before + 1);
  });

  it("must be a key", async () => {
    for (const key of ["", " ", "ü", "x".repeat(256)]) {
      const response = await post("/v1/jobs", key, SPEC);
      expect(response.statusCode).toBe(422);
      expect(problem.parse(response.json()).detail).toContain("idempotency-key");
    }
  });
});

describe("other POSTs", () => {
  beforeAll(open);
  afterAll(close);

  it("of uploads are told apart by what the file is, whatever carries it", async () => {
    const key = newKey();
    const csv = "a,b\n1,2\n3,4\n";
    const form = (boundary: string) =>
      [`--${boundary}`, 'content-disposition: form-data; name="file"; filename="t.csv"', "", csv, `--${boundary}--`, ""].join(
        "\r\n",
      );
    const type = (boundary: string) => ({ "content-type": `multipart/form-data; boundary=${boundary}` });
    const first = await post("/v1/datasets", key, form("one"), type("one"));
    expect(first.statusCode).toBe(201);
    const again = await post("/v1/datasets", key, form("two"), type("two"));
    expect([again.statusCode, again.headers["idempotency-replayed"], again.body]).toEqual([201, "true", first.body]);
    const other = await post("/v1/datasets?name=u", key, "a,b\n5,6\n", { "content-type": "text/csv" });
    expect(problem.parse(other.json())).toMatchObject({ status: 422, errors: [{ pointer: "/idempotency-key" }] });
    expect((await post("/v1/datasets", key, form("three"), type("three"))).statusCode).toBe(201);
  });

  it("of imports are kept as well", async () => {
    const id = await finishJob(staged);
    const { model } = (await staged.app.inject(`/v1/jobs/${id}`)).json<{ model: { id: string } }>();
    const file = (await staged.app.inject(`/v1/models/${model.id}/weights`)).rawPayload;
    const importKey = newKey();
    const type = { "content-type": "application/octet-stream" };
    const imported = await post("/v1/models?name=in", importKey, file, type);
    expect(imported.statusCode).toBe(201);
    expect((await post("/v1/models?name=in", importKey, file, type)).body).toBe(imported.body);
    expect((await staged.app.inject("/v1/models/in/versions")).json<{ data: unknown[] }>().data).toHaveLength(1);
  });

  it("is ignored by whatever changes nothing: predictions in every protocol", async () => {
    const id = await finishJob(staged);
    const { model } = (await staged.app.inject(`/v1/jobs/${id}`)).json<{ model: { id: string; name: string } }>();
    const key = newKey();
    const kept = await staged.services.store.idempotency.countBytes("default");
    const line = (value: number) => ({ inputs: [{ name: "input", shape: [1, 1], datatype: "FP64", data: [value] }] });
    for (const [url, body] of [
      [`/v1/models/${model.id}/predict`, (value: number) => ({ instances: [[value]] })],
      [`/v1/models/${model.name}:predict`, (value: number) => ({ instances: [[value]] })],
      [`/v2/models/${model.name}/infer`, line],
      [`/v1/models/${model.id}/partial-dependence`, () => ({})],
    ] as const)
      for (const value of [1, 2]) {
        const response = await post(url, key, body(value));
        expect([url, response.statusCode, response.headers["idempotency-replayed"]]).toEqual([url, 200, undefined]);
      }
    expect(await staged.services.store.idempotency.countBytes("default")).toBe(kept);
  });
});

describe("a project whose kept answers are at their limit", () => {
  it("gets those again that are kept, is refused further keys, and goes on without", async () => {
    staged = await openStagedApp({ environment: { TRAINYARD_PROJECT_ANSWER_BYTES: String(1024 * 1024) } });
    const name = "x".repeat(150);
    const refused = { ...SPEC, metrics: Array.from({ length: 99 }, (_, at) => `${at}${name}`) };
    const first = newKey();
    expect((await post("/v1/jobs", first, refused)).statusCode).toBe(422);
    let tries = 0;
    for (; tries < 200; tries++) if ((await post("/v1/jobs", newKey(), refused)).statusCode === 429) break;
    expect(tries).toBeLessThan(200);
    const limited = await post("/v1/jobs", newKey(), SPEC);
    expect(problem.parse(limited.json())).toMatchObject({
      status: 429,
      detail: expect.stringMatching(/1048576 bytes.*TRAINYARD_PROJECT_ANSWER_BYTES.*without an Idempotency-Key/),
    });
    expect((await post("/v1/jobs", first, refused)).headers["idempotency-replayed"]).toBe("true");
    expect((await post("/v1/jobs", null, SPEC)).statusCode).toBe(202);
    await staged.close();
  });
});
