/** A training thread that does what the job's name says, instead of training. */
import type { TrainingResult } from "../../src/domain/ports.ts";
import type { TrainTask } from "../../src/worker/protocol.ts";
import { type Fit, runTraining } from "../../src/worker/training-thread.ts";
import { aModel, aSlice, someWeights } from "../contract/fixtures.ts";

const EPOCHS_A_SLICE = 10;

const BEHAVIOURS: Readonly<Record<string, Fit>> = {
  /** Reports every epoch and succeeds. */
  train: (run, control) => {
    const { epochsDone, spec } = run.job;
    for (let from = epochsDone + 1; from <= spec.epochs; from += EPOCHS_A_SLICE) {
      if (control.cancelled()) return { state: "cancelled", metrics: null };
      control.report(aSlice(from, Math.min(from + EPOCHS_A_SLICE - 1, spec.epochs)));
    }
    return succeeded(run.job.id);
  },
  /** Runs until it is cancelled. */
  endless: (_, control) => {
    while (!control.cancelled()) spin(1);
    return { state: "cancelled", metrics: { final: { loss: 1 }, best: { loss: 1, epoch: 1 } } };
  },
  /** Reports one slice after another until it is cancelled, and never looks at anything else. */
  chatty: (_, control) => {
    for (let epoch = 1; !control.cancelled(); epoch++) control.report(aSlice(epoch, epoch));
    return { state: "cancelled", metrics: null };
  },
  deaf: () => {
    for (;;) spin(1000);
  },
  /** Reports two slices, then ends its process. */
  exits: (_, control) => {
    control.report(aSlice(1, 5));
    control.report(aSlice(6, 9));
    process.exit(3);
  },
  exhausts: () => {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index + 0.5));
  },
  throws: () => {
    throw new RangeError("a defect of training");
  },
  /** The payload's sum as the final loss. */
  sums: ({ job, payload }) => {
    const loss = payload?.data.reduce((sum, value) => sum + value, 0) ?? 0;
    return { ...succeeded(job.id), metrics: { final: { loss }, best: { loss, epoch: 1 } } };
  },
};

function succeeded(jobId: string): Extract<TrainingResult, { state: "succeeded" }> {
  const { id: _id, name: _name, jobId: _jobId, createdAt: _createdAt, metrics, ...model } = aModel(jobId);
  return { state: "succeeded", reason: "all epochs are done", metrics, model, weights: someWeights(), evaluation: null };
}

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

export default function train(task: TrainTask): void {
  runTraining(task, BEHAVIOURS[task.run.job.spec.name] as Fit);
}
