import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { cancel } from "../../../src/app/jobs/cancel.ts";
import { pause } from "../../../src/app/jobs/pause.ts";
import { startRunner } from "../../../src/app/jobs/run.ts";
import type { MetricChunk } from "../../../src/domain/metrics/metric.ts";
import type { TrainingObserver, TrainingPool, TrainingResult } from "../../../src/domain/ports.ts";
import { aCheckpoint, aChunk, aModel, aNewJob, someWeights } from "../../contract/fixtures.ts";
import { idleTrainingPool, openDependencies, queueJob, RUNNER, untilState } from "./dependencies.ts";

function success(jobId: string): TrainingResult {
  const { id: _id, name: _name, jobId: _jobId, createdAt: _createdAt, metrics, ...model } = aModel(jobId);
  return { state: "succeeded", reason: "all epochs are done", metrics, model, weights: someWeights(), evaluation: null };
}

const cancelled: TrainingResult = { state: "cancelled", metrics: null };
const stopped: TrainingResult = { state: "stopped", metrics: null };

/** Trains until it is cancelled, or stopped. */
function untilCancelled({ signal, stop }: TrainingObserver): Promise<TrainingResult> {
  const { promise, resolve } = Promise.withResolvers<TrainingResult>();
  if (signal.aborted) resolve(cancelled);
  signal.addEventListener("abort", () => resolve(cancelled));
  if (stop.aborted) resolve(stopped);
  stop.addEventListener("abort", () => resolve(stopped));
  return promise;
}

const training = (train: TrainingPool["train"]) => ({ trainingPool: idleTrainingPool(train) });

