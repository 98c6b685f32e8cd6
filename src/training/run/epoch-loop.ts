/**
 * The loop over the epochs of a run: learning-rate schedule, early stopping, metrics, checkpoints, and every reason to end.
 * Its results depend only on the spec, the rows and the seed: not on the clock, the grouping of epochs into calls, or
 * interruptions.
 */
import { type CheckpointReason, MAX_MARK_BYTES, type NewCheckpoint, REPLAY_MARK } from "../../domain/jobs/checkpoint.ts";
import type { JobError } from "../../domain/jobs/job.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { Executable } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";
import type { LastGood } from "../replay/last-good.ts";
import type { TrainingPlan } from "./build.ts";
import { encodeProgress, readTensors, type TrainingProgress } from "./checkpoint.ts";
import { createCheckpointSchedule, createMarkSchedule } from "./checkpoint-schedule.ts";
import { nextCount } from "./epoch.ts";
import { createEpochs, type Epochs } from "./epochs.ts";
import { checkpointBytes } from "./memory-estimate.ts";
import type { Recorder } from "./recorder.ts";
import type { RunControl } from "./run-control.ts";

/** Why the loop ended. */
export type End =
  | { readonly kind: "finished"; readonly reason: string; readonly weights: TensorSet }
  | { readonly kind: "cancelled" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly error: JobError };

export interface Loop {
  readonly spec: ResolvedSpec;
  readonly plan: TrainingPlan;
  /** Its memory has the initial state of the run, or the state of `start`. */
  readonly executable: Executable;
  readonly data: JobData;
  /** 0 for a regression. */
  readonly classes: number;
  readonly control: RunControl;
  /** Has the epochs up to `start`. */
  readonly recorder: Recorder;
  /** The series that decides the best epoch: smaller is better. */
  readonly monitor: Series;
  /** Progress of the checkpoint that the run resumes from; null at the start. */
  readonly start: TrainingProgress | null;
  readonly bestWeights: TensorSet | null;
  /** Receives the states of the run. */
  readonly lastGood: LastGood;
  /** Describes the model of the weights, which are the first of these tensors. */
  readonly describe: (tensors: TensorSet) => NewCheckpoint["model"];
}

/** What to try after a divergence. */
export const DIVERGED_CURE = "try a smaller learning rate, clip_grad, or look for extreme values in the data";

/** Runs until something ends it. */
export function runEpochs(loop: Loop): End {
  const { spec, plan, executable, data, classes, control, recorder, start } = loop;
  const secondsTrained = createStopwatch(start?.seconds ?? 0);
  const checkpointSchedule = createCheckpointSchedule(spec.checkpoint, control.storing);
  const isOverdue = () => secondsTrained() > spec.max_seconds;
  const { lastGood } = loop;
  const ended = () => control.cancelled() || control.stopping() !== null || isOverdue();
  const interrupted = () => ended() || checkpointSchedule.isDue() || lastGood.isDue(true);
  const epochs = createEpochs(
    { spec, plan, executable, data, classes, ended, interrupted, partial: start?.partial ?? null },
    { schedule: start?.schedule ?? null, stopping: start?.stopping ?? null, bestWeights: loop.bestWeights },
  );
  const { runner, most } = epochs;
  const checkpointWriter = createCheckpointWriter(loop, epochs, secondsTrained);
  const save = (reason: CheckpointReason): void => {
    checkpointWriter.save(reason);
    checkpointSchedule.written();
  };
  const finished = (reason: string): End => ({ kind: "finished", reason, weights: epochs.weights() });

  const present = () => ({
    epoch: recorder.epoch,
    tensors: readTensors(executable, plan, null),
    schedule: epochs.schedule?.state() ?? null,
    partial: runner.partial,
  });

  let count = 1;
  let spentMs = 0;
  while (recorder.epoch < spec.epochs) {
    if (control.cancelled()) return { kind: "cancelled" };
    const reason = control.stopping();
    if (reason) {
      if (checkpointWriter.isNew()) save(reason);
      return { kind: "stopped" };
    }
    if (isOverdue()) return timeout(spec, recorder.epoch + 1);
    if (checkpointSchedule.isDue()) save("interval");
    if (lastGood.isDue(runner.partial !== null)) lastGood.keep(present);
    const { epoch } = recorder;
    const until = Math.min(spec.epochs, checkpointSchedule.nextStop(epoch));
    const started = performance.now();
    const ran = epochs.run(epoch + 1, Math.min(count, most, until - epoch));
    spentMs += performance.now() - started;
    // Interrupted within an epoch, for one of the reasons above.
    if (ran === 0) continue;
    const finite = epochs.finite(ran);
    recorder.record(runner.columns, Math.min(finite + 1, ran), spentMs / ran);
    if (finite < ran) return diverged(recorder.epoch, epochs.loss(finite));
    const { kept, stop } = epochs.observe(recorder.epoch, ran);
    if (kept) recorder.keep();
    if (stop) return finished(stop);
    recorder.flush(false);
    checkpointWriter.mark();
    count = nextCount(ran, spentMs, most);
    spentMs = 0;
    if (recorder.epoch === spec.epochs) break;
    if (checkpointSchedule.isDueAt(recorder.epoch)) {
      control.settle();
      save("interval");
    } else if (data.validation && recorder.isLowest() && checkpointSchedule.isAllowed()) save("best");
  }
  return finished("all epochs are done");
}

