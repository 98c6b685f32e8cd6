import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problem } from "../../../src/http/errors/problem.ts";
import { eventsAnswer, metricsAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { finishJob, openStagedApp, type StagedApp, settled, submitJob } from "../staged-app.ts";
import { range } from "../streaming/readers.ts";

let staged: StagedApp;
let job: string;
beforeAll(async () => {
  staged = await openStagedApp();
  job = await finishJob(staged, 100, 7);
});
afterAll(() => staged.close());

const metrics = async (query = "", id = job) => {
  const response = await staged.app.inject(`/v1/jobs/${id}/metrics?${query}`);
  expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
  return metricsAnswer.parse(response.json());
};

describe("metrics", () => {
  it("are all epochs as columns when there are no more than the points asked for", async () => {
    const answer = await metrics();
    expect(answer).toMatchObject({ job, from: 1, to: 100, total: 100, returned: 100 });
    expect(answer.epochs).toEqual(range(1, 100));
    expect(answer.series.loss).toEqual(range(1, 100).map((epoch) => 1 / epoch));
  });

  it("are cut to a range, across the slices in which they are stored", async () => {
    const answer = await metrics("from=6&to=15");
    expect(answer).toMatchObject({ from: 6, to: 15, total: 10, returned: 10 });
    expect(answer.epochs).toEqual(range(6, 15));
    expect((await metrics("from=90&to=1000")).epochs).toEqual(range(90, 100));
  });

  it("are thinned to about the points asked for, first and last kept", async () => {
    const answer = await metrics("points=10");
    expect(answer.total).toBe(100);
    expect(answer.returned).toBe(answer.epochs.length);
    expect(answer.returned).toBeLessThan(40);
    expect([answer.epochs[0], answer.epochs.at(-1)]).toEqual([1, 100]);
  });

  it("are the columns asked for, alone", async () => {
    expect(Object.keys((await metrics("series=loss")).series)).toEqual(["loss"]);
    const refused = await staged.app.inject(`/v1/jobs/${job}/metrics?series=loss,lost`);
    expect([refused.statusCode, refused.json().errors[0].pointer]).toEqual([422, "/series/1"]);
  });

  it("are empty before the first epoch", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    expect(await metrics("", id)).toMatchObject({ from: 1, to: 0, total: 0, returned: 0, epochs: [] });
    run.finish();
    await settled(staged, id);
  });

  it("have NaN and infinities as strings", async () => {
    const id = await submitJob(staged);
    const run = await staged.nextRun();
    await run.post(1, 4, [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    run.finish();
    await settled(staged, id);
    expect((await metrics("", id)).series.loss).toEqual([1, "NaN", "Infinity", "-Infinity"]);
  });

  it("refuse parameters that make no sense, by name", async () => {
    for (const [query, pointer] of [
      ["from=0", "/from"],
      ["to=x", "/to"],
      ["points=1", "/points"],
      ["points=1000001", "/points"],
    ]) {
      const response = await staged.app.inject(`/v1/jobs/${job}/metrics?${query}`);
      expect(response.statusCode).toBe(422);
      expect(problem.parse(response.json()).errors?.map((error) => error.pointer)).toEqual([pointer]);
    }
  });
});

describe("events", () => {
  it("come in pages under one sequence without gaps", async () => {
    const seen: number[] = [];
    const epochs: number[] = [];
    let page: ReturnType<typeof eventsAnswer.parse>;
    let after = 0;
    do {
      const response = await staged.app.inject(`/v1/jobs/${job}/events?limit=4&after=${after}`);
      page = eventsAnswer.parse(response.json());
      expect(page.data.length).toBeLessThanOrEqual(4);
      for (const event of page.data) {
        seen.push(event.seq);
        if (event.type === "metrics") epochs.push(...event.epochs);
      }
      after = page.next_after;
    } while (page.has_more);
    expect(seen).toEqual(range(1, seen.length));
    expect(epochs).toEqual(range(1, 100));
  });

  it("begin with the job's queueing and end with its end", async () => {
    const { data } = eventsAnswer.parse((await staged.app.inject(`/v1/jobs/${job}/events`)).json());
    const states = data.flatMap((event) => (event.type === "state" ? [event.state] : []));
    expect(states).toEqual(["queued", "running", "succeeded"]);
  });

  it("are an empty page beyond the newest", async () => {
    const page = eventsAnswer.parse((await staged.app.inject(`/v1/jobs/${job}/events?after=5000`)).json());
    expect(page).toEqual({ data: [], has_more: false, next_after: 5000 });
  });
});
