/** A database that has no room left, a real one: training waits in the queue, and goes on when there is room. */
import { expect, it, onTestFinished } from "vitest";
import { cancel } from "../../../src/app/jobs/cancel.ts";
import { remove } from "../../../src/app/jobs/remove.ts";
import { startRunner } from "../../../src/app/jobs/run.ts";
import { TrainyardError } from "../../../src/domain/errors.ts";
import type { TrainingResult } from "../../../src/domain/ports.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { openStore } from "../../../src/storage/open.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { aCheckpoint, aChunk, aModel, aNewJob, largeTensors, someWeights } from "../../contract/fixtures.ts";
import { idleTrainingPool, openDependencies, queueJob, RUNNER, untilState } from "./dependencies.ts";

const MB = 1024 * 1024;

function success(jobId: string): TrainingResult {
  const { id: _id, name: _name, jobId: _jobId, createdAt: _createdAt, metrics, ...model } = aModel(jobId);
  return { state: "succeeded", reason: "all epochs are done", metrics, model, weights: someWeights(), evaluation: null };
}

/** Adds jobs with rows, each a quarter of what is written to see whether there is room, until there is none. Returns their ids. */
async function fillUp(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    try {
      ids.push((await store.jobs.insert(aNewJob({ name: "ballast", payload: largeTensors(MB / 16) }))).id);
    } catch (error) {
      expect(error).toMatchObject({ code: "storage_full" });
      return ids;
    }
  }
}

it("waits in the queue while there is no room, can be cancelled there, and goes on when there is room", async () => {
  const store = await openStore({ dataDir: await temporaryFolder(), maxDatabaseBytes: 6 * MB, probeMs: 10 });
  onTestFinished(() => store.close());
  let ballast: string[] = [];
  const starts: (number | null)[] = [];
  const dependencies = await openDependencies({
    wrapStore: () => store,
    trainingPool: idleTrainingPool(async ({ job, checkpoint }, { onEpochs, onCheckpoint, signal }) => {
      starts.push(checkpoint?.epoch ?? null);
      if (job.attempt === 1) {
        await onEpochs(aChunk(1, 10));
        await onCheckpoint(aCheckpoint({ epoch: 10 }));
        ballast = await fillUp(store);
      }
      // More than the room that is left.
      for (let epoch = job.epochsDone + 1; epoch <= 100_000 && !signal.aborted; epoch += 20_000) {
        await onEpochs(aChunk(epoch, epoch + 19_999));
      }
      return signal.aborted ? { state: "cancelled", metrics: null } : success(job.id);
    }),
  });
  const { id } = await queueJob(dependencies, "hungry");
  const runner = startRunner(dependencies, RUNNER);
  await untilState(dependencies, id, "running");
  const waiting = await untilState(dependencies, id, "queued");
  expect(waiting.transitions.at(-1)?.reason).toBe("the disk is full: the job waits for space; it resumes from epoch 10");
  expect(store.health()).toMatchObject({ status: "full" });

  for (const other of ballast) await cancel(dependencies, other);
  for (const other of ballast) await remove(dependencies, other);
  const job = await untilState(dependencies, id, "succeeded", "failed");
  expect(job.state).toBe("succeeded");
  expect(starts.slice(0, 2)).toEqual([null, 10]);
  const events = await store.events.read(id, 0, 1000);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  await runner.stop();
});

it("goes back into the queue as soon as there is room for that, when there was none even for that", async () => {
  const store = await openStore({ dataDir: await temporaryFolder() });
  onTestFinished(() => store.close());
  let refusals = 2;
  const noRoom = () => Promise.reject(new TrainyardError("storage_full", "there is no room"));
  const dependencies = await openDependencies({
    wrapStore: () => ({
      ...store,
      jobs: {
        ...store.jobs,
        transition: (id, change) =>
          change.to.state === "queued" && refusals-- > 0 ? noRoom() : store.jobs.transition(id, change),
      },
      metrics: {
        ...store.metrics,
        append: (id, attempt, chunk) => (attempt === 1 ? noRoom() : store.metrics.append(id, attempt, chunk)),
      },
    }),
    trainingPool: idleTrainingPool(async ({ job }, { onEpochs }) => {
      await onEpochs(aChunk(1, 10));
      return job.attempt === 1 ? { state: "cancelled", metrics: null } : success(job.id);
    }),
  });
  const { id } = await queueJob(dependencies, "patient");
  const runner = startRunner(dependencies, RUNNER);
  const { transitions } = await untilState(dependencies, id, "succeeded", "failed");
  expect(transitions.map(({ state }) => state)).toEqual(["queued", "running", "queued", "running", "succeeded"]);
  expect(transitions[2]?.reason).toBe("the disk is full: the job waits for space; it resumes from the start");
  expect(refusals).toBeLessThan(0);
  await runner.stop();
});
