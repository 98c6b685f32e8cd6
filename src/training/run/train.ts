/**
 * Trains a prepared job, from its rows to its result. Blocks its thread until the job is done, cancelled, stopped, out of time
 * or diverged.
 */
import type { JobError, JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
import type { TrainedModel, TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { elementCount, type TensorSet } from "../../domain/tensor.ts";
import { compile, type Executable } from "../../engine/index.ts";
import { countClasses } from "../data/class-weights.ts";
import { type JobData, loadData } from "../data/data.ts";
import { evaluateModel } from "../evaluate/evaluate-model.ts";
import { sha256Of } from "../prepare/digest.ts";
import { receiptOf } from "../prepare/receipt.ts";
import { planTraining, type TrainingPlan } from "./build.ts";
import { decodeProgress, type TrainingProgress, writeTensors } from "./checkpoint.ts";
import { computedSeries } from "./epoch.ts";
import { DIVERGED_CURE, runEpochs } from "./epoch-loop.ts";
import { writeInputs, writeStart } from "./initial-memory.ts";
import { embeddingsOf, LOSS_ACTIVATION } from "./network.ts";
import { createRecorder } from "./recorder.ts";
import type { RunControl } from "./run-control.ts";

/** Trains a job to its end, from its start or from a checkpoint. Reports every epoch, even one that diverges. Throws only on bugs. */
export function train(run: TrainingRun, control: RunControl): TrainingResult {
  const { spec, classes, epochsDone } = run.job;
  const data = loadData(run);
  const plan = planTraining(spec, sizesOf(data, classes.length));
  const executable = compile(plan.programs, { maxSteps: plan.maxSteps, maxMemoryBytes: 2 ** 32 - 2 ** 16 });
  writeInputs(executable, plan, spec, data);
  const { start, epoch, bestWeights } = goOn(run, executable, plan);
  const monitor = data.validation ? "val_loss" : "loss";
  const recorder = createRecorder(
    [...computedSeries(spec, data.validation !== null), "epoch_ms"],
    monitor,
    epochsDone,
    reportWithSteps(control, plan.stepsPerEpoch),
    { epoch, metrics: start?.metrics ?? null, kept: start && bestWeights && keptBy(start) },
  );
  const describe = (tensors: TensorSet) => modelOf(run, plan, data, tensors);
  const end = runEpochs({
    spec,
    plan,
    executable,
    data,
    classes: classes.length,
    control,
    recorder,
    monitor,
    start,
    bestWeights,
    describe,
  });
  recorder.flush(true);
  const metrics = recorder.metrics();
  if (end.kind === "failed") return { state: "failed", metrics, error: end.error };
  if (end.kind !== "finished") return { state: end.kind, metrics };
  const { reason, weights } = end;
  if (!weights.data.every(Number.isFinite)) {
    const error: JobError = {
      code: "diverged",
      detail: `the last update left weights that are not finite: ${DIVERGED_CURE}`,
      epoch: recorder.epoch,
    };
    return { state: "failed", metrics, error };
  }
  const described = modelOf(run, plan, data, weights);
  const { evaluation, score } = evaluateModel(described, weights, data, spec.seed);
  if (control.cancelled()) return { state: "cancelled", metrics };
  const model = { ...described, score };
  return { state: "succeeded", metrics: recorder.finished() as JobMetrics, reason, model, weights, evaluation };
}

/** Returns the epoch whose weights a checkpoint keeps as the best. If it was not recorded, early stopping has at least its number. */
function keptBy({ kept, metrics, stopping }: TrainingProgress): NumberedEpoch | null {
  if (kept !== undefined) return kept;
  const epoch = stopping?.bestEpoch ?? 0;
  if (epoch === 0) return null;
  return metrics?.best.epoch === epoch ? metrics.best : { epoch };
}

/** Adds to each chunk the number of its optimiser steps. */
function reportWithSteps(control: RunControl, stepsPerEpoch: number): RunControl["report"] {
  return (chunk) => control.report({ ...chunk, steps: (chunk.to - chunk.from + 1) * stepsPerEpoch });
}

interface Start {
  /** Null if the run starts at the beginning. */
  readonly start: TrainingProgress | null;
  /** Number of completed epochs. */
  readonly epoch: number;
  readonly bestWeights: TensorSet | null;
}

/** Restores the run's checkpoint, or writes the initial tensors if there is none that this engine can resume. */
function goOn({ job, payload, checkpoint }: TrainingRun, executable: Executable, plan: TrainingPlan): Start {
  const start = checkpoint && decodeProgress(checkpoint.progress);
  if (!start) {
    writeStart(executable, plan, job.spec, payload);
    return { start: null, epoch: 0, bestWeights: null };
  }
  return { start, epoch: checkpoint.epoch, bestWeights: writeTensors(executable, plan, checkpoint) };
}

function sizesOf({ train, validation, preprocessing }: JobData, classes: number) {
  const { rows, featureWidth, targetWidth } = train;
  const embeddings = embeddingsOf(preprocessing?.columns ?? []);
  const targetScalings = (preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  const classCounts = countClasses(classes > 0 ? train.targets : [], classes);
  const weighted = train.weights !== null;
  return {
    rows,
    validationRows: validation?.rows ?? 0,
    featureWidth,
    targetWidth,
    embeddings,
    targetScalings,
    classCounts,
    weighted,
  };
}

/** Describes the model whose weights are the first of the tensors. */
function modelOf(
  { job }: TrainingRun,
  plan: TrainingPlan,
  { train, preprocessing }: JobData,
  { entries, data }: TensorSet,
): Omit<TrainedModel, "score"> {
  const { spec } = job;
  const weights = entries.slice(0, plan.network.tensors.length);
  const count = weights.reduce((total, { shape }) => total + elementCount(shape), 0);
  return {
    task: spec.task,
    preprocessing,
    inputWidth: train.featureWidth,
    outputWidth: plan.network.outputShape.at(-1) as number,
    classes: job.classes,
    layers: spec.model.layers,
    activation: LOSS_ACTIVATION[spec.loss.type],
    parameters: job.parameters,
    weights,
    sha256: sha256Of(data.subarray(0, count)),
    receipt: receiptOf(spec),
  };
}