/** Returns a clock of the seconds of training, including those of earlier attempts. */
function createStopwatch(before: number): () => number {
  const begun = performance.now();
  return () => before + (performance.now() - begun) / 1000;
}

/** Creates the writer of checkpoints, which save the current state of the loop. */
function createCheckpointWriter(
  { spec, plan, executable, control, recorder, monitor, start, describe }: Loop,
  epochs: Epochs,
  secondsTrained: () => number,
) {
  const { runner, stopping, schedule } = epochs;
  const stepsDone = () => runner.partial?.steps ?? 0;
  const place = () => `${recorder.epoch}/${stepsDone()}`;
  const state = (reason: NewCheckpoint["reason"], isBest: boolean): NewCheckpoint => {
    const progress = encodeProgress({
      metrics: recorder.metrics(),
      kept: recorder.kept,
      schedule: schedule?.state() ?? null,
      stopping: stopping?.state() ?? null,
      partial: runner.partial,
      seconds: secondsTrained(),
      bestValue,
    });
    const tensors = readTensors(executable, plan, epochs.bestWeights);
    return { epoch: recorder.epoch, step: stepsDone(), tensors, progress, reason, isBest, model: describe(tensors) };
  };
  const marks = createMarkSchedule();
  if (checkpointBytes(spec, plan) > MAX_MARK_BYTES) marks.end();
  let bestValue = start?.bestValue ?? null;
  let saved = place();
  const isBetter = (): boolean => {
    const value = recorder.metrics()?.final[monitor];
    if (stepsDone() > 0 || value === undefined || !(value < (bestValue ?? Number.POSITIVE_INFINITY))) return false;
    bestValue = value;
    return true;
  };
  return {
    /** Whether training has advanced since the last checkpoint. */
    isNew: () => place() !== saved,
    /** Stores a mark for replays, if the state is small and one is due. */
    mark(): void {
      if (!control.mark || stepsDone() > 0 || !marks.isDue() || control.storing()) return;
      recorder.flush(true);
      control.mark(state(REPLAY_MARK, false));
      marks.written();
    },
    save(reason: CheckpointReason): void {
      recorder.flush(true);
      control.save(state(reason, isBetter()));
      saved = place();
    },
  };
}

function timeout({ max_seconds }: ResolvedSpec, epoch: number): End {
  return failed("timeout", `training took longer than max_seconds, ${max_seconds}`, epoch);
}

function diverged(epoch: number, loss: number): End {
  return { kind: "failed", error: divergedLoss(epoch, loss) };
}

/** The error of a run whose loss is not finite. */
export function divergedLoss(epoch: number, loss: number): JobError {
  return divergedError(`the loss of epoch ${epoch} is ${loss}`, epoch);
}

/** The error of a run with finite losses whose weights after its last epoch are not finite. */
export function divergedWeights(epoch: number): JobError {
  return divergedError("the last update left weights that are not finite", epoch);
}

const divergedError = (what: string, epoch: number): JobError => ({
  code: "diverged",
  detail: `${what}: ${DIVERGED_CURE}`,
  epoch,
});

function failed(code: JobError["code"], detail: string, epoch: number): End {
  return { kind: "failed", error: { code, detail, epoch } };
}
