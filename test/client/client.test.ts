import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type * as answers from "../../src/client/answers.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { ApiError, type ProblemDocument } from "../../src/client/error.ts";
import { parseJobSpec } from "../../src/domain/spec/spec.ts";
import type { problem } from "../../src/http/errors/problem.ts";
import type * as datasetSchemas from "../../src/http/openapi/dataset-schemas.ts";
import type { createdKeyAnswer, keyAnswer } from "../../src/http/openapi/key-schemas.ts";
import type * as schemas from "../../src/http/openapi/response-schemas.ts";
import type { checkpointAnswer } from "../../src/http/routes/checkpoints.ts";
import type { comparedScoresAnswer } from "../../src/http/routes/evaluate.ts";
import type { dependenceAnswer } from "../../src/http/routes/partial-dependence.ts";
import type { replayAnswer } from "../../src/http/routes/replay.ts";
import { openStagedApp, SPEC, type StagedApp } from "../http/staged-app.ts";
import { range } from "../http/streaming/readers.ts";

let staged: StagedApp;
let client: Client;
beforeAll(async () => {
  staged = await openStagedApp();
  client = createClient(await staged.listen());
});
afterAll(() => staged.close());

async function submitted(epochs = 10) {
  const job = await client.submit({ ...SPEC, model: { layers: [{ type: "linear" }] }, epochs });
  return { job, run: await staged.nextRun() };
}