describe("the runner", () => {
  it("trains what is queued, now and later, and stores metrics and model", async () => {
    const dependencies = await openDependencies(
      training(async ({ job }, { onEpochs }) => {
        await onEpochs(aChunk(1, 10));
        await onEpochs(aChunk(11, 20));
        return success(job.id);
      }),
    );
    const first = await queueJob(dependencies, "first");
    const runner = startRunner(dependencies, RUNNER);
    await untilState(dependencies, first.id, "succeeded");
    const second = await queueJob(dependencies, "second");
    const job = await untilState(dependencies, second.id, "succeeded");
    expect(job).toMatchObject({ epochsDone: 20, attempt: 1, lastSeq: 5 });
    expect(job.transitions.map(({ state, reason }) => [state, reason])).toEqual([
      ["queued", "submitted"],
      ["running", "a worker took it"],
      ["succeeded", "all epochs are done"],
    ]);
    const model = await dependencies.store.models.get(job.model?.id ?? "");
    expect(model).toMatchObject({ name: "second", jobId: job.id, metrics: job.metrics, sha256: "ab".repeat(32) });
    expect(model?.id).toMatch(/^mdl_/);
    expect(await dependencies.store.models.readWeights(model?.id ?? "")).toEqual(someWeights());
    await runner.stop();
    expect(dependencies.logged.filter(({ fields }) => fields.job_id === job.id).map(({ message }) => message)).toEqual([
      "job started",
      "job ended",
    ]);
  });

  it("runs as many jobs at once as it may, in the order of the queue", async () => {
    const started: string[] = [];
    const third = Promise.withResolvers<void>();
    const dependencies = await openDependencies(
      training(({ job }, observer) => {
        if (started.push(job.id) === 3) third.resolve();
        return untilCancelled(observer);
      }),
    );
    const jobs = [await queueJob(dependencies), await queueJob(dependencies), await queueJob(dependencies)];
    const runner = startRunner(dependencies, { ...RUNNER, workers: 2 });
    await Promise.all(jobs.slice(0, 2).map(({ id }) => untilState(dependencies, id, "running")));
    expect(await dependencies.store.jobs.get(jobs[2]?.id ?? "")).toMatchObject({ state: "queued" });
    await cancel(dependencies, jobs[0]?.id ?? "");
    await third.promise;
    expect(started).toEqual(jobs.map(({ id }) => id));
    await runner.stop();
  });

  it("claims the next job while the outcome of the one before is stored, and no more than as many again", async () => {
    const stored = Promise.withResolvers<void>();
    const started: string[] = [];
    const dependencies = await openDependencies({
      ...training(async ({ job }) => {
        started.push(job.id);
        return success(job.id);
      }),
      wrapStore: (store) => ({
        ...store,
        jobs: { ...store.jobs, finish: (...args) => stored.promise.then(() => store.jobs.finish(...args)) },
      }),
    });
    const jobs = [await queueJob(dependencies), await queueJob(dependencies), await queueJob(dependencies)];
    const runner = startRunner(dependencies, { ...RUNNER, workers: 1 });
    await untilState(dependencies, jobs[1]?.id ?? "", "running");
    expect(await dependencies.store.jobs.get(jobs[2]?.id ?? "")).toMatchObject({ state: "queued" });
    stored.resolve();
    for (const { id } of jobs) await untilState(dependencies, id, "succeeded");
    expect(started).toEqual(jobs.map(({ id }) => id));
    await runner.stop();
  });

  it("stores the last epochs that come with the result, for its readers too", async () => {
    const dependencies = await openDependencies(
      training(async ({ job }, observer) => {
        expect(observer.takesLast).toBe(true);
        await observer.onEpochs(aChunk(1, 10));
        return { ...success(job.id), last: aChunk(11, 20) } as TrainingResult;
      }),
    );
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    expect(await untilState(dependencies, id, "succeeded")).toMatchObject({ epochsDone: 20, lastSeq: 5 });
    const frames = [...(await dependencies.frames.read(id, 2)), ...(await dependencies.frames.read(id, 4))];
    expect(frames).toMatchObject([
      { seq: 3, type: "metrics", isLast: false },
      { seq: 4, type: "metrics", isLast: false },
      { seq: 5, type: "state", isLast: true },
    ]);
    await runner.stop();
  });

  it("cancels a running job", async () => {
    const dependencies = await openDependencies(training((_, observer) => untilCancelled(observer)));
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    await untilState(dependencies, id, "running");
    expect(await cancel(dependencies, id)).toMatchObject({ job: { state: "cancelling" } });
    expect((await untilState(dependencies, id, "cancelled")).transitions.at(-1)?.reason).toBe("cancelled on request");
    await runner.stop();
  });

  it("keeps the outcome of a run that ends before it sees the cancel", async () => {
    const release = Promise.withResolvers<void>();
    const dependencies = await openDependencies(
      training(async ({ job }) => {
        await release.promise;
        return success(job.id);
      }),
    );
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    await untilState(dependencies, id, "running");
    await cancel(dependencies, id);
    release.resolve();
    expect(await untilState(dependencies, id, "succeeded", "cancelled")).toMatchObject({ state: "succeeded" });
    await runner.stop();
  });

  it("stores why training failed, with its metrics", async () => {
    const error = { code: "diverged", detail: "the loss of epoch 3 is NaN", epoch: 3 } as const;
    const metrics = { final: { loss: Number.NaN }, best: { loss: 1, epoch: 1 } };
    const dependencies = await openDependencies(training(async () => ({ state: "failed", metrics, error })));
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    const job = await untilState(dependencies, id, "failed");
    expect(job).toMatchObject({ error, metrics });
    expect(job.transitions.at(-1)?.reason).toBe(error.detail);
    await runner.stop();
  });

  it("tries a job again whose thread dies, fails it when that has happened too often, and takes the next", async () => {
    const dependencies = await openDependencies(
      training(async ({ job }) => {
        if (job.spec.name === "deadly") throw new Error("the training thread exited with code 3");
        return success(job.id);
      }),
    );
    const deadly = await queueJob(dependencies, "deadly");
    const next = await queueJob(dependencies, "next");
    const runner = startRunner(dependencies, { ...RUNNER, backoffMs: 1 });
    const failed = await untilState(dependencies, deadly.id, "failed");
    expect(failed.error).toEqual({
      code: "worker_died",
      detail: "the training thread exited with code 3, for the 3rd time (max_retries 2)",
      epoch: null,
    });
    expect(failed).toMatchObject({ attempt: 3, crashes: 2 });
    expect(failed.transitions.map(({ state, reason }) => [state, reason])).toEqual([
      ["queued", "submitted"],
      ["running", "a worker took it"],
      ["queued", "the training thread exited with code 3; retry 1 of 2 resumes from the start"],
      ["running", "a worker took it"],
      ["queued", "the training thread exited with code 3; retry 2 of 2 resumes from the start"],
      ["running", "a worker took it"],
      ["failed", failed.error?.detail],
    ]);
    await untilState(dependencies, next.id, "succeeded");
    await runner.stop();
  });

  it("fails a job whose metrics cannot be stored, logs why and shows nobody", async () => {
    const trouble = new Error("disk I/O error at /secret/path");
    const dependencies = await openDependencies({
      ...training(async (_, observer) => {
        await observer.onEpochs(aChunk(1, 5));
        return untilCancelled(observer);
      }),
      wrapStore: (store) => ({ ...store, metrics: { ...store.metrics, append: () => Promise.reject(trouble) } }),
    });
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    const job = await untilState(dependencies, id, "failed");
    expect(job.error?.code).toBe("internal");
    expect(JSON.stringify(job)).not.toContain("secret");
    expect(dependencies.logged).toContainEqual(
      expect.objectContaining({ level: "error", fields: { err: trouble, job_id: id } }),
    );
    await runner.stop();
  });

  it("goes on taking jobs after the queue has failed it", async () => {
    const dependencies = await openDependencies(training(async ({ job }) => success(job.id)));
    let failures = 1;
    const flaky = {
      ...dependencies,
      queue: {
        ...dependencies.queue,
        claim: () => (failures-- > 0 ? Promise.reject(new Error("no database")) : dependencies.queue.claim()),
      },
    };
    const { id } = await queueJob(dependencies);
    const runner = startRunner(flaky, RUNNER);
    await untilState(dependencies, id, "succeeded");
    expect(dependencies.logged).toContainEqual(expect.objectContaining({ message: "cannot claim a job from the queue" }));
    await runner.stop();
  });

  it("puts running jobs back when it stops, and the next attempt goes on after their last epoch", async () => {
    const chunks: MetricChunk[] = [];
    const gone = Promise.withResolvers<void>();
    const dependencies = await openDependencies(
      training(async ({ job }, observer) => {
        if (job.attempt === 1) {
          await observer.onEpochs(aChunk(1, 10));
          gone.resolve();
          return untilCancelled(observer);
        }
        const chunk = aChunk(job.epochsDone + 1, 20);
        chunks.push(chunk);
        await observer.onEpochs(chunk);
        return success(job.id);
      }),
    );
    const [running, waiting] = [await queueJob(dependencies), await queueJob(dependencies)];
    const first = startRunner(dependencies, RUNNER);
    await gone.promise;
    await first.stop();
    const stopped = await dependencies.store.jobs.get(running.id);
    expect(stopped).toMatchObject({ state: "queued", epochsDone: 10, finishedAt: null });
    expect(stopped?.transitions.at(-1)?.reason).toBe("the server was stopped; it resumes from the start");
    expect(await dependencies.store.jobs.get(waiting.id)).toMatchObject({ state: "queued", attempt: 0 });
    expect(await dependencies.queue.position(running.id)).toBe(0);

    const second = startRunner(dependencies, RUNNER);
    expect(await untilState(dependencies, running.id, "succeeded")).toMatchObject({ attempt: 2, epochsDone: 20 });
    expect(chunks[0]).toEqual(aChunk(11, 20));
    await second.stop();
  });

  it("cancels, and does not put back, a job that was being cancelled when it stops", async () => {
    const dependencies = await openDependencies(training((_, observer) => untilCancelled(observer)));
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    await untilState(dependencies, id, "running");
    await Promise.all([cancel(dependencies, id), runner.stop()]);
    // Put back first and cancelled in the queue, or cancelled as it ran: a cancel that was accepted holds.
    expect(await dependencies.store.jobs.get(id)).toMatchObject({ state: "cancelled", finishedAt: expect.any(Number) });
  });

  it("drops the result of an attempt that has lost its job", async () => {
    const lost = Promise.withResolvers<void>();
    const dependencies = await openDependencies(
      training(async ({ job }, { onEpochs }) => {
        await lost.promise;
        await onEpochs(aChunk(1, 5));
        return success(job.id);
      }),
    );
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    await untilState(dependencies, id, "running");
    await dependencies.store.jobs.transition(id, { from: ["running"], to: { state: "queued", at: 1, reason: "taken away" } });
    lost.resolve();
    await runner.stop();
    expect((await dependencies.store.models.list({ limit: 5 })).data).toEqual([]);
    expect(await dependencies.store.jobs.get(id)).toMatchObject({ epochsDone: 0 });
  });

  it("lets jobs wait rather than use more memory than there is", async () => {
    let used = 0;
    let most = 0;
    let leave: (() => void) | null = null;
    const memoryBytes = aNewJob().memoryBytes;
    const dependencies = await openDependencies(
      training(async ({ job }) => {
        most = Math.max(most, ++used);
        // Each waits for another one beside it.
        const free = leave;
        leave = null;
        if (free) free();
        else {
          const { promise, resolve } = Promise.withResolvers<void>();
          leave = resolve;
          await promise;
        }
        used--;
        return success(job.id);
      }),
    );
    const limited = { ...dependencies, limits: { ...dependencies.limits, memoryBytes: 2.5 * memoryBytes } };
    const jobs = await Promise.all(Array.from({ length: 12 }, () => queueJob(dependencies)));
    const runner = startRunner(limited, { ...RUNNER, workers: 8 });
    for (const { id } of jobs) await untilState(dependencies, id, "succeeded");
    expect(most).toBe(2);
    await runner.stop();
  });

  it("puts a job back as of its last checkpoint when it takes too long to write another one", async () => {
    const started = Promise.withResolvers<void>();
    const dependencies = await openDependencies(
      training(async (_, { onEpochs, onCheckpoint, signal }) => {
        await onEpochs(aChunk(1, 3));
        await onCheckpoint(aCheckpoint({ epoch: 2 }));
        started.resolve();
        const { promise, resolve } = Promise.withResolvers<TrainingResult>();
        signal.addEventListener("abort", () => resolve(cancelled));
        return promise;
      }),
    );
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, { ...RUNNER, drainMs: 10 });
    await started.promise;
    await runner.stop();
    const job = await dependencies.store.jobs.get(id);
    expect(job).toMatchObject({ state: "queued", epochsDone: 3 });
    expect(job?.transitions.at(-1)?.reason).toBe("the server was stopped; it resumes from epoch 2");
  });

  it("goes on from the last checkpoint after a crash, waits for longer each time", async () => {
    const runs: (number | null)[] = [];
    const dependencies = await openDependencies(
      training(async ({ job, checkpoint }, { onEpochs, onCheckpoint }) => {
        runs.push(checkpoint?.epoch ?? null);
        if (job.attempt < 3) {
          const epoch = job.epochsDone + 1;
          await onEpochs(aChunk(epoch, epoch));
          await onCheckpoint(aCheckpoint({ epoch }));
          throw new Error("the training thread ran out of memory");
        }
        return success(job.id);
      }),
    );
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, { ...RUNNER, backoffMs: 5 });
    const job = await untilState(dependencies, id, "succeeded");
    expect(runs).toEqual([null, 1, 2]);
    const waits = job.transitions.flatMap(({ state, at }, index) =>
      state === "queued" && index > 0 ? [(job.transitions[index + 1]?.at ?? 0) - at] : [],
    );
    expect(waits[0]).toBeGreaterThanOrEqual(5);
    expect(waits[1]).toBeGreaterThanOrEqual(10);
    expect(job.transitions[2]?.reason).toBe("the training thread ran out of memory; retry 1 of 2 resumes from epoch 1");
    await runner.stop();
  });

  it("does not try a diverged job again", async () => {
    let attempts = 0;
    const error = { code: "diverged", detail: "the loss of epoch 3 is NaN", epoch: 3 } as const;
    const dependencies = await openDependencies(
      training(async () => {
        attempts++;
        return { state: "failed", metrics: null, error };
      }),
    );
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    await untilState(dependencies, id, "failed");
    await runner.stop();
    expect(attempts).toBe(1);
  });

  it("pauses a job whose thread dies while it pauses", async () => {
    const dependencies = await openDependencies(
      training(async (_, { stop }) => {
        // It may have been asked to before it began.
        if (!stop.aborted) await once(stop, "abort");
        throw new Error("the training thread exited with code 3");
      }),
    );
    const { id } = await queueJob(dependencies);
    const runner = startRunner(dependencies, RUNNER);
    await untilState(dependencies, id, "running");
    await pause(dependencies, id);
    const job = await untilState(dependencies, id, "paused");
    expect(job).toMatchObject({ crashes: 1, attempt: 1 });
    expect(job.transitions.at(-1)?.reason).toBe("the training thread exited with code 3; paused at the start");
    await runner.stop();
  });
});
