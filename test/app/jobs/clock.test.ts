/** A clock that jumps: nothing waits for it, nothing ends by it, and what was queued first still runs first. */
import { afterEach, expect, it, vi } from "vitest";
import { readJob } from "../../../src/app/jobs/job-view.ts";
import { recover } from "../../../src/app/jobs/recover.ts";
import { startRunner } from "../../../src/app/jobs/run.ts";
import type { TrainingResult } from "../../../src/domain/ports.ts";
import { aCheckpoint, aChunk, aModel, someWeights } from "../../contract/fixtures.ts";
import { train } from "../../training/train.ts";
import { idleTrainingPool, openDependencies, queueJob, RUNNER, untilState } from "./dependencies.ts";

const YEAR = 365 * 86_400_000;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Sets the clock so far from the real one. */
function setClock(offsetMs: number): void {
  vi.restoreAllMocks();
  const real = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => real() + offsetMs);
}

function success(jobId: string): TrainingResult {
  const { id: _id, name: _name, jobId: _jobId, createdAt: _createdAt, metrics, ...model } = aModel(jobId);
  return { state: "succeeded", reason: "all epochs are done", metrics, model, weights: someWeights(), evaluation: null };
}

it.each([
  ["ahead", YEAR],
  ["back", -YEAR],
])("keeps jobs in the order in which they came, and brings them through crashes, when it jumps %s", async (_, jump) => {
  const dependencies = await openDependencies({
    trainingPool: idleTrainingPool(async ({ job, checkpoint }, { onEpochs, onCheckpoint }) => {
      setClock(job.attempt === 1 ? -2 * jump : jump);
      const epoch = job.epochsDone + 1;
      await onEpochs(aChunk(epoch, epoch));
      if (job.attempt > 1) {
        expect(checkpoint?.epoch).toBe(1);
        return success(job.id);
      }
      await onCheckpoint(aCheckpoint({ epoch }));
      throw new Error("the training thread exited with code 3");
    }),
  });
  const first = await queueJob(dependencies, "first");
  setClock(jump);
  const second = await queueJob(dependencies, "second");
  setClock(0);
  const third = await queueJob(dependencies, "third");
  expect(await Promise.all([first, second, third].map(({ id }) => dependencies.store.queue.position(id)))).toEqual([0, 1, 2]);
  const runner = startRunner(dependencies, { ...RUNNER, backoffMs: 1 });
  for (const { id } of [first, second, third]) {
    const job = await untilState(dependencies, id, "succeeded", "failed");
    expect(job).toMatchObject({ state: "succeeded", epochsDone: 2, attempt: 2, crashes: 1 });
    const events = await dependencies.store.events.read(id, 0, 100);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
  }
  await runner.stop();
});

it("says nothing absurd of the time that is left, and recovers, when it was set back", async () => {
  const dependencies = await openDependencies();
  const { id } = await queueJob(dependencies, "job", 100);
  await dependencies.queue.claim();
  await dependencies.store.metrics.append(id, 1, aChunk(1, 10));
  setClock(-YEAR);
  expect((await readJob(dependencies, id)).etaS).toBeGreaterThanOrEqual(0);
  expect(await recover(dependencies)).toBe(1);
  expect(await dependencies.queue.claim()).toMatchObject({ id, attempt: 2 });
});

it("does not end training, and does not keep it from ending", () => {
  const spec = {
    data: { generator: { type: "moons", samples: 50 } },
    model: { layers: [{ type: "linear" }] },
    epochs: 50,
    max_seconds: 60,
  };
  const untouched = train(spec);
  let jump = YEAR;
  const jumping = train(spec, {
    stopAt: () => {
      jump = -jump;
      setClock(jump);
      return false;
    },
  });
  expect(jumping.result).toMatchObject({ state: "succeeded" });
  expect(jumping.series.loss).toEqual(untouched.series.loss);
  const stopAt = () => {
    setClock(-YEAR);
    return false;
  };
  const endless = train({ ...spec, epochs: 100_000_000, max_seconds: 0.05 }, { stopAt });
  expect(endless.result).toMatchObject({ state: "failed", error: { code: "timeout" } });
});
