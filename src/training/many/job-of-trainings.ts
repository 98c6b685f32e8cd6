/**
 * Runs a job whose epochs are trainings: the first is its model's own, and each leaves some numbers for the job's answer. Threads without a
 * job train too. It is interrupted, resumed and stopped between two trainings. Knows neither how trainings differ nor what the question is.
 */
import type { CheckpointReason, CheckpointState } from "../../domain/jobs/checkpoint.ts";
import type { JobError, JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { Evaluation } from "../../domain/models/evaluation.ts";
import type { TrainingResult, TrainingRun } from "../../domain/ports.ts";
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import { appendTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { ENGINE_VERSION } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";
import { evaluateModel } from "../evaluate/evaluate-model.ts";
import { decidedModel, type trainedModel } from "../evaluate/trained-model.ts";
import { createCheckpointSchedule } from "../run/checkpoint-schedule.ts";
import { createRecorder } from "../run/recorder.ts";
import type { RunControl } from "../run/run-control.ts";
import { type Assistants, shareTrainings } from "./shared-trainings.ts";
import type { TrialOutcome } from "./train-many.ts";

type Described = ReturnType<typeof trainedModel>;

type EndedTrial = Exclude<TrialOutcome, { state: "cancelled" }>;

/** What is kept of a training that ended or diverged. */
export interface CountedTraining {
  /** The losses of the epoch of its weights; NaN if it diverged. */
  readonly losses: ReadonlyMap<Series, number>;
  /** Its numbers for the answer, the same count each time; null if it diverged. */
  readonly numbers: Float32Array | null;
  /** The full outcome of the first training, whose model the job leaves; null for others. */
  readonly first: EndedTrial | null;
  readonly ms: number;
}

/** What is kept of a training, by its number; `numbersOf` returns the numbers of a finished one. */
export function countedTraining(
  number: number,
  outcome: EndedTrial,
  begun: number,
  numbersOf: (weights: TensorSet) => Float32Array,
): CountedTraining {
  const isTrained = outcome.state === "succeeded";
  const lossIn = (column: ArrayLike<number>) => (isTrained ? (column[outcome.bestEpoch - 1] ?? Number.NaN) : Number.NaN);
  return {
    losses: new Map([...outcome.curve].map(([name, column]) => [name, lossIn(column)])),
    numbers: isTrained ? numbersOf(outcome.weights) : null,
    first: number === 0 ? outcome : null,
    ms: performance.now() - begun,
  };
}

/** What a job trains, and what it answers. */
export interface JobOfTrainings {
  /** Of one training. */
  readonly spec: NetworkSpec;
  /** Of the first training, whose model the job leaves. */
  readonly data: JobData;
  readonly trainings: number;
  /** Runs the training of a number, counted from 0; null if `ended`, which is called every few milliseconds, returns true. */
  train(number: number, ended: () => boolean): CountedTraining | null;
  /** Describes the weights of the first training as a model. */
  describe(weights: TensorSet): Described;
  /**
   * Makes the answer from the numbers of all trainings, [trainings, numbers of one]: NaN for one that diverged; the evaluation is the
   * model's.
   */
  answer(
    model: Described,
    numbers: Float32Array,
    evaluation: Evaluation,
  ): { readonly reason: string; readonly evaluation: Partial<Evaluation> };
}

/** From this much remaining work on, another thread is worthwhile: starting one takes a third of it. */
const MIN_SHARED_MS = 300;
/**
 * Trainings that another thread has at a time: several short ones, so that it need not wait for this thread between two calls of a
 * training. Only one long one: others could be trained here meanwhile, and its core may be wanted back.
 */
const SHORT_MS = 50;
const SHORT_AHEAD = 3;

/** Runs the job to its end, from its start or from a checkpoint. Throws only on bugs. */
export function runTrainings(run: TrainingRun, control: RunControl, job: JobOfTrainings): TrainingResult {
  const { max_seconds } = run.job.spec;
  const found = createFindings(run, job, control);
  const ended = () => control.cancelled() || control.stopping() !== null || found.seconds() > max_seconds;
  const [first, last] = [found.done(), job.trainings - 1];
  let slowest = 0;
  const shared = shareTrainings<CountedTraining>(
    {
      ...{ first, last, ahead: () => (slowest < SHORT_MS ? SHORT_AHEAD : 1) },
      assistants: (control.assistants?.(run) ?? null) as Assistants<CountedTraining> | null,
      most: () => ((last - found.done()) * slowest > MIN_SHARED_MS ? Math.max(0, (control.cores?.() ?? 1) - 1) : 0),
    },
    (number) =>
      job.train(number, () => {
        shared.poll();
        return ended();
      }),
    ended,
  );
  try {
    for (let number = first; number <= last; number++) {
      const training = ended() ? null : shared.take(number);
      if (!training) return found.interrupted();
      slowest = Math.max(slowest, training.ms);
      const fault = found.add(training);
      if (fault) return fault;
    }
  } finally {
    shared.close();
  }
  return found.finished();
}

/** The state so far: the weights of the first training, and the numbers of all. */
function createFindings(
  { job, checkpoint }: TrainingRun,
  { spec, data, trainings, describe, answer }: JobOfTrainings,
  control: RunControl,
) {
  const { max_seconds } = job.spec;
  const start = checkpoint && decodeState(checkpoint);
  const begun = performance.now();
  const seconds = () => (start?.seconds ?? 0) + (performance.now() - begun) / 1000;
  let weights: TensorSet | null = start?.weights ?? null;
  let numbers = start?.numbers ?? new Float32Array(0);
  let done = start?.epoch ?? 0;
  let saved = done;
  const recorder = createRecorder(
    data.validation ? ["loss", "val_loss", "epoch_ms"] : ["loss", "epoch_ms"],
    data.validation ? "val_loss" : "loss",
    job.epochsDone,
    control.report,
    { epoch: done, metrics: start?.metrics ?? null, kept: start?.kept ?? null },
  );
  const schedule = createCheckpointSchedule(job.spec.checkpoint, control.storing);
  const describeAll = (all: TensorSet) => decidedModel(describe(all), spec, all, data);

  const save = (reason: CheckpointReason): void => {
    if (!weights) return;
    recorder.flush(true);
    const { kept } = recorder;
    const tensors = appendTensors(weights, [{ name: NUMBERS, shape: [numbers.length], values: numbers }]);
    const progress = encodeState({ metrics: recorder.metrics(), kept, seconds: seconds() });
    const model = describeAll(weights);
    control.save({ epoch: done, step: 0, tensors, progress, reason, isBest: false, model });
    schedule.written();
    saved = done;
  };

  const failed = (error: JobError): TrainingResult => {
    recorder.flush(true);
    return { state: "failed", metrics: recorder.metrics(), error };
  };

  return {
    seconds,
    done: () => done,
    /**
     * Takes the next training, reports it as an epoch, and writes a checkpoint if one is due. Returns the error of the first one if it
     * failed.
     */
    add({ losses, numbers: given, first, ms }: CountedTraining): TrainingResult | null {
      if (first?.state === "failed") return failed(first.error);
      weights ??= first?.weights ?? null;
      const own = given ?? new Float32Array(numbers.length / trainings).fill(Number.NaN);
      if (done === 0) numbers = new Float32Array(trainings * own.length);
      numbers.set(own, done * own.length);
      done++;
      recorder.record(new Map([...losses].map(([name, loss]) => [name, Float64Array.of(loss)])), 1, ms);
      if (done === 1) recorder.keep();
      recorder.flush(false);
      if (done === trainings) return null;
      if (schedule.isDueAt(done)) {
        control.settle();
        save("interval");
      } else if (schedule.isDue()) save("interval");
      return null;
    },
    /** The result of a job that was cancelled or stopped, or took too long. */
    interrupted(): TrainingResult {
      const reason = control.stopping();
      if (control.cancelled()) return { state: "cancelled", metrics: recorder.metrics() };
      if (reason) {
        if (done > saved) save(reason);
        return { state: "stopped", metrics: recorder.metrics() };
      }
      const detail = `training took longer than max_seconds, ${max_seconds}`;
      return failed({ code: "timeout", detail, epoch: done + 1 });
    },
    /** The result of a job after its last training. */
    finished(): TrainingResult {
      recorder.flush(true);
      const trained = weights as TensorSet;
      const described = describeAll(trained);
      const { evaluation, score, conformal } = evaluateModel(described, trained, data, spec.seed);
      if (control.cancelled()) return { state: "cancelled", metrics: recorder.metrics() };
      const answered = answer(described, numbers, evaluation);
      return {
        state: "succeeded",
        metrics: recorder.finished() as JobMetrics,
        reason: answered.reason,
        model: { ...described, score, ...(conformal && { conformal }) },
        weights: trained,
        evaluation: { ...evaluation, ...answered.evaluation },
      };
    },
  };
}

const NUMBERS = "trainings/numbers";
/** The name of this field in builds before learning curves, in jobs that find the rows behind a prediction. */
const EARLIER = "influence/outputs";

/** The text part of a checkpoint. */
interface Progress {
  readonly engine: string;
  readonly metrics: JobMetrics | null;
  readonly kept: NumberedEpoch | null;
  readonly seconds: number;
}

const encodeState = (progress: Omit<Progress, "engine">): string =>
  JSON.stringify({ engine: ENGINE_VERSION, ...progress } satisfies Progress);

/**
 * Restores the state of a checkpoint. Null if another version of the engine wrote it, whose trainings would not have the same bits: then
 * all are repeated.
 */
function decodeState({ epoch, progress, tensors }: CheckpointState) {
  const { engine, ...rest } = JSON.parse(progress) as Progress;
  const unpacked = unpackTensors(tensors);
  const found = (unpacked.get(NUMBERS) ?? unpacked.get(EARLIER)) as Float32Array<ArrayBuffer> | undefined;
  if (engine !== ENGINE_VERSION || !found) return null;
  const numbers = found.slice();
  const entries = tensors.entries.filter(({ name }) => name !== NUMBERS && name !== EARLIER);
  const weights: TensorSet = { entries, data: tensors.data.slice(0, tensors.data.length - numbers.length) };
  return { epoch, numbers, weights, ...rest };
}
