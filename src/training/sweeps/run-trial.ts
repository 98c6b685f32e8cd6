/**
 * Trains the trials of a sweep one after the other: each as a job without its evaluation, once for each fold, to the bits of that
 * job. A trial that is to go on stops at its rung, and its state leads to the bits of a training that never stopped.
 */
import { createHash } from "node:crypto";
import type { CheckpointState } from "../../domain/jobs/checkpoint.ts";
import type { MetricChunk, Series } from "../../domain/metrics/metric.ts";
import type { PlannedTrial, Trial, TrialCurve } from "../../domain/sweeps/trial.ts";
import type { FoldState } from "../../domain/sweeps/trial-run.ts";
import type { Parts } from "../data/split.ts";
import { decodeProgress, writeTensors } from "../run/checkpoint.ts";
import { computedSeries } from "../run/epoch.ts";
import { DIVERGED_CURE, runEpochs } from "../run/epoch-loop.ts";
import { writeStart } from "../run/initial-memory.ts";
import { createRecorder } from "../run/recorder.ts";
import { createCurve, meanCurve } from "./curve.ts";
import { createTrialParts, type PreparedJob } from "./trial-parts.ts";
import type { OpenSweep } from "./trial-source.ts";

/** A trial's row; and the state of each fold, where the trial is to go on. */
export interface TrialOutcome {
  readonly trial: Trial;
  readonly states: readonly FoldState[] | null;
}

export interface TrialTrainer {
  /**
   * Trains a trial up to its rung or its end. `states` are those of its last rung, if they are known; otherwise it begins anew, to
   * the same bits. Returns null when cancelled.
   */
  run(planned: PlannedTrial, generation: number, states: readonly FoldState[] | null): TrialOutcome | null;
}

/** Longer than any training: no checkpoint is due by the clock. */
const NEVER_SECONDS = 1e9;

interface Done {
  readonly kind: "done";
  readonly value: number;
  readonly epochs: number;
  readonly curve: TrialCurve;
  readonly weights: Float32Array;
  readonly state: FoldState | null;
}

/** What came of one training. */
type Training =
  | Done
  | { readonly kind: "failed"; readonly reason: string; readonly epochs: number; readonly curve: TrialCurve }
  | null;

