/**
 * The epochs of a training, for jobs and trials: the runner of the steps, the learning rate of each epoch, early stopping, and the weights
 * to keep. Jobs add reports and storage (epoch-loop.ts); trials add nothing (training/many). Knows no clock.
 */
import type { Series } from "../../domain/metrics/metric.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { createSchedule, type Schedule, type ScheduleState } from "../../engine/index.ts";
import { createEarlyStopping, type EarlyStopping, type EarlyStoppingState } from "./early-stopping.ts";
import { columnOf, type EpochOptions, type EpochRunner } from "./epoch.ts";
import { createFullBatchRunner } from "./full-batch.ts";
import { readWeights } from "./initial-memory.ts";
import { createMiniBatchRunner } from "./mini-batch.ts";

/** What the epochs of a run resume from, besides the tensors in memory. */
export interface EpochsStart {
  readonly schedule: ScheduleState | null;
  readonly stopping: EarlyStoppingState | null;
  readonly bestWeights: TensorSet | null;
}

/** What the last epoch of a call means for the run. */
interface Observed {
  /** Whether its weights are the best so far, and kept. */
  readonly kept: boolean;
  /** Why training should stop now; null to continue. */
  readonly stop: string | null;
}

export interface Epochs {
  readonly runner: EpochRunner;
  readonly schedule: Schedule | null;
  readonly stopping: EarlyStopping | null;
  /** Maximum epochs per `run`. Early stopping and a schedule with a metric need each epoch before the next starts. */
  readonly most: number;
  /** The weights that early stopping restores; null without any. */
  readonly bestWeights: TensorSet | null;
  /** Runs up to `count` epochs from `first`, as the runner does, at the learning rates of the schedule. */
  run(first: number, count: number): number;
  /** Number of epochs before the first of the last `ran` whose loss is not finite. */
  finite(ran: number): number;
  /** The loss of an epoch of the last call, counted from 0. */
  loss(index: number): number;
  /** Takes the values of the last call, of `ran` epochs up to `epoch`, once all their losses are finite. */
  observe(epoch: number, ran: number): Observed;
  /** The weights that the run ends with: the best ones if they are restored, else the current ones. */
  weights(): TensorSet;
}

const GOES_ON: Observed = { kept: false, stop: null };

/** Creates the epochs of a run, whose memory has its initial state or that of `start`. */
export function createEpochs(options: EpochOptions, start: EpochsStart): Epochs {
  const { spec, plan, executable } = options;
  const runner = createRunner(options);
  const { schedule, needsMetric, next, observe } = createLearningRateDriver(spec, start.schedule);
  const stopping = spec.early_stopping && createEarlyStopping(spec.early_stopping, start.stopping);
  const losses = columnOf(runner.columns, "loss");
  let { bestWeights } = start;
  return {
    runner,
    schedule,
    stopping,
    most: needsMetric || stopping ? 1 : runner.maxEpochs,
    get bestWeights() {
      return bestWeights;
    },
    run: (first, count) => runner.run(first, count, next),
    finite(ran) {
      let index = 0;
      while (index < ran && Number.isFinite(losses[index])) index++;
      return index;
    },
    loss: (index) => losses[index] as number,
    observe(epoch, ran) {
      const last = (series: Series) => columnOf(runner.columns, series)[ran - 1] as number;
      observe(last);
      if (!stopping) return GOES_ON;
      const { improved, stop } = stopping.observe(epoch, last(stopping.monitor));
      const kept = improved && spec.early_stopping?.restore_best === true;
      if (kept) bestWeights = readWeights(executable, plan);
      return { kept, stop };
    },
    weights: () => bestWeights ?? readWeights(executable, plan),
  };
}

function createRunner(options: EpochOptions): EpochRunner {
  return options.plan.batch === options.data.train.rows ? createFullBatchRunner(options) : createMiniBatchRunner(options);
}

/** Creates the driver that sets the learning rate of each epoch by the schedule of the spec. */
function createLearningRateDriver({ scheduler, optimizer }: ResolvedSpec, start: ScheduleState | null) {
  const schedule = scheduler && createSchedule(scheduler, optimizer.lr);
  if (schedule && start) schedule.restore(start);
  const watched = scheduler?.type === "reduce_lr_on_plateau" ? (scheduler.monitor as Series) : null;
  return {
    schedule,
    needsMetric: watched !== null,
    /** Returns the learning rate of the next epoch. */
    next: (): number => {
      const lr = schedule?.lr ?? optimizer.lr;
      if (watched === null) schedule?.step();
      return lr;
    },
    /** Takes the values of the epoch that just ended, by series. */
    observe: (last: (series: Series) => number): void => {
      if (watched !== null) schedule?.step(last(watched));
    },
  };
}
