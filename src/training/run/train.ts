/**
 * Trains a prepared job, from its rows to its result. Blocks its thread until the job is done, cancelled, stopped, out of time
 * or diverged.
 */
import type { JobError, JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { isSearch, type NetworkSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { compile, type Executable } from "../../engine/index.ts";
import { loadData } from "../data/data.ts";
import { explainDivergence } from "../diagnose/explain-divergence.ts";
import { evaluateModel } from "../evaluate/evaluate-model.ts";
import { decidedModel, trainedModel } from "../evaluate/trained-model.ts";
import { createLastGood } from "../replay/last-good.ts";
import { keptPlan, type TrainingPlan } from "./build.ts";
import { decodeProgress, type TrainingProgress, writeTensors } from "./checkpoint.ts";
import { computedSeries } from "./epoch.ts";
import { DIVERGED_CURE, divergedWeights, type End, runEpochs } from "./epoch-loop.ts";
import { writeInputs, writeStart } from "./initial-memory.ts";
import { createRecorder } from "./recorder.ts";
import type { RunControl } from "./run-control.ts";
import { sizesOf } from "./sizes.ts";

/** Time of a run, and training rows, whose evaluation takes a few milliseconds: the last epochs wait that long for the result. */
const SHORT_MS = 25;
const FEW_ROWS = 2000;

/** Trains a job to its end, from its start or from a checkpoint. Reports every epoch, even one that diverges. Throws only on bugs. */
export function train(run: TrainingRun, control: RunControl): TrainingResult {
  const startedAt = performance.now();
  const { classes, epochsDone } = run.job;
  const spec = networkSpec(run);
  const data = loadData(run);
  const plan = keptPlan(spec, sizesOf(data, classes.length));
  const executable = compile(plan.programs, {
    maxSteps: plan.maxSteps,
    maxMemoryBytes: 2 ** 32 - 2 ** 16,
    shared: control.share !== undefined,
  });
  writeInputs(executable, plan, spec, data);
  const { start, epoch, bestWeights } = goOn(run, executable, plan);
  const monitor = data.validation ? "val_loss" : "loss";
  const recorder = createRecorder(
    [...computedSeries(spec, data.validation !== null), "epoch_ms"],
    monitor,
    epochsDone,
    (chunk) => control.report(withSteps(chunk, plan)),
    { epoch, metrics: start?.metrics ?? null, kept: start && bestWeights && keptBy(start) },
  );
  const describe = (tensors: TensorSet) => trainedModel({ ...run.job, spec }, plan.network, data, tensors);
  const lastGood = createLastGood();
  const { team } = executable;
  if (team) control.share?.(team.invitation);
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
    lastGood,
    describe,
  });
  const cause = faultOf(end, recorder.epoch);
  const isShort = data.train.rows <= FEW_ROWS && performance.now() - startedAt < SHORT_MS;
  const keepsLast = control.takesLast === true && end.kind === "finished" && !cause && isShort;
  if (!keepsLast) recorder.flush(true);
  const metrics = recorder.metrics();
  const explained =
    cause?.code === "diverged" && lastGood.state
      ? explainDivergence(cause, DIVERGED_CURE, {
          ...{ spec, plan, executable, data, classes: classes.length, good: lastGood.state },
          rowNumbers: data.parts.train,
          start: () => writeStart(executable, plan, spec, run.payload),
          cancelled: () => control.cancelled() || control.stopping() !== null,
          fault: (error) => control.fault?.(error),
        })
      : cause;
  team?.dismiss();
  if (explained) return { state: "failed", metrics, error: explained };
  if (end.kind === "failed") return { state: "failed", metrics, error: end.error };
  if (end.kind !== "finished") return { state: end.kind, metrics };
  const { reason, weights } = end;
  executable.release();
  const described = decidedModel(describe(weights), spec, weights, data);
  const { evaluation, score, conformal } = evaluateModel(described, weights, data, spec.seed, team ? control.share : undefined);
  if (control.cancelled()) {
    recorder.flush(true);
    return { state: "cancelled", metrics };
  }
  const last = recorder.take();
  const model = { ...described, score, ...(conformal && { conformal }) };
  return {
    ...{ state: "succeeded", metrics: recorder.finished() as JobMetrics, reason, model, weights, evaluation },
    ...(last && { last: withSteps(last, plan) }),
  };
}

/** The error of a run that failed, or ended with weights that are not finite; null for any other. */
function faultOf(end: End, epoch: number): JobError | null {
  if (end.kind === "failed") return end.error;
  return end.kind === "finished" && !end.weights.data.every(Number.isFinite) ? divergedWeights(epoch) : null;
}

/** The spec of a job whose network is given. Throws an Error for a search, which training/auto runs. */
function networkSpec({ job }: Pick<TrainingRun, "job">): NetworkSpec {
  if (isSearch(job.spec)) throw new Error("a search is not one training");
  return job.spec as NetworkSpec;
}

/** Returns the epoch whose weights a checkpoint keeps as the best. If it was not recorded, early stopping has at least its number. */
function keptBy({ kept, metrics, stopping }: TrainingProgress): NumberedEpoch | null {
  if (kept !== undefined) return kept;
  const epoch = stopping?.bestEpoch ?? 0;
  if (epoch === 0) return null;
  return metrics?.best.epoch === epoch ? metrics.best : { epoch };
}

/** Adds to a chunk the number of its optimiser steps. */
function withSteps(chunk: MetricChunk, { stepsPerEpoch }: TrainingPlan): MetricChunk {
  return { ...chunk, steps: (chunk.to - chunk.from + 1) * stepsPerEpoch };
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
