/**
 * Training: the loop over epochs of a job that was prepared. Blocks its thread until the job is done, cancelled, out of
 * time or diverged. What it computes depends on the spec, the rows and the seed alone: never on the clock, nor on how epochs
 * are grouped into calls.
 */
import type { JobError, JobMetrics } from "../domain/job.ts";
import type { MetricSlice, Series } from "../domain/metric.ts";
import type { TrainedModel, TrainingResult, TrainingRun } from "../domain/ports.ts";
import type { ResolvedSpec } from "../domain/spec.ts";
import { elementCount, packTensors, type TensorSet, unpackTensors } from "../domain/tensor.ts";
import { compile, createRandom, createSchedule, type Executable, type Schedule, streamKey } from "../engine/index.ts";
import { countClasses } from "./balance.ts";
import { planTraining, STATES, type TrainingPlan } from "./build.ts";
import { type JobData, loadData } from "./data.ts";
import { sha256Of } from "./digest.ts";
import { createEarlyStopping, type EarlyStopping } from "./early-stopping.ts";
import type { EpochOptions, EpochRunner } from "./epoch.ts";
import { evaluateModel } from "./evaluate-model.ts";
import { createFullBatchRunner } from "./full-batch.ts";
import { createMiniBatchRunner } from "./mini-batch.ts";
import { embeddingsOf, LOSS_ACTIVATION } from "./network.ts";
import { receiptOf } from "./receipt.ts";
import { createRecorder, type EpochValues, type Recorder } from "./recorder.ts";
import { PAYLOAD } from "./source.ts";

export interface TrainingControl {
  /** Asked between calls into the engine, every few milliseconds. */
  cancelled(): boolean;
  /** Takes slices of consecutive epochs, from the first that the job has not stored yet. May block. */
  report(slice: MetricSlice): void;
}

/** Time that one call into the engine may take, so that a cancel is seen in time. */
const CALL_BUDGET_MS = 10;

/** Trains a job to its end. Reports every epoch; a diverging one included. Throws only on defects. */
export function fit(run: TrainingRun, control: TrainingControl): TrainingResult {
  const { spec } = run.job;
  const data = loadData(run);
  const plan = planTraining(spec, sizesOf(data, run.job.classes.length));
  const executable = compile(plan.programs, { maxSteps: plan.maxSteps, maxMemoryBytes: 2 ** 32 - 2 ** 16 });
  writeStates(executable, plan, spec, data, run.payload);
  const recorder = createRecorder(
    seriesOf(spec, data),
    data.validation ? "val_loss" : "loss",
    run.job.epochsDone,
    control.report,
  );
  const loop = { spec, plan, executable, recorder, data, control };
  const end = runEpochs(loop);
  recorder.flush(true);
  const metrics = recorder.metrics();
  if (end.kind === "cancelled") return { state: "cancelled", metrics };
  if (end.kind === "failed") return { state: "failed", metrics, error: end.error };
  const { reason, weights } = end;
  if (!weights.data.every(Number.isFinite)) {
    const error: JobError = {
      code: "diverged",
      detail: `the last update left weights that are not finite: ${DIVERGED_CURE}`,
      epoch: recorder.epoch,
    };
    return { state: "failed", metrics, error };
  }
  const model = modelOf(run, plan, data, weights);
  const evaluation = evaluateModel(model, weights, data, spec.seed);
  if (control.cancelled()) return { state: "cancelled", metrics };
  return { state: "succeeded", metrics: metrics as JobMetrics, reason, model, weights, evaluation };
}

type End =
  | { readonly kind: "finished"; readonly reason: string; readonly weights: TensorSet }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly error: JobError };

interface Loop {
  readonly spec: ResolvedSpec;
  readonly plan: TrainingPlan;
  readonly executable: Executable;
  readonly recorder: Recorder;
  readonly data: JobData;
  readonly control: TrainingControl;
}

