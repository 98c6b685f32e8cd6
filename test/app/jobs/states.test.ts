import { describe, expect, it } from "vitest";
import { cancel } from "../../../src/app/jobs/cancel.ts";
import { listJobs, readJob } from "../../../src/app/jobs/job-view.ts";
import { recover } from "../../../src/app/jobs/recover.ts";
import { remove } from "../../../src/app/jobs/remove.ts";
import { aChunk, aSuccess } from "../../contract/fixtures.ts";
import { openDependencies, queueJob } from "./dependencies.ts";

describe("cancel", () => {
  it("ends a queued job at once", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    expect(await cancel(dependencies, id)).toMatchObject({ job: { state: "cancelled" } });
    expect(await dependencies.queue.claim()).toBeNull();
  });

  it("asks a running job to end, again and again without harm", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    await dependencies.queue.claim();
    expect(await cancel(dependencies, id)).toMatchObject({ job: { state: "cancelling", lastSeq: 3 } });
    expect(await cancel(dependencies, id)).toMatchObject({ job: { state: "cancelling", lastSeq: 3 } });
  });

  it("refuses a job that has ended, naming its state", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    await dependencies.queue.claim();
    await dependencies.store.jobs.finish(id, 1, 9, "done", aSuccess(id));
    await expect(cancel(dependencies, id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("succeeded"),
    });
  });

  it("does not know an unknown job", async () => {
    await expect(cancel(await openDependencies(), "job_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("remove", () => {
  it("deletes a job that has ended, and refuses one that has not", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies);
    await expect(remove(dependencies, id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("queued"),
    });
    await cancel(dependencies, id);
    await remove(dependencies, id);
    await expect(remove(dependencies, id)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("read", () => {
  it("says how long the queue is before a job", async () => {
    const dependencies = await openDependencies();
    await queueJob(dependencies);
    const { id } = await queueJob(dependencies);
    expect(await readJob(dependencies, id)).toMatchObject({ queue: { position: 2, jobsAhead: 1 }, progress: 0, etaS: null });
  });

  it("says how far a running job is", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies, "long", 1000);
    await dependencies.queue.claim();
    await dependencies.store.metrics.append(id, 1, aChunk(1, 250));
    const reading = await readJob(dependencies, id);
    expect(reading).toMatchObject({ queue: null, progress: 0.25 });
    expect(reading.etaS).toBeGreaterThanOrEqual(0);
  });

  it("calls a job done that stopped early", async () => {
    const dependencies = await openDependencies();
    const { id } = await queueJob(dependencies, "early", 1000);
    await dependencies.queue.claim();
    await dependencies.store.metrics.append(id, 1, aChunk(1, 10));
    await dependencies.store.jobs.finish(id, 1, 9, "no improvement", aSuccess(id));
    expect(await readJob(dependencies, id)).toMatchObject({ progress: 1, etaS: null });
  });

  it("lists jobs, newest first", async () => {
    const dependencies = await openDependencies();
    const ids = [await queueJob(dependencies), await queueJob(dependencies)].map(({ id }) => id);
    const { data, hasMore } = await listJobs(dependencies, { state: "queued" }, { limit: 10 });
    expect(data.map(({ job }) => job.id)).toEqual(ids.toReversed());
    expect(hasMore).toBe(false);
    await expect(readJob(dependencies, "job_none")).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("recover", () => {
  it("queues what ran, cancels what was being cancelled, and leaves the rest", async () => {
    const dependencies = await openDependencies();
    const [ran, cancelling, done, waiting] = [
      await queueJob(dependencies),
      await queueJob(dependencies),
      await queueJob(dependencies),
      await queueJob(dependencies),
    ].map(({ id }) => id) as [string, string, string, string];
    for (let count = 0; count < 3; count++) await dependencies.queue.claim();
    await dependencies.store.metrics.append(ran, 1, aChunk(1, 5));
    await cancel(dependencies, cancelling);
    await dependencies.store.jobs.finish(done, 1, 9, "done", aSuccess(done));
    expect(await recover(dependencies)).toBe(2);
    const states = async () =>
      (await Promise.all([ran, cancelling, done, waiting].map((id) => dependencies.store.jobs.get(id)))).map(
        (job) => job?.state,
      );
    expect(await states()).toEqual(["queued", "cancelled", "succeeded", "queued"]);
    expect(await dependencies.queue.claim()).toMatchObject({ id: ran, attempt: 2, epochsDone: 5 });
    expect(await recover(dependencies)).toBe(1);
  });
});
