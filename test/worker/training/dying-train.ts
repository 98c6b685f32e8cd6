/** A training thread that trains in earnest, and in the first attempt at a job dies when its first checkpoint is stored, as the job's name says. */
import { train as trainInEarnest } from "../../../src/training/run/train.ts";
import type { TrainTask } from "../../../src/worker/protocol.ts";
import { runTraining, type Train } from "../../../src/worker/training/training-thread.ts";

/** Never notified: to wait on. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

const CRASHES: Readonly<Record<string, () => void>> = {
  exits: () => process.exit(3),
  exhausts: () => {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index + 0.5));
  },
  sticks: () => {
    for (;;);
  },
  traps: () => {
    throw new WebAssembly.RuntimeError("memory access out of bounds");
  },
};

const dyingTrain: Train = (run, control) => {
  const die = CRASHES[run.job.spec.name];
  if (run.job.attempt > 1 || !die) return trainInEarnest(run, control);
  const save: typeof control.save = (checkpoint) => {
    control.save(checkpoint);
    while (control.storing()) Atomics.wait(NOBODY, 0, 0, 5);
    die();
  };
  return trainInEarnest(run, { ...control, save });
};

export function train(task: TrainTask): void {
  runTraining(task, dyingTrain);
}
