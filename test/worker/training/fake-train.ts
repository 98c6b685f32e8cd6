/** A training thread that does what the job's name says, instead of training. */
import type { TrainingResult } from "../../../src/domain/ports.ts";
import type { TrainTask } from "../../../src/worker/protocol.ts";
import { runTraining, type Train } from "../../../src/worker/training/training-thread.ts";
import { aCheckpoint, aChunk, aModel, someWeights } from "../../contract/fixtures.ts";

const EPOCHS_A_CHUNK = 10;

const BEHAVIOURS: Readonly<Record<string, Train>> = {
  /** Reports every epoch and succeeds. */
  train: (run, control) => {
    const { epochsDone, spec } = run.job;
    for (let from = epochsDone + 1; from <= spec.epochs; from += EPOCHS_A_CHUNK) {
      if (control.cancelled()) return { state: "cancelled", metrics: null };
      control.report(aChunk(from, Math.min(from + EPOCHS_A_CHUNK - 1, spec.epochs)));
    }
    return succeeded(run.job.id);
  },
  /** Runs until it is cancelled. */
  endless: (_, control) => {
    while (!control.cancelled()) spin(1);
    return { state: "cancelled", metrics: { final: { loss: 1 }, best: { loss: 1, epoch: 1 } } };
  },
  /** Reports one chunk after another until it is cancelled, and never looks at anything else. */
  chatty: (_, control) => {
    for (let epoch = 1; !control.cancelled(); epoch++) control.report(aChunk(epoch, epoch));
    return { state: "cancelled", metrics: null };
  },
  /** Reports an epoch, writes a checkpoint, and goes on from the epoch of one that it is given; until it is asked to stop. */
  stoppable: (run, control) => {
    const first = (run.checkpoint?.epoch ?? 0) + 1;
    for (let epoch = first; ; epoch++) {
      if (control.cancelled()) return { state: "cancelled", metrics: null };
      if (epoch > run.job.epochsDone) control.report(aChunk(epoch, epoch));
      const reason = control.stopping();
      if (reason) {
        control.save(aCheckpoint({ epoch, reason }));
        return { state: "stopped", metrics: null };
      }
      if (!control.storing()) control.save(aCheckpoint({ epoch }));
    }
  },
  deaf: () => {
    for (;;) spin(1000);
  },
  /** Reports two chunks, then ends its process. */
  exits: (_, control) => {
    control.report(aChunk(1, 5));
    control.report(aChunk(6, 9));
    process.exit(3);
  },
  exhausts: () => {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, index) => index + 0.5));
  },
  /** Reads beyond the memory of a WebAssembly instance. */
  traps: () => {
    // (module (memory 1) (func (export "read") (result i32) (i32.load (i32.const -4))))
    const module = [
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7f, 3, 2, 1, 0, 5, 3, 1, 0, 1],
      ...[7, 8, 1, 4, 0x72, 0x65, 0x61, 0x64, 0, 0, 0x0a, 9, 1, 7, 0, 0x41, 0x7c, 0x28, 2, 0, 0x0b],
    ];
    const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module)));
    (instance.exports.read as () => number)();
    return { state: "cancelled", metrics: null };
  },
  /** Asks for more memory than any machine has. */
  allocates: () => {
    throw new Error(`there are ${new ArrayBuffer(2 ** 45).byteLength} bytes`);
  },
  throws: () => {
    throw new RangeError("a bug of training");
  },
  /** How many of the runs before have left their port open, as the final loss. */
  counts: ({ job }) => {
    const metrics = { final: { loss: openPorts - 1 }, best: { loss: openPorts - 1, epoch: 1 } };
    return { ...succeeded(job.id), metrics };
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

let openPorts = 0;

export function train(task: TrainTask): void {
  openPorts++;
  task.port.on("close", () => openPorts--);
  task.port.unref();
  runTraining(task, BEHAVIOURS[task.run.job.spec.name] as Train);
}