/** Creates the trainer of a sweep. `cancelled` is called every few milliseconds. */
export function createTrialTrainer(sweep: OpenSweep, cancelled: () => boolean): TrialTrainer {
  const shared = createTrialParts(sweep);
  const metric = sweep.spec.objective.metric as Series;

  function trainFold(
    job: PreparedJob,
    parts: Parts | null,
    fold: number,
    until: number | null,
    from: FoldState | null,
  ): Training {
    const { plan, executable, data } = shared.open(job, parts, fold);
    const isRung = until !== null && until < job.spec.epochs;
    // The call into the engine that reaches the rung ends there, with a checkpoint.
    const least = isRung ? { every_epochs: until, min_seconds: 0 } : { every_epochs: null, min_seconds: NEVER_SECONDS };
    const spec = { ...job.spec, checkpoint: { ...least, every_seconds: NEVER_SECONDS, keep: 1 } };
    const start = from && decodeProgress(from.progress);
    const bestWeights = from && start ? writeTensors(executable, plan, from) : null;
    if (!start) writeStart(executable, plan, spec, job.payload);
    const done = from && start ? from.epoch : 0;
    const monitor = data.validation ? "val_loss" : "loss";
    const curve = createCurve(spec.epochs, from && start ? from.curve : null);
    const recorder = createRecorder(
      [...computedSeries(spec, data.validation !== null), "epoch_ms"],
      monitor,
      done,
      ({ from: first, series }: MetricChunk) => curve.add(first, series[metric] as Float64Array),
      { epoch: done, metrics: start?.metrics ?? null, kept: start?.kept ?? null },
    );
    let state: CheckpointState | null = null;
    const control = {
      cancelled,
      stopping: () => (isRung && state !== null && recorder.epoch === until ? ("stop" as const) : null),
      report: () => undefined,
      save: (checkpoint: CheckpointState) => {
        if (isRung && checkpoint.epoch === until) state = checkpoint;
      },
      // While one is being stored, no checkpoint of a best epoch is due, which nobody asks for here.
      storing: () => true,
      settle: () => undefined,
    };
    // Nobody asks for the model of a checkpoint.
    const describe = () => null as never;
    const classes = job.classes.length;
    const end = runEpochs({ spec, plan, executable, data, classes, control, recorder, monitor, start, bestWeights, describe });
    recorder.flush(true);
    if (end.kind === "cancelled") return null;
    const epochs = recorder.epoch;
    const failed = (reason: string): Training => ({ kind: "failed", reason, epochs, curve: curve.points() });
    if (end.kind === "failed") return failed(end.error.detail);
    const value = recorder.finished()?.best[metric] ?? Number.NaN;
    if (!Number.isFinite(value)) return failed(`${metric} is ${value}: ${DIVERGED_CURE}`);
    if (end.kind === "stopped") {
      const { epoch, step, tensors, progress } = state as unknown as CheckpointState;
      const points = curve.points();
      const own = { epoch, step, tensors, progress, curve: points };
      return { kind: "done", value, epochs, curve: points, weights: new Float32Array(0), state: own };
    }
    const weights = end.weights.data;
    if (!weights.every(Number.isFinite)) return failed(`the last update left weights that are not finite: ${DIVERGED_CURE}`);
    return { kind: "done", value, epochs, curve: curve.points(), weights, state: null };
  }

  return {
    run(planned, generation, states) {
      const startedAt = performance.now();
      const { number, parameters, untilEpoch } = planned;
      const secondsSince = () => Math.round(performance.now() - startedAt) / 1000;
      const failed = (reason: string, epochs: number, curve: TrialCurve | null): TrialOutcome => {
        const none = { value: null, fold_values: null, sha256: null };
        const trial = { number, generation, parameters, state: "failed" as const, reason: reason.slice(0, MAX_REASON) };
        return { trial: { ...trial, ...none, epochs, seconds: secondsSince(), curve }, states: null };
      };
      const prepared = shared.prepare(parameters);
      if (!prepared.ok)
        return failed(prepared.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join("; "), 0, null);
      const { job } = prepared;
      const done: Done[] = [];
      for (const [fold, parts] of shared.foldsOf(job).entries()) {
        const training = trainFold(job, parts, fold, untilEpoch, states?.[fold] ?? null);
        if (training === null) return null;
        if (training.kind === "failed") return failed(training.reason, training.epochs, training.curve);
        done.push(training);
      }
      const values = done.map(({ value }) => value);
      // One that stopped early is compared at this rung all the same.
      const isRung = untilEpoch !== null && untilEpoch < job.spec.epochs;
      const trial: Trial = {
        number,
        generation,
        parameters,
        state: isRung ? "running" : "succeeded",
        reason: null,
        value: values.reduce((sum, value) => sum + value, 0) / values.length,
        fold_values: sweep.spec.folds ? values : null,
        epochs: Math.max(...done.map(({ epochs }) => epochs)),
        seconds: secondsSince(),
        sha256: isRung ? null : sha256OfAll(done.map(({ weights }) => weights)),
        curve: meanCurve(done.map(({ curve }) => curve)),
      };
      const reached = done.flatMap(({ state }) => state ?? []);
      // With a fold that stopped early, which has nothing to go on from, the trial is trained again.
      return { trial, states: isRung && reached.length === done.length ? reached : null };
    },
  };
}

const MAX_REASON = 500;

/** SHA-256 of the weights of all folds, in order, as float32. */
function sha256OfAll(weights: readonly Float32Array[]): string {
  const hash = createHash("sha256");
  for (const { buffer, byteOffset, byteLength } of weights) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest("hex");
}