async function collect(frames: AsyncIterable<answers.Frame>) {
  const all: answers.Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

const epochsOf = (frames: readonly answers.Frame[]) =>
  frames.flatMap((frame) => (frame.type === "metrics" ? frame.epochs : []));

describe("a job spec", () => {
  it("may say a type alone where its object needs nothing else", () => {
    const short: answers.JobSpec = {
      data: { generator: "moons" },
      model: { layers: [{ type: "linear", units: 4 }, "relu", { type: "residual", layers: ["linear"] }, "linear"] },
      loss: "mse",
      optimizer: "adam",
    };
    expect(parseJobSpec(short)).toHaveProperty("spec");
    // @ts-expect-error: it needs a step size.
    const scheduler: answers.JobSpec["scheduler"] = "step_lr";
    expect(parseJobSpec({ ...short, scheduler })).toHaveProperty("errors");
  });
});

describe("the client", () => {
  it("has the types of the server's schemas", () => {
    type Answer<T extends z.ZodType> = z.output<T>;
    expectTypeOf<answers.Job>().toEqualTypeOf<Answer<typeof schemas.jobAnswer>>();
    expectTypeOf<answers.SubmittedJob>().toExtend<Answer<typeof schemas.submittedAnswer>>();
    expectTypeOf<Answer<typeof schemas.submittedAnswer>>().toExtend<answers.SubmittedJob>();
    expectTypeOf<answers.Validation>().toEqualTypeOf<Answer<typeof schemas.validationAnswer>>();
    expectTypeOf<answers.Model>().toEqualTypeOf<Answer<typeof schemas.modelAnswer>>();
    expectTypeOf<answers.Metrics>().toExtend<Answer<typeof schemas.metricsAnswer>>();
    expectTypeOf<Answer<typeof schemas.metricsAnswer>>().toExtend<answers.Metrics>();
    expectTypeOf<answers.Page<answers.Job>>().toEqualTypeOf<Answer<typeof schemas.jobsAnswer>>();
    expectTypeOf<answers.Dataset>().toEqualTypeOf<Answer<typeof datasetSchemas.datasetAnswer>>();
    expectTypeOf<answers.DatasetPreview>().toEqualTypeOf<Answer<typeof datasetSchemas.previewAnswer>>();
    expectTypeOf<answers.Page<answers.DatasetSummary>>().toEqualTypeOf<Answer<typeof datasetSchemas.datasetsAnswer>>();
    expectTypeOf<answers.Checkpoint>().toEqualTypeOf<Answer<typeof checkpointAnswer>>();
    expectTypeOf<Answer<typeof schemas.predictionsAnswer>["predictions"][number]>().toExtend<answers.PredictionAnswer>();
    expectTypeOf<answers.ComparedScores>().toEqualTypeOf<Answer<typeof comparedScoresAnswer>>();
    expectTypeOf<answers.PartialDependence>().toEqualTypeOf<Answer<typeof dependenceAnswer>>();
    expectTypeOf<answers.Replay>().toEqualTypeOf<Answer<typeof replayAnswer>>();
    expectTypeOf<answers.Key>().toEqualTypeOf<Answer<typeof keyAnswer>>();
    expectTypeOf<answers.CreatedKey>().toEqualTypeOf<Answer<typeof createdKeyAnswer>>();
    expectTypeOf<Answer<typeof problem>>().toExtend<ProblemDocument>();
    expectTypeOf<answers.EndFrame>().toEqualTypeOf<Extract<Answer<typeof schemas.streamFrame>, { type: "end" }>>();
    expectTypeOf<answers.StateFrame>().toEqualTypeOf<Extract<Answer<typeof schemas.streamFrame>, { type: "state" }>>();
  });

  it("takes a job from its submission to a prediction", async () => {
    const { job, run } = await submitted();
    await run.post(1, 10);
    run.finish();
    const finished = await client.wait(job.id);
    expect(finished.state).toBe("succeeded");
    const model = await client.model(finished.model?.id ?? "");
    expect(model.job).toBe(job.id);
    expect(await client.predict(model.id, [[3]])).toEqual([{ value: 7 }]);
    expect((await client.weights(model.id)).byteLength).toBeGreaterThan(8);
    expect((await client.metrics(job.id, { from: 3, to: 4 })).epochs).toEqual([3, 4]);
    expect((await client.events(job.id, { limit: 1 })).data).toHaveLength(1);
    expect((await client.jobs({ limit: 1, state: "succeeded" })).data[0]?.id).toBe(job.id);
    expect((await client.models({ limit: 1 })).data[0]?.id).toBe(model.id);
    await client.remove(job.id);
    await client.removeModel(model.id);
    await expect(client.model(model.id)).rejects.toThrow("404 not_found");
  });

  it("validates without storing", async () => {
    const answer = await client.validate({ ...SPEC, model: { layers: [{ type: "linear" }] } });
    expect(answer).toMatchObject({ valid: true, parameters: 2 });
  });

  it("throws the problem that the server answers with", async () => {
    const error = await client.submit({ data: {}, epochs: 0 } as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    const { problem: document } = error as ApiError;
    expect(document).toMatchObject({ status: 422, code: "invalid" });
    expect(document.errors?.map(({ pointer }) => pointer)).toContain("/epochs");
  });
});

describe("watching", () => {
  it("sees every epoch once although the connection breaks again and again", async () => {
    const { job, run } = await submitted(20);
    const breaking = (async () => {
      for (let from = 1; from <= 20; from += 2) {
        await run.post(from, from + 1);
        for (const socket of staged.app.websocketServer.clients) socket.terminate();
      }
      run.finish();
    })();
    const frames = await collect(client.watch(job.id));
    await breaking;
    expect(epochsOf(frames)).toEqual(range(1, 20));
    expect(frames.at(-1)).toMatchObject({ type: "end", state: "succeeded" });
    expect(frames.filter(({ type }) => type === "end")).toHaveLength(1);
  });

  it("resumes when the server closes it as too slow", async () => {
    const { job, run } = await submitted();
    const frames = client.watch(job.id);
    const seen: answers.Frame[] = [];
    await run.post(1, 5);
    for await (const frame of frames) {
      seen.push(frame);
      if (frame.type !== "metrics" || seen.filter(({ type }) => type === "metrics").length > 1) continue;
      for (const socket of staged.app.websocketServer.clients) socket.close(4008);
      await run.post(6, 10);
      run.finish();
    }
    expect(epochsOf(seen)).toEqual(range(1, 10));
  });

  it("goes on where it was told to", async () => {
    const { job, run } = await submitted();
    for (let from = 1; from <= 10; from += 5) await run.post(from, from + 4);
    run.finish();
    const all = await collect(client.watch(job.id));
    const first = all.find(({ type }) => type === "metrics")?.seq ?? 0;
    expect(epochsOf(await collect(client.watch(job.id, { after: first })))).toEqual(range(6, 10));
  });

  it("throws for a job that is not there", async () => {
    await expect(collect(client.watch("job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90"))).rejects.toThrow("404");
  });

  it("ends quietly when it is aborted", async () => {
    const { job, run } = await submitted();
    await run.post(1, 2);
    const leave = new AbortController();
    const seen: answers.Frame[] = [];
    for await (const frame of client.watch(job.id, { signal: leave.signal })) {
      seen.push(frame);
      if (frame.type === "metrics") leave.abort();
    }
    expect(epochsOf(seen)).toEqual([1, 2]);
    run.finish();
    await client.wait(job.id);
  });
});