function runEpochs({ spec, plan, executable, recorder, data, control }: Loop): End {
  const schedule: Schedule | null = spec.scheduler && createSchedule(spec.scheduler, spec.optimizer.lr);
  const monitor = spec.scheduler?.type === "reduce_lr_on_plateau" ? (spec.scheduler.monitor as Series) : null;
  const stopping: EarlyStopping | null = spec.early_stopping && createEarlyStopping(spec.early_stopping);
  const runner = createRunner({ spec, plan, executable, data, interrupted: () => control.cancelled() });
  const deadline = performance.now() + spec.max_seconds * 1000;
  // Whoever looks at an epoch before the next one may start forces epochs one at a time.
  const most = monitor !== null || stopping ? 1 : runner.maxEpochs;
  let count = 1;
  let bestWeights: TensorSet | null = null;
  while (recorder.epoch < spec.epochs) {
    if (control.cancelled()) return { kind: "cancelled" };
    const first = recorder.epoch + 1;
    const started = performance.now();
    if (started > deadline) return failed("timeout", `training took longer than max_seconds, ${spec.max_seconds}`, first);
    const epochs = runner.run(first, Math.min(count, most, spec.epochs - recorder.epoch), () => {
      const lr = schedule?.lr ?? spec.optimizer.lr;
      if (monitor === null) schedule?.step();
      return lr;
    });
    if (epochs.length === 0) return { kind: "cancelled" };
    const elapsed = performance.now() - started;
    for (const values of epochs) {
      recorder.record({ ...values, epoch_ms: elapsed / epochs.length });
      if (!Number.isFinite(values.loss))
        return failed("diverged", `the loss of epoch ${recorder.epoch} is ${values.loss}: ${DIVERGED_CURE}`, recorder.epoch);
    }
    const last = epochs.at(-1) as EpochValues;
    if (monitor !== null) schedule?.step(last[monitor] as number);
    const verdict = stopping?.observe(recorder.epoch, last);
    if (verdict?.improved && spec.early_stopping?.restore_best) bestWeights = readWeights(executable, plan);
    if (verdict?.stop) return { kind: "finished", reason: verdict.stop, weights: bestWeights ?? readWeights(executable, plan) };
    recorder.flush(false);
    count = nextCount(epochs.length, elapsed, most);
  }
  return { kind: "finished", reason: "all epochs are done", weights: bestWeights ?? readWeights(executable, plan) };
}

function createRunner(options: EpochOptions): EpochRunner {
  return options.plan.batch === options.data.train.rows ? createFullBatchRunner(options) : createMiniBatchRunner(options);
}

const DIVERGED_CURE = "try a smaller learning rate, clip_grad, or look for extreme values in the data";

function failed(code: JobError["code"], detail: string, epoch: number): End {
  return { kind: "failed", error: { code, detail, epoch } };
}

/** Epochs for the next call: as many as fit its time, and never more than twice as many as the last. */
function nextCount(epochs: number, elapsedMs: number, most: number): number {
  const fitting = Math.floor((CALL_BUDGET_MS * epochs) / Math.max(elapsedMs, 1e-3));
  return Math.max(1, Math.min(most, 2 * epochs, fitting));
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

/** The columns that a job's metrics have. */
function seriesOf(spec: ResolvedSpec, { validation }: JobData): Series[] {
  const train: Series[] = ["loss", ...spec.metrics];
  const heldOut = validation ? train.map((name) => `val_${name}` as Series) : [];
  return [...train, ...heldOut, "lr", ...(spec.clip_grad?.type === "norm" ? ["grad_norm" as const] : []), "epoch_ms"];
}

function writeStates(
  executable: Executable,
  plan: TrainingPlan,
  spec: ResolvedSpec,
  data: JobData,
  payload: TensorSet | null,
): void {
  executable.write(STATES.features, data.train.features);
  executable.write(STATES.targets, data.train.targets);
  if (data.train.weights) executable.write(STATES.weights, data.train.weights);
  if (data.validation) {
    executable.write(STATES.validationFeatures, data.validation.features);
    executable.write(STATES.validationTargets, data.validation.targets);
    if (data.validation.weights) executable.write(STATES.validationWeights, data.validation.weights);
  }
  for (const layer of plan.network.draws) executable.write(STATES.dropoutKey(layer), streamKey(spec.seed, `dropout/${layer}`));
  const given = spec.init_from ? unpackTensors(payload as TensorSet) : null;
  for (const { name, shape, initialise, trainable } of plan.network.tensors) {
    executable.write(
      name,
      given?.get(PAYLOAD.initial + name) ?? initialise(createRandom(streamKey(spec.seed, `init/${name}`))),
    );
    for (const [slot, fill] of Object.entries(trainable ? plan.optimizer.slots : {})) {
      executable.write(STATES.slot(slot, name), new Float32Array(elementCount(shape)).fill(fill));
    }
  }
}

function readWeights(executable: Executable, plan: TrainingPlan): TensorSet {
  return packTensors(plan.network.tensors.map(({ name, shape }) => ({ name, shape, values: executable.read(name) })));
}

function modelOf(
  { job }: TrainingRun,
  plan: TrainingPlan,
  { train, preprocessing }: JobData,
  weights: TensorSet,
): TrainedModel {
  const { spec } = job;
  return {
    task: spec.task,
    preprocessing,
    inputWidth: train.featureWidth,
    outputWidth: plan.network.outputShape.at(-1) as number,
    classes: job.classes,
    layers: spec.model.layers,
    activation: LOSS_ACTIVATION[spec.loss.type],
    parameters: job.parameters,
    weights: weights.entries,
    sha256: sha256Of(weights.data),
    receipt: receiptOf(spec),
  };
}
