/** Threads that die in the middle of real training: the job goes on from its last checkpoint, to the weights of an undisturbed one. */
import { afterEach, expect, it } from "vitest";
import { startRunner } from "../../../src/app/jobs/run.ts";
import type { TrainingPool } from "../../../src/domain/ports.ts";
import { createTrainingPool } from "../../../src/worker/training/training-pool.ts";
import { prepare } from "../../training/train.ts";
import { openDependencies, RUNNER, untilState } from "./dependencies.ts";

let trainingPool: TrainingPool;
afterEach(() => trainingPool.close());

const SPEC = {
  data: { generator: { type: "moons", samples: 120, noise: 0.1, seed: 7 } },
  split: { validation: 0.2 },
  model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "dropout", p: 0.2 }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.01 },
  batch_size: 16,
  epochs: 200,
  checkpoint: { every_epochs: 10, min_seconds: 0 },
  // A thread that takes long to start on a busy machine may be taken for a silent one, too.
  max_retries: 10,
};

async function openYard(heartbeatMs = 60_000) {
  trainingPool = createTrainingPool({
    size: 1,
    heapMb: 64,
    heartbeatMs,
    onBug: () => undefined,
    entry: new URL("../../worker/training/dying-train.ts", import.meta.url),
  });
  const dependencies = await openDependencies({ trainingPool });
  const submit = async (name: string) => {
    const prepared = prepare({ ...SPEC, name });
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
    const { spec, parameters, memoryBytes, classes, payload } = prepared;
    const id = `job_${name}`;
    await dependencies.store.jobs.insert({ id, spec, parameters, memoryBytes, classes, payload, createdAt: Date.now() });
    await dependencies.queue.enqueue(id);
    return id;
  };
  return { dependencies, submit };
}

it.each([
  ["exits", "the training thread exited with code 3"],
  ["exhausts", "the training thread ran out of memory"],
  ["traps", "the training thread trapped: memory access out of bounds"],
  ["sticks", "the training thread did not respond for 5 s"],
])("goes on when its thread %s", async (name, crash) => {
  const { dependencies, submit } = await openYard(name === "sticks" ? 5000 : undefined);
  const [undisturbed, disturbed] = [await submit("untouched"), await submit(name)];
  const runner = startRunner(dependencies, { ...RUNNER, backoffMs: 1 });
  const whole = await untilState(dependencies, undisturbed, "succeeded", "failed");
  const job = await untilState(dependencies, disturbed, "succeeded", "failed");
  expect(job).toMatchObject({ state: "succeeded", attempt: job.crashes + 1, epochsDone: whole.epochsDone });
  expect(job.model?.sha256).toBe(whole.model?.sha256);
  const retried = job.transitions[2]?.reason ?? "";
  expect(retried).toMatch(new RegExp(`^${crash}; retry 1 of 10 resumes from epoch [1-9]\\d*$`));
  const lossOf = async (id: string) =>
    (await dependencies.store.metrics.read(id, 1, 200)).flatMap(({ series }) => [...(series.val_loss as Float64Array)]);
  expect(await lossOf(disturbed)).toEqual(await lossOf(undisturbed));
  await runner.stop();
});
