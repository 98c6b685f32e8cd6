import { describe, expect, it, vi } from "vitest";
import type { Model } from "../../src/domain/models/model.ts";
import type { ComputePool, TrainingPool } from "../../src/domain/ports.ts";
import { openStore } from "../../src/storage/open.ts";
import { createInstruments } from "../../src/telemetry/instruments.ts";
import { measureComputePool, measureStore, measureTrainingPool } from "../../src/telemetry/measured.ts";
import { createTelemetry } from "../../src/telemetry/telemetry.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";
import { aChunk, aNewJob, aSuccess } from "../contract/fixtures.ts";
import { aHookedJob } from "../contract/outbox.ts";
import { storeContract } from "../contract/store.ts";

async function measured() {
  const instruments = createInstruments();
  const store = measureStore(await openStore({ dataDir: await temporaryFolder() }), instruments);
  const telemetry = createTelemetry(instruments, store);
  /** The value of one line of the exposition. */
  const read = async (line: string): Promise<number | null> => {
    const { text } = await telemetry.expose();
    const found = text.split("\n").find((each) => each.startsWith(`${line} `));
    return found === undefined ? null : Number(found.slice(line.length + 1));
  };
  return { instruments, store, telemetry, read };
}

storeContract("a measured store on SQLite", async () => {
  return measureStore(await openStore({ dataDir: await temporaryFolder() }), createInstruments());
});

