/**
 * Trains many trials of one plan, one after the other: each to the bits of the same spec run as a job. A trial compiles, stores and
 * evaluates nothing; everything that it needs is an argument. Knows nothing of sweeps, folds or searches.
 */
import type { JobError } from "../../domain/jobs/job.ts";
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { sha256Of } from "../prepare/digest.ts";
import type { TrainingPlan } from "../run/build.ts";
import { readTensors } from "../run/checkpoint.ts";
import { CALL_BUDGET_MS, computedSeries, type EpochColumns, nextCount } from "../run/epoch.ts";
import { divergedLoss, divergedWeights } from "../run/epoch-loop.ts";
import { createEpochs, type Epochs } from "../run/epochs.ts";
import { createCurve } from "./curve.ts";
import type { Trial, TrialState } from "./trial.ts";
import { writeTrial } from "./trial-memory.ts";
import type { CompiledSteps, TrialPlan } from "./trial-plan.ts";

interface Ran {
  /** Number of epochs so far, with those before `from`. */
  readonly epochs: number;
  /** The values of the epochs after `from`, a column for each of the trial's series. */
  readonly curve: EpochColumns;
}

export interface TrainedTrial extends Ran {
  readonly state: "succeeded";
  /** Why it ended, as a job reports it; null if `until` ended it. */
  readonly reason: string | null;
  /** The network's parameters and buffers: those of the best epoch if they are restored. */
  readonly weights: TensorSet;
  /** Of the weights, as float32 in little-endian order. */
  readonly sha256: string;
  /** The epoch of the weights. */
  readonly bestEpoch: number;
  /** The state from which the trial can continue, if it had an `until`. */
  readonly next: TrialState | null;
}

export interface FailedTrial extends Ran {
  readonly state: "failed";
  /** As a job would have it: it diverged. */
  readonly error: JobError;
}

/** It was asked to end. */
export interface CancelledTrial extends Ran {
  readonly state: "cancelled";
}

export type TrialOutcome = TrainedTrial | FailedTrial | CancelledTrial;

const ALL_DONE = "all epochs are done";
const never = (): boolean => false;

/**
 * Trains the trials in turn, each when its outcome is requested. See `trainTrial`.
 *
 * @internal Exported for the benchmark and for tests.
 */
export function* trainMany(plan: TrialPlan, trials: Iterable<Trial>, ended: () => boolean = never): Generator<TrialOutcome> {
  for (const trial of trials) yield trainTrial(plan, trial, ended);
}

/**
 * Trains a trial to its end, or to `until`. `ended` is called every few milliseconds: whether to give up. There is no time limit
 * (`max_seconds` is not applied), so that its result does not depend on the clock. Throws a RangeError for tables whose sizes are not the
 * plan's, and a GraphError for weights that do not fit.
 */
export function trainTrial(plan: TrialPlan, trial: Trial, ended: () => boolean = never): TrialOutcome {
  const spec: NetworkSpec = { ...plan.spec, ...trial.settings, seed: trial.seed };
  const { steps, optimizer } = plan.stepsFor(spec.optimizer);
  const { executable } = steps;
  const training: TrainingPlan = { ...steps.plan, optimizer };
  const bestWeights = writeTrial(plan, { ...steps, plan: training }, trial);
  const { from = null } = trial;
  const scalings = trial.scalings ?? plan.sizes.targetScalings ?? [];
  const data = {
    train: trial.train,
    validation: trial.validation,
    preprocessing: { targets: scalings.map((scaling) => ({ scaling })) },
  };
  const epochs = createEpochs(
    {
      spec,
      plan: training,
      executable,
      data,
      classes: plan.sizes.classCounts.length,
      ended,
      interrupted: ended,
      partial: null,
      columns: steps.columns,
    },
    { schedule: from?.schedule ?? null, stopping: from?.stopping ?? null, bestWeights },
  );
  const last = Math.min(spec.epochs, trial.until ?? spec.epochs);
  const first = from?.epoch ?? 0;
  const curve = createCurve(trial.series ?? computedSeries(spec, trial.validation !== null), Math.max(0, last - first));
  const ran = runTrial(epochs, { first, last, stopped: from?.stopped ?? null, ended, curve, steps });
  const common = { epochs: ran.epoch, curve: curve.columns() };
  if (ran.cancelled) return { state: "cancelled", ...common };
  if (ran.error) return { state: "failed", error: ran.error, ...common };
  const weights = epochs.weights();
  if (!weights.data.every(Number.isFinite)) return { state: "failed", error: divergedWeights(ran.epoch), ...common };
  const kept = epochs.bestWeights;
  return {
    state: "succeeded",
    reason: ran.stopped ?? (ran.epoch === spec.epochs ? ALL_DONE : null),
    weights,
    sha256: sha256Of(weights.data),
    bestEpoch: kept ? (epochs.stopping?.state().bestEpoch ?? ran.epoch) : ran.epoch,
    next:
      trial.until === undefined
        ? null
        : {
            epoch: ran.epoch,
            tensors: readTensors(executable, training, kept),
            schedule: epochs.schedule?.state() ?? null,
            stopping: epochs.stopping?.state() ?? null,
            stopped: ran.stopped,
          },
    ...common,
  };
}

interface Run {
  /** Number of completed epochs, and the epoch at which it ends. */
  readonly first: number;
  readonly last: number;
  readonly stopped: string | null;
  readonly ended: () => boolean;
  readonly curve: ReturnType<typeof createCurve>;
  readonly steps: CompiledSteps;
}

interface RunEnd {
  readonly epoch: number;
  readonly stopped: string | null;
  readonly error: JobError | null;
  readonly cancelled: boolean;
}

/** Runs the epochs of a trial in calls of bounded duration. */
function runTrial(epochs: Epochs, { first, last, stopped, ended, curve, steps }: Run): RunEnd {
  const end = (more: Partial<RunEnd>): RunEnd => ({ epoch, stopped: null, error: null, cancelled: false, ...more });
  let epoch = first;
  if (stopped) return end({ stopped });
  let spentMs = 0;
  while (epoch < last) {
    if (ended()) return end({ cancelled: true });
    const began = performance.now();
    const ran = epochs.run(epoch + 1, Math.min(steps.pace, epochs.most, last - epoch));
    spentMs += performance.now() - began;
    if (ran === 0) continue;
    const finite = epochs.finite(ran);
    const recorded = Math.min(finite + 1, ran);
    curve.add(epochs.runner.columns, recorded);
    epoch += recorded;
    if (finite < ran) return end({ error: divergedLoss(epoch, epochs.loss(finite)) });
    const { stop } = epochs.observe(epoch, ran);
    if (stop) return end({ stopped: stop });
    // The last call of a trial is short of what fits.
    if (ran === Math.min(steps.pace, epochs.most) || spentMs > CALL_BUDGET_MS)
      steps.pace = nextCount(ran, spentMs, steps.plan.maxSteps);
    spentMs = 0;
  }
  return end({});
}
