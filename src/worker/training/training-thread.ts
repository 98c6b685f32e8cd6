/**
 * The thread's side of a run: sends chunks and checkpoints with back-pressure, reads the stop signals of the main side, and
 * beats at every call. Does not know how a network is trained.
 */
import type { NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { type Invitation, LostThreadError } from "../../training/run/team.ts";
import { CONTROL, MAX_PENDING_CHUNKS, STOP_REASONS, type TrainMessage, type TrainTask } from "../protocol.ts";
import { isAllocationFailure } from "../threads.ts";
import { chunkBuffers, wholeBuffers } from "../transfer.ts";

/** The interface of a run to its thread: RunControl of training/run/run-control.ts. */
export interface Control {
  cancelled(): boolean;
  stopping(): (typeof STOP_REASONS)[number] | null;
  report(chunk: MetricChunk): void;
  readonly takesLast?: boolean;
  save(checkpoint: NewCheckpoint): void;
  mark?(checkpoint: NewCheckpoint): void;
  fault?(error: unknown): void;
  storing(): boolean;
  settle(): void;
  cores(): number;
  share?(invitation: Invitation): void;
}

/** The function that trains: `train` of training/run/train.ts, or a fake in a test. */
export type Train = (run: TrainingRun, control: Control) => TrainingResult;

type ExitMessage = Extract<TrainMessage, { kind: "crash" | "bug" }>;

/** Interval of heartbeats while the thread waits for the store. */
const BEAT_MS = 1000;

/** Trains, and posts chunks, checkpoints and the result to the task's port. Blocks the thread. */
export function runTraining({ run, control, port, threads, takesLast }: TrainTask, train: Train): void {
  const post = (message: TrainMessage, buffers: ArrayBuffer[] = []) => port.postMessage(message, buffers);
  try {
    const share = (invitation: Invitation) => post({ kind: "team", invitation });
    const result = train(run, { ...createRunControl(control, post), takesLast, ...(threads > 1 && { share }) });
    post({ kind: "result", result }, buffersOf(result));
  } catch (error) {
    post(exitOf(error));
  }
}

function buffersOf(result: TrainingResult): ArrayBuffer[] {
  if (result.state !== "succeeded") return [];
  return [...wholeBuffers([result.weights.data]), ...(result.last ? chunkBuffers([result.last]) : [])];
}

/** Tells a crash, caused by the machine, from a bug. */
export function exitOf(error: unknown): ExitMessage {
  if (isAllocationFailure(error)) return { kind: "crash", detail: "ran out of memory" };
  if (error instanceof LostThreadError) return { kind: "crash", detail: error.message };
  if (error instanceof WebAssembly.RuntimeError) return { kind: "crash", detail: `trapped: ${error.message}` };
  return { kind: "bug", error };
}

function createRunControl(
  control: Int32Array<SharedArrayBuffer>,
  post: (message: TrainMessage, buffers: ArrayBuffer[]) => void,
): Control {
  const beat = () => Atomics.add(control, CONTROL.heartbeat, 1);
  const isCancelled = () => Atomics.load(control, CONTROL.cancelled) === 1;
  let chunks = 0;
  let checkpoints = 0;
  const save = (checkpoint: NewCheckpoint): void => {
    post({ kind: "checkpoint", checkpoint }, wholeBuffers([checkpoint.tensors.data]));
    checkpoints++;
  };
  return {
    cancelled: () => {
      beat();
      return isCancelled();
    },
    stopping: () => STOP_REASONS[Atomics.load(control, CONTROL.stop) - 1] ?? null,
    report(chunk) {
      post({ kind: "chunk", chunk }, chunkBuffers([chunk]));
      chunks++;
      for (;;) {
        const acknowledged = Atomics.load(control, CONTROL.acknowledged);
        if (isCancelled() || chunks - acknowledged <= MAX_PENDING_CHUNKS) return;
        beat();
        Atomics.wait(control, CONTROL.acknowledged, acknowledged, BEAT_MS);
      }
    },
    save,
    mark: save,
    cores: () => Atomics.load(control, CONTROL.cores),
    fault: (error) => post({ kind: "fault", error }, []),
    storing: () => Atomics.load(control, CONTROL.stored) < checkpoints,
    settle() {
      for (;;) {
        const stored = Atomics.load(control, CONTROL.stored);
        if (isCancelled() || stored >= checkpoints) return;
        beat();
        Atomics.wait(control, CONTROL.stored, stored, BEAT_MS);
      }
    },
  };
}
