import { describe, expect, it } from "vitest";
import { cancel } from "../../../src/app/jobs/cancel.ts";
import { listJobs, readJob } from "../../../src/app/jobs/job-view.ts";
import { recover } from "../../../src/app/jobs/recover.ts";
import { remove } from "../../../src/app/jobs/remove.ts";
import { predict } from "../../../src/app/models/predict.ts";
import { aSlice, aSuccess, someWeights } from "../../contract/fixtures.ts";
import { openWorld, plainDesk, queueJob } from "./dependencies.ts";

describe("cancel", () => {
  it("ends a queued job at once", async () => {
    const world = await openWorld();
    const { id } = await queueJob(world);
    expect(await cancel(world, id)).toMatchObject({ state: "cancelled" });
    expect(await world.queue.claim()).toBeNull();
  });

  it("asks a running job to end, again and again without harm", async () => {
    const world = await openWorld();
    const { id } = await queueJob(world);
    await world.queue.claim();
    expect(await cancel(world, id)).toMatchObject({ state: "cancelling", lastSeq: 3 });
    expect(await cancel(world, id)).toMatchObject({ state: "cancelling", lastSeq: 3 });
  });

  it("refuses a job that has ended, naming its state", async () => {
    const world = await openWorld();
    const { id } = await queueJob(world);
    await world.queue.claim();
    await world.store.finishJob(id, 1, 9, "done", aSuccess(id));
    await expect(cancel(world, id)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("succeeded") });
  });

  it("does not know an unknown job", async () => {
    await expect(cancel(await openWorld(), "job_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("remove", () => {
  it("deletes a job that has ended, and refuses one that has not", async () => {
    const world = await openWorld();
    const { id } = await queueJob(world);
    await expect(remove(world, id)).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("queued") });
    await cancel(world, id);
    await remove(world, id);
    await expect(remove(world, id)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("read", () => {
  it("says how long the queue is before a job", async () => {
    const world = await openWorld();
    await queueJob(world);
    const { id } = await queueJob(world);
    expect(await readJob(world, id)).toMatchObject({ queue: { position: 2, jobsAhead: 1 }, progress: 0, etaS: null });
  });

  it("says how far a running job is", async () => {
    const world = await openWorld();
    const { id } = await queueJob(world, "long", 1000);
    await world.queue.claim();
    await world.store.appendMetrics(id, 1, aSlice(1, 250));
    const reading = await readJob(world, id);
    expect(reading).toMatchObject({ queue: null, progress: 0.25 });
    expect(reading.etaS).toBeGreaterThanOrEqual(0);
  });

  it("calls a job done that stopped early", async () => {
    const world = await openWorld();
    const { id } = await queueJob(world, "early", 1000);
    await world.queue.claim();
    await world.store.appendMetrics(id, 1, aSlice(1, 10));
    await world.store.finishJob(id, 1, 9, "no improvement", aSuccess(id));
    expect(await readJob(world, id)).toMatchObject({ progress: 1, etaS: null });
  });

  it("lists jobs, newest first", async () => {
    const world = await openWorld();
    const ids = [await queueJob(world), await queueJob(world)].map(({ id }) => id);
    const { data, hasMore } = await listJobs(world, { state: "queued" }, { limit: 10 });
    expect(data.map(({ job }) => job.id)).toEqual(ids.toReversed());
    expect(hasMore).toBe(false);
    await expect(readJob(world, "job_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("recover", () => {
  it("queues what ran, cancels what was being cancelled, and leaves the rest", async () => {
    const world = await openWorld();
    const [ran, cancelling, done, waiting] = [
      await queueJob(world),
      await queueJob(world),
      await queueJob(world),
      await queueJob(world),
    ].map(({ id }) => id) as [string, string, string, string];
    for (let count = 0; count < 3; count++) await world.queue.claim();
    await world.store.appendMetrics(ran, 1, aSlice(1, 5));
    await cancel(world, cancelling);
    await world.store.finishJob(done, 1, 9, "done", aSuccess(done));
    expect(await recover(world)).toBe(2);
    const states = async () =>
      (await Promise.all([ran, cancelling, done, waiting].map((id) => world.store.getJob(id)))).map((job) => job?.state);
    expect(await states()).toEqual(["queued", "cancelled", "succeeded", "queued"]);
    expect(await world.queue.claim()).toMatchObject({ id: ran, attempt: 2, epochsDone: 5 });
    expect(await recover(world)).toBe(1);
  });
});

describe("predict", () => {
  it("refuses no rows, too many rows and unknown models, and names what is wrong", async () => {
    const desk = plainDesk();
    const world = await openWorld({
      desk: {
        ...desk,
        predict: async () => ({ ok: false, errors: [{ pointer: "/instances/3/1", detail: "is not a number" }] }),
      },
    });
    await expect(predict(world, "mdl_none", [])).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/instances" }],
    });
    await expect(predict(world, "mdl_none", Array(6).fill([1, 2]))).rejects.toMatchObject({
      code: "too_large",
      message: expect.stringContaining("limit of 5"),
    });
    await expect(predict(world, "mdl_none", [[1, 2]])).rejects.toMatchObject({ code: "not_found" });
    const { id } = await queueJob(world);
    await world.queue.claim();
    const outcome = aSuccess(id);
    await world.store.finishJob(id, 1, 9, "done", outcome);
    await expect(predict(world, outcome.model.id, [[1, 2]])).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/instances/3/1" }],
    });
  });

  it("loads the weights of the model when the desk asks for them", async () => {
    const desk = plainDesk();
    const world = await openWorld({
      desk: {
        ...desk,
        predict: async (_, __, load) => {
          expect(await load()).toEqual(someWeights());
          return { ok: true, predictions: [{ value: 3 }] };
        },
      },
    });
    const { id } = await queueJob(world);
    await world.queue.claim();
    const outcome = aSuccess(id);
    await world.store.finishJob(id, 1, 9, "done", outcome);
    expect(await predict(world, outcome.model.id, [[1, 2]])).toEqual([{ value: 3 }]);
  });
});
