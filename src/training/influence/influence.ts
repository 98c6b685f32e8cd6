/**
 * Runs a job that asks which rows made a prediction: trains its network on all rows, and then once for each row that is left out, whose
 * weight is 0, and predicts the rows in question each time. An epoch of the job is a training. A function of spec, rows and seed.
 */

import { type Influence, type InfluenceOptions, listedChanges } from "../../domain/explanations/influence.ts";
import type { CheckpointReason, CheckpointState } from "../../domain/jobs/checkpoint.ts";
import type { JobError, JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { type NetworkSpec, type ResolvedSpec, trainedSpec } from "../../domain/spec/spec.ts";
import { appendTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { ENGINE_VERSION } from "../../engine/index.ts";
import { type JobData, loadData } from "../data/data.ts";
import type { Table } from "../data/table.ts";
import { evaluateModel } from "../evaluate/evaluate-model.ts";
import { decidedModel, trainedModel } from "../evaluate/trained-model.ts";
import { initialTensors } from "../many/initial-tensors.ts";
import { type TrialOutcome, trainTrial } from "../many/train-many.ts";
import { planTrials } from "../many/trial-plan.ts";
import { createInference, type Inference, SMALL_BLOCK } from "../predict/inference.ts";
import { createCheckpointSchedule } from "../run/checkpoint-schedule.ts";
import { createRecorder } from "../run/recorder.ts";
import type { RunControl } from "../run/run-control.ts";
import { sizesOf } from "../run/sizes.ts";
import { followedOf, readAsked } from "./asked-rows.ts";
import { chosenRows, countedRows, createLeftOutWeights, givenWeights } from "./left-out-rows.ts";

/** The run of a job that asks which rows made a prediction. */
export type InfluenceRun = TrainingRun & { readonly job: { readonly spec: InfluenceSpec } };
type InfluenceSpec = ResolvedSpec & { readonly influence: InfluenceOptions };

/** Whether a job asks which rows made a prediction. */
export const asksInfluence = (spec: ResolvedSpec): spec is InfluenceSpec => spec.influence !== undefined;

/** The trainings of a job, in which one row has weight 0. */
export interface Retraining {
  readonly spec: NetworkSpec;
  readonly data: JobData;
  /** Trains without a row, by its number in the data, or with all where it is null. `ended` is asked every few milliseconds. */
  train(row: number | null, ended?: () => boolean): TrialOutcome;
  /** Describes the weights of a training as a model. */
  describe(weights: TensorSet): ReturnType<typeof trainedModel>;
}

/**
 * Compiles the trainings of a job once for all rows. Its network is given: searches are refused before.
 *
 * @internal Exported for tests.
 */
export function createRetraining(run: TrainingRun): Retraining {
  const { classes, parameters } = run.job;
  const spec = trainedSpec(run.job.spec) as NetworkSpec;
  const given = loadData(run);
  const weigh = createLeftOutWeights(given.parts.train, givenWeights(spec, run.dataset));
  const weighted = (part: Table | null) => part && { ...part, weights: part.weights ?? new Float32Array(part.rows).fill(1) };
  const data = { ...given, train: { ...given.train, weights: weigh(null) }, validation: weighted(given.validation) };
  const plan = planTrials(spec, sizesOf(data, classes.length));
  const initial = initialTensors({ spec, payload: run.payload });
  const series: readonly Series[] = data.validation ? ["loss", "val_loss"] : ["loss"];
  const { network } = plan.stepsFor(spec.optimizer).steps.plan;
  return {
    spec,
    data: given,
    train: (row, ended) =>
      trainTrial(
        plan,
        { seed: spec.seed, train: { ...data.train, weights: weigh(row) }, validation: data.validation, series, initial },
        ended,
      ),
    describe: (weights) => trainedModel({ spec, classes, parameters }, network, data, weights),
  };
}

/** Runs the job to its end, from its start or from a checkpoint. Throws only on bugs. */
export function influence(run: InfluenceRun, control: RunControl): TrainingResult {
  const { spec } = run.job;
  const retraining = createRetraining(run);
  const { data } = retraining;
  const rows = chosenRows(countedRows(data.parts.train, givenWeights(spec, run.dataset)), spec.influence.rows);
  const found = createFindings(run, retraining, control, rows.length + 1);
  const ended = () => control.cancelled() || control.stopping() !== null || found.seconds() > spec.max_seconds;
  for (let number = found.done(); number <= rows.length; number++) {
    if (ended()) return found.interrupted();
    const begun = performance.now();
    const outcome = retraining.train(number === 0 ? null : (rows[number - 1] as number), ended);
    if (outcome.state === "cancelled") return found.interrupted();
    const fault = found.add(outcome, performance.now() - begun);
    if (fault) return fault;
  }
  return found.finished(rows);
}

/** What is known so far: the weights of the training with all rows, and what each training predicts. */
function createFindings(run: InfluenceRun, { spec, data, describe }: Retraining, control: RunControl, trainings: number) {
  const { job, checkpoint } = run;
  const asked = job.spec.influence;
  const start = checkpoint && decodeState(checkpoint);
  const begun = performance.now();
  const seconds = () => (start?.seconds ?? 0) + (performance.now() - begun) / 1000;
  let weights: TensorSet | null = start?.weights ?? null;
  let inference: { readonly network: Inference; readonly features: Float32Array } | null = null;
  let outputs = start?.outputs ?? new Float32Array(0);
  let done = start?.epoch ?? 0;
  let saved = done;
  const recorder = createRecorder(
    data.validation ? ["loss", "val_loss", "epoch_ms"] : ["loss", "epoch_ms"],
    data.validation ? "val_loss" : "loss",
    job.epochsDone,
    control.report,
    { epoch: done, metrics: start?.metrics ?? null, kept: start?.kept ?? null },
  );
  const schedule = createCheckpointSchedule(spec.checkpoint, control.storing);
  const describeAll = (all: TensorSet) => decidedModel(describe(all), spec, all, data);

  const save = (reason: CheckpointReason): void => {
    if (!weights) return;
    recorder.flush(true);
    const { kept } = recorder;
    const tensors = appendTensors(weights, [{ name: OUTPUTS, shape: [outputs.length], values: outputs }]);
    const progress = encodeState({ metrics: recorder.metrics(), kept, seconds: seconds() });
    const model = describeAll(weights);
    control.save({ epoch: done, step: 0, tensors, progress, reason, isBest: false, model });
    schedule.written();
    saved = done;
  };

  const predict = (trained: TensorSet): Float32Array => {
    if (!inference) {
      const model = describe(trained);
      inference = { network: createInference(model, trained, [SMALL_BLOCK]), features: readAsked(model, asked).features };
    }
    const { network, features } = inference;
    network.load(trained);
    return network.outputs(features, asked.instances.length);
  };

  const failed = (error: JobError): TrainingResult => {
    recorder.flush(true);
    return { state: "failed", metrics: recorder.metrics(), error };
  };

  return {
    seconds,
    done: () => done,
    /** Takes the next training, reports it as an epoch, and writes a checkpoint where one is due. Returns the failure of one with all rows. */
    add(outcome: Exclude<TrialOutcome, { state: "cancelled" }>, ms: number): TrainingResult | null {
      const isTrained = outcome.state === "succeeded";
      if (done === 0 && !isTrained) return failed(outcome.error);
      weights ??= isTrained ? outcome.weights : null;
      const own = isTrained ? predict(outcome.weights) : new Float32Array(outputs.length / trainings).fill(Number.NaN);
      if (done === 0) outputs = new Float32Array(trainings * own.length);
      outputs.set(own, done * own.length);
      done++;
      const lossAt = (column: ArrayLike<number>) =>
        Float64Array.of(isTrained ? (column[outcome.bestEpoch - 1] ?? Number.NaN) : Number.NaN);
      recorder.record(new Map([...outcome.curve].map(([name, column]) => [name, lossAt(column)])), 1, ms);
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
      const detail = `training took longer than max_seconds, ${spec.max_seconds}`;
      return failed({ code: "timeout", detail, epoch: done + 1 });
    },
    /** The result of a job that has trained without each of `rows`. */
    finished(rows: readonly number[]): TrainingResult {
      recorder.flush(true);
      const trained = weights as TensorSet;
      const described = describeAll(trained);
      const { evaluation, score, conformal } = evaluateModel(described, trained, data, spec.seed);
      if (control.cancelled()) return { state: "cancelled", metrics: recorder.metrics() };
      const width = outputs.length / trainings;
      const followed = followedOf(described, asked, outputs.subarray(0, width));
      const answer: Influence = {
        model: asked.model,
        agrees: described.sha256 === asked.sha256,
        training_rows: data.train.rows,
        rows: [...rows],
        predictions: followed.map(({ changes, ...prediction }) => ({
          ...prediction,
          ...listedChanges(rows, changes(outputs.subarray(width))),
        })),
      };
      return {
        state: "succeeded",
        metrics: recorder.finished() as JobMetrics,
        reason: `trained on all rows, and ${rows.length} times with one of them at weight 0`,
        model: { ...described, score, ...(conformal && { conformal }) },
        weights: trained,
        evaluation: { ...evaluation, influence: answer },
      };
    },
  };
}

const OUTPUTS = "influence/outputs";

/** The part of a checkpoint that is text. */
interface Progress {
  readonly engine: string;
  readonly metrics: JobMetrics | null;
  readonly kept: NumberedEpoch | null;
  readonly seconds: number;
}

const encodeState = (progress: Omit<Progress, "engine">): string =>
  JSON.stringify({ engine: ENGINE_VERSION, ...progress } satisfies Progress);

/** Restores the findings of a checkpoint. Null if another version of the engine wrote it: its trainings would not have the same bits. */
function decodeState({ epoch, progress, tensors }: CheckpointState) {
  const { engine, ...rest } = JSON.parse(progress) as Progress;
  if (engine !== ENGINE_VERSION) return null;
  const outputs = (unpackTensors(tensors).get(OUTPUTS) as Float32Array).slice();
  const entries = tensors.entries.filter(({ name }) => name !== OUTPUTS);
  const weights: TensorSet = { entries, data: tensors.data.slice(0, tensors.data.length - outputs.length) };
  return { epoch, outputs, weights, ...rest };
}
