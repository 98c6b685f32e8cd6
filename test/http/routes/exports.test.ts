import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { jobAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { readEventFile } from "../../formats/metrics/event-file.ts";
import { chunkOf, finishJob, openStagedApp, type StagedApp, settled, submitJob } from "../staged-app.ts";

const UNKNOWN = "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

const csvOf = (job: string, query = "") =>
  staged.app.inject({ url: `/v1/jobs/${job}/metrics${query}`, headers: { accept: "text/csv" } });

describe("metrics as CSV", () => {
  it("have a line for every epoch, however many, and a column for every series", async () => {
    const job = await finishJob(staged, 20_000, 700);
    const response = await csvOf(job);
    expect(response.headers["content-type"]).toBe("text/csv; charset=utf-8");
    const [head, ...lines] = response.body.split("\r\n");
    expect(head).toBe("epoch,loss,epoch_ms");
    expect(lines.pop()).toBe("");
    expect(lines).toEqual(Array.from({ length: 20_000 }, (_, index) => `${index + 1},${1 / (index + 1)},0.5`));
  });

  it("are those of a range where one is asked for, whatever `points` says", async () => {
    const job = await finishJob(staged, 100, 7);
    const { body } = await csvOf(job, "?from=13&to=90&points=2");
    const epochs = body
      .trim()
      .split("\r\n")
      .slice(1)
      .map((line) => Number(line.split(",")[0]));
    expect(epochs).toEqual(Array.from({ length: 78 }, (_, index) => index + 13));
    expect((await csvOf(job, "?from=101")).body).toBe("epoch\r\n");
  });

  it("write NaN and infinities as such, for a job that is still running too", async () => {
    const job = await submitJob(staged);
    const run = await staged.nextRun();
    expect((await csvOf(job)).body).toBe("epoch\r\n");
    await run.post(1, 3, [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect((await csvOf(job)).body.split("\r\n").slice(1)).toEqual(["1,NaN,0.5", "2,Infinity,0.5", "3,-Infinity,0.5", ""]);
    run.finish();
    await settled(staged, job);
  });

  it("of an unknown job are a 404", async () => {
    expect(problem.parse((await csvOf(UNKNOWN)).json()).status).toBe(404);
  });
});

describe("the TensorBoard file of a job", () => {
  it("has every epoch's scalars, at times that go on from the job's start", async () => {
    const job = await finishJob(staged, 20_000, 700);
    const response = await staged.app.inject(`/v1/jobs/${job}/tensorboard`);
    expect(response.headers["content-disposition"]).toMatch(/filename="events\.out\.tfevents\.\d+\.job_/);
    const [version, ...events] = readEventFile(response.rawPayload);
    expect(version).toMatchObject({ fileVersion: "brain.Event:2", scalars: [] });
    expect(events.length).toBe(20_000);
    const record = (await staged.app.inject(`/v1/jobs/${job}`)).json<{ started_at: string }>();
    const start = Date.parse(record.started_at) / 1000;
    for (const [index, event] of events.entries()) {
      expect(event.step).toBe(index + 1);
      expect(event.wallTime).toBeCloseTo(start + (index + 1) * 0.0005, 5);
      expect(event.scalars).toEqual([
        ["Loss/train", Math.fround(chunkOf(index + 1, index + 1).series.loss?.[0] ?? 0)],
        ["epoch_ms", 0.5],
      ]);
    }
  });

  it("of a job without epochs begins, and has none", async () => {
    const job = await submitJob(staged);
    const run = await staged.nextRun();
    const response = await staged.app.inject(`/v1/jobs/${job}/tensorboard`);
    expect(readEventFile(response.rawPayload).map(({ fileVersion }) => fileVersion)).toEqual(["brain.Event:2"]);
    run.finish();
    await settled(staged, job);
  });

  it("of an unknown job is a 404", async () => {
    expect(problem.parse((await staged.app.inject(`/v1/jobs/${UNKNOWN}/tensorboard`)).json()).status).toBe(404);
  });
});

describe("the ONNX file of a model", () => {
  it("runs in onnxruntime, for any number of rows", async () => {
    const job = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${await finishJob(staged)}`)).json());
    const response = await staged.app.inject(`/v1/models/${job.model?.id}/onnx`);
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-length"]).toBe(String(response.rawPayload.length));
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(response.rawPayload);
    for (const rows of [[0], [1.5, -2, 7]]) {
      const { value } = await session.run({ features: new ort.Tensor("float32", rows, [rows.length, 1]) });
      expect(Array.from(value?.data as Float32Array)).toEqual(rows.map((x) => 2 * x + 1));
    }
    await session.release();
  });

  it("of an unknown model is a 404", async () => {
    expect(problem.parse((await staged.app.inject("/v1/models/nobody/onnx")).json()).status).toBe(404);
  });
});

describe("the card of a model", () => {
  it("is a document that may load nothing, of whatever reference names the model", async () => {
    const job = jobAnswer.parse((await staged.app.inject(`/v1/jobs/${await finishJob(staged)}`)).json());
    const response = await staged.app.inject(`/v1/models/${job.model?.name}@${job.model?.version}/card`);
    expect([response.statusCode, response.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(response.headers["content-disposition"]).toBe(`inline; filename="${job.model?.id}.html"`);
    expect(response.headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(response.body).toMatch(/^<!doctype html>/);
    expect(response.body).toContain(job.model?.sha256);
    expect(problem.parse((await staged.app.inject("/v1/models/nobody/card")).json()).status).toBe(404);
  });
});
