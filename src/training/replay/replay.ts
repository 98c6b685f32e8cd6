/**
 * Replays a step of a job, to the same bits: its steps from the nearest stored state, and then a second program that computes the requested
 * values of its weights. Blocks its thread. Does not know where states are stored.
 */
import {
  ensureSameEngine,
  MAX_REPLAYED_ROWS,
  type PlannedReplay,
  type Replay,
  type ReplaySize,
  replayable,
} from "../../domain/jobs/replay.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { compile, ENGINE_VERSION, type Executable } from "../../engine/index.ts";
import { type JobData, loadData } from "../data/data.ts";
import { sha256Of } from "../prepare/digest.ts";
import { planTraining, type TrainingPlan } from "../run/build.ts";
import { decodeProgress, engineOf, readTensors, writeTensors } from "../run/checkpoint.ts";
import { createEpochs } from "../run/epochs.ts";
import { readWeights, writeInputs, writeStart } from "../run/initial-memory.ts";
import { sizesOf } from "../run/sizes.ts";
import { askStep } from "./ask-step.ts";
import type { RunState } from "./last-good.ts";
import { createStepper, type Steps, workOfStep } from "./stepper.ts";

const MAX_MEMORY_BYTES = 2 ** 32 - 2 ** 16;

/**
 * Replays a job up to a step, from the checkpoint of the run or from its start, and answers the request. Throws conflict if another version
 * of the engine trained it, and invalid for a network that is too large.
 */
export function replayStep(run: TrainingRun, request: PlannedReplay): Replay {
  const trainedBy = run.checkpoint ? engineOf(run.checkpoint.progress) : request.trainedBy;
  ensureSameEngine(trainedBy, ENGINE_VERSION, request.trainedBy);
  const { from, weights, plan, data } = weightsAt(run, request.step);
  const answer = askStep(run, data, weights, Math.min(MAX_REPLAYED_ROWS, data.train.rows), request.ask);
  return {
    step: request.step,
    epoch: Math.floor(request.step / plan.stepsPerEpoch),
    step_of_epoch: request.step % plan.stepsPerEpoch,
    steps_per_epoch: plan.stepsPerEpoch,
    from_step: from,
    engine_version: trainedBy,
    sha256: sha256Of(weights.data),
    ...answer,
  };
}

/** Computes how the epochs of a job are divided into steps, and the work of one. */
export function replaySize(run: TrainingRun): ReplaySize {
  const spec = replayable(run.job);
  const sizes = sizesOf(loadData(run), run.job.classes.length);
  const plan = planTraining(spec, sizes);
  return {
    stepsPerEpoch: plan.stepsPerEpoch,
    multiplyAdds: workOfStep(plan, isWatched(spec, plan) ? sizes.validationRows : 0),
  };
}

/** Whether replayed steps need the held-out rows: they change no weights, unless a schedule watches them. */
function isWatched({ scheduler }: ResolvedSpec, { fusedValidation }: TrainingPlan): boolean {
  return scheduler?.type === "reduce_lr_on_plateau" || fusedValidation;
}

interface Reached {
  /** The step of the state that it began with. */
  readonly from: number;
  readonly weights: TensorSet;
  readonly plan: TrainingPlan;
  readonly data: JobData;
}

/** The weights after a step. */
function weightsAt(run: TrainingRun, step: number): Reached {
  const spec = replayable(run.job);
  const data = loadData(run);
  const classes = run.job.classes.length;
  const planned = planTraining(spec, sizesOf(data, classes));
  const validates = isWatched(spec, planned);
  const { validate, validate_tail, ...trained } = planned.programs;
  const plan = validates ? planned : { ...planned, programs: trained };
  const executable = compile(plan.programs, { maxSteps: plan.maxSteps, maxMemoryBytes: MAX_MEMORY_BYTES });
  const rows = { ...data, validation: validates ? data.validation : null };
  writeInputs(executable, plan, spec, rows);
  const steps = { spec, plan, executable, data: rows, classes };
  const start = startOf(run, executable, plan);
  const from = start.epoch * plan.stepsPerEpoch + (start.partial?.steps ?? 0);
  runTo(steps, start, step);
  const weights = readWeights(executable, plan);
  executable.release();
  return { from, weights, plan, data };
}

/** The state of the run's checkpoint, or the start without one. */
function startOf({ job, payload, checkpoint }: TrainingRun, executable: Executable, plan: TrainingPlan): RunState {
  const progress = checkpoint && decodeProgress(checkpoint.progress);
  if (checkpoint && progress)
    return {
      ...{ epoch: checkpoint.epoch, tensors: checkpoint.tensors },
      ...{ schedule: progress.schedule, partial: progress.partial },
    };
  writeStart(executable, plan, job.spec, payload);
  return { epoch: 0, tensors: readTensors(executable, plan, null), schedule: null, partial: null };
}

/** Runs whole epochs many in a call, and the steps before and after them one by one. */
function runTo(steps: Steps, start: RunState, step: number): void {
  const { plan, executable } = steps;
  const whole = Math.floor(step / plan.stepsPerEpoch);
  const within = step - start.epoch * plan.stepsPerEpoch - (start.partial?.steps ?? 0);
  if (whole <= start.epoch) {
    runSteps(steps, start, within);
    return;
  }
  const epochs = createEpochs(
    {
      ...{ ...steps, spec: { ...steps.spec, early_stopping: null } },
      ...{ ended: () => false, interrupted: () => false, partial: start.partial },
    },
    restored(steps, start),
  );
  for (let epoch = start.epoch; epoch < whole; ) {
    const ran = epochs.run(epoch + 1, Math.min(epochs.most, whole - epoch));
    epochs.observe(epoch + ran, ran);
    epoch += ran;
  }
  const rest = step - whole * plan.stepsPerEpoch;
  const schedule = epochs.schedule?.state() ?? null;
  runSteps(steps, { epoch: whole, tensors: readTensors(executable, plan, null), schedule, partial: null }, rest);
}

/** Writes the tensors of a state, and returns the rest of the state from which epochs resume. */
function restored({ executable, plan }: Steps, { tensors, schedule }: RunState) {
  writeTensors(executable, plan, { tensors });
  return { schedule, stopping: null, bestWeights: null };
}

function runSteps(steps: Steps, from: RunState, count: number): void {
  const next = createStepper(steps, from);
  for (let done = 0; done < count; done++) next();
}