describe("the telemetry", () => {
  it("counts what jobs do, and how long they waited", async () => {
    const { store, read } = await measured();
    const given = { ...aNewJob(), createdAt: 1000 };
    const project = store.ofProject("default");
    const { id } = await project.jobs.insert(given);
    expect(await read('trainyard_jobs{state="queued"}')).toBe(1);
    expect(await read("trainyard_queue_oldest_seconds")).toBeGreaterThan(1);
    await store.queue.claim(3000);
    await store.metrics.append(id, 1, { ...aChunk(1, 10), steps: 40 });
    await store.metrics.append(id, 7, { ...aChunk(11, 20), steps: 40 });
    await store.jobs.finish(id, 1, 4000, "done", aSuccess(id));
    expect(await read("trainyard_epochs_total")).toBe(10);
    expect(await read("trainyard_steps_total")).toBe(40);
    expect(await read("trainyard_queue_wait_seconds_sum")).toBe(2);
    expect(await read('trainyard_jobs_ended_total{state="succeeded"}')).toBe(1);
    for (const operation of ["insertJob", "claimJob", "finishJob"])
      expect(await read(`trainyard_store_write_duration_seconds_count{operation="${operation}"}`), operation).toBe(1);
    await store.close();
  });

  it("says which webhooks arrived, and whether the database takes writes", async () => {
    const { store, read } = await measured();
    const { id } = await store.jobs.insert(aHookedJob());
    await store.jobs.transition(id, { from: ["queued"], to: { state: "cancelled", at: 1, reason: "a test" } });
    const [delivery] = await store.deliveries.claim(10, 1, 10);
    const attempt = { at: 10, status: 200, error: null, ms: 1 };
    await store.deliveries.recordAttempt(delivery?.id ?? "", attempt, { state: "pending", nextAt: 10 });
    await store.deliveries.recordAttempt(delivery?.id ?? "", attempt, { state: "delivered", finishedAt: 20 });
    expect(await read('trainyard_webhook_attempts_total{outcome="retried"}')).toBe(1);
    expect(await read('trainyard_webhook_attempts_total{outcome="delivered"}')).toBe(1);
    expect(await read("trainyard_store_healthy")).toBe(1);
    await store.close();
    expect(await read("trainyard_epochs_total")).toBe(0);
  });

  it("knows how many workers are busy, while they are and after", async () => {
    const { instruments, store, read } = await measured();
    const gate = Promise.withResolvers<never>();
    const trainingPool = measureTrainingPool({ size: 3, train: () => gate.promise } as unknown as TrainingPool, instruments);
    const run = trainingPool.train(null as never, null as never).catch(() => undefined);
    expect(await read("trainyard_workers")).toBe(3);
    expect(await read("trainyard_workers_busy")).toBe(1);
    gate.reject(new Error("the thread died"));
    await run;
    expect(await read("trainyard_workers_busy")).toBe(0);
    expect(await read("trainyard_worker_busy_seconds_total")).toBeGreaterThan(0);
    await store.close();
  });

  it("names counters, and nothing else, by _total, and has help for each, as promtool's check of metrics wants", async () => {
    const { store, telemetry } = await measured();
    const { text } = await telemetry.expose();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
    expect(types.length).toBeGreaterThan(30);
    for (const { name, type } of types) {
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, "m"));
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    }
    await store.close();
  });

  it("times predictions, and requests by their routes", async () => {
    const { instruments, store, telemetry, read } = await measured();
    const computePool = measureComputePool(
      {
        predict: {
          now: () => ({ ok: true, predictions: [] }),
          rows: async () => ({ ok: true, predictions: [] }),
          stream: async () => ({ ok: true, bytes: new Uint8Array(), reading: null, rows: 5 }),
        },
        ofProject() {
          return this;
        },
      } as unknown as ComputePool,
      instruments,
    );
    const { now, rows, stream } = computePool.predict;
    const model = { name: "churn", version: 2 } as Model;
    now(model, [1, 2]);
    await rows(model, [1], null as never);
    for (const format of ["json", "csv", "ndjson"]) {
      await stream(model, null as never, { format } as never, null as never);
    }
    for (const [kind, count] of Object.entries({ rows: 2, document: 1, batch: 2 })) {
      expect(await read(`trainyard_predict_duration_seconds_count{kind="${kind}"}`)).toBe(count);
    }
    expect(await read('trainyard_model_predictions_total{project="default",model="churn",version="2"}')).toBe(18);
    for (let version = 1; version < 202; version++)
      await computePool.ofProject("ours").predict.rows({ ...model, version }, [1], null as never);
    expect(await read('trainyard_model_predictions_total{project="ours",model="churn",version="2"}')).toBe(1);
    expect(await read('trainyard_model_predictions_total{project="(other)",model="(other)",version="(other)"}')).toBe(2);
    telemetry.request("GET", "/v1/jobs/:id", 200, 0.002, null);
    telemetry.request("GET", "/v1/jobs/:id", 200, 0.2, null);
    const labels = 'method="GET",route="/v1/jobs/:id",status="200"';
    expect(await read(`trainyard_http_request_duration_seconds_count{${labels}}`)).toBe(2);
    expect(await read(`trainyard_http_request_duration_seconds_bucket{le="0.01",${labels}}`)).toBe(1);
    for (let project = 0; project < 102; project++) telemetry.request("POST", "/v1/jobs", 429, 0.5, `p${project}`);
    telemetry.request("POST", "/v1/jobs", 422, 0.5, "p0");
    expect(await read('trainyard_project_request_seconds_total{project="p0"}')).toBe(1);
    expect(await read('trainyard_project_refused_total{project="p0",status="429"}')).toBe(1);
    expect(await read('trainyard_project_refused_total{project="(other)",status="429"}')).toBe(2);
    const ended = telemetry.stream("websocket");
    expect(await read('trainyard_stream_readers{kind="websocket"}')).toBe(1);
    ended("too_slow");
    expect(await read('trainyard_stream_readers{kind="websocket"}')).toBe(0);
    expect(await read('trainyard_streams_ended_total{kind="websocket",ending="too_slow"}')).toBe(1);
    await store.close();
  });

  it("says to each reader how late the event loop was, whoever else reads", async () => {
    const { store, telemetry, read } = await measured();
    await vi.waitFor(async () => expect(await read("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0.005));
    vi.spyOn(performance, "now").mockImplementation(() => 1e9);
    for (let reading = 0; reading < 5; reading++) {
      expect(await read("nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0.005);
      expect(await read("nodejs_eventloop_lag_min_seconds")).toBeLessThan(10);
    }
    vi.restoreAllMocks();
    expect((await telemetry.expose()).text.match(/^nodejs_eventloop_lag_.*\d$/gm)).toHaveLength(8);
    await store.close();
  });
});
