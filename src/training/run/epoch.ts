/**
 * Shared code of the two epoch runners: filling the feed tables of compiled steps, and reducing the results of steps to the
 * values of an epoch.
 */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount } from "../../domain/tensor.ts";
import type { Executable, Program, Tensor } from "../../engine/index.ts";
import type { Table } from "../data/table.ts";
import {
  type MetricContext,
  metricDefinitions,
  type SumName,
  squaresAroundMean,
  summedOf,
  sumsOf,
} from "../evaluate/metrics.ts";
import { INPUTS, type TrainingPlan } from "./build.ts";

/**
 * The values of the epochs of one call, a column for each series: epoch `index` of the call at `index` of each. Columns, because an epoch
 * of a small network takes less time than creating an object for its values.
 */
export type EpochColumns = ReadonlyMap<Series, Float64Array>;

export interface EpochRunner {
  /** Maximum epochs per `run`. */
  readonly maxEpochs: number;
  /** The values that the last `run` computed, at least [maxEpochs] each, always with `loss` and `lr`. The next `run` overwrites them. */
  readonly columns: EpochColumns;
  /**
   * Runs up to `count` epochs from `first` (counted from 1) and calls `nextLr` for the learning rate of each. Returns the number
   * of epochs in `columns`: fewer than `count` if it was interrupted or a loss is not finite; 0 if the first was interrupted.
   */
  run(first: number, count: number, nextLr: () => number): number;
  /** The current epoch, which the next `run` continues; null between epochs. */
  readonly partial: PartialEpoch | null;
}

/** An epoch whose steps or validation are not complete. */
export interface PartialEpoch {
  /** Number of completed steps. */
  readonly steps: number;
  readonly lr: number;
  /** Sums over the completed steps: the loss, then the metrics. */
  readonly sums: readonly number[];
  /** Sum of the gradient norms of the completed steps. */
  readonly norms: number;
}

/** The rows of a run, and how its targets were scaled. */
export interface EpochRows {
  readonly train: Table;
  readonly validation: Table | null;
  /** Null if targets are as they are. */
  readonly preprocessing: { readonly targets: readonly { readonly scaling: TargetScaling | null }[] } | null;
}

export interface EpochOptions {
  readonly spec: ResolvedSpec;
  readonly plan: TrainingPlan;
  readonly executable: Executable;
  readonly data: EpochRows;
  /** 0 for a regression. */
  readonly classes: number;
  /** Called between the calls of an epoch with several: whether to return to the caller, who may resume the epoch. */
  interrupted(): boolean;
  /** Called where returning loses work: whether the run has ended. */
  ended(): boolean;
  /** The partial epoch of the checkpoint that the run resumes from. */
  readonly partial: PartialEpoch | null;
  /** Columns of an earlier run of the same plan, to be overwritten; created when left out. */
  readonly columns?: EpochColumns;
}

/** Target duration of one call into the engine, so that a run notices a cancellation in time. */
export const CALL_BUDGET_MS = 10;

/** Returns the number of items for the next call: as many as fit the time budget, and at most twice as many as last time. */
export function nextCount(count: number, elapsedMs: number, most: number): number {
  const fitting = Math.floor((CALL_BUDGET_MS * count) / Math.max(elapsedMs, 1e-3));
  return Math.max(1, Math.min(most, 2 * count, fitting));
}

/** Writes row `row` of a program's feed tables: the inputs of step `step` (counted from 1) other than its row indices. */
export type StepFeed = (row: number, step: number, lr: number) => void;

/** Creates the feed of a program: the optimiser's scalars and, if a layer draws random numbers, the number of the step. */
export function createStepFeed({ plan, executable }: EpochOptions, program: string): StepFeed {
  const scalars = Object.entries(plan.optimizer.scalars).map(([name, compute]) => ({
    table: executable.feed(program, INPUTS.scalar(name)),
    compute,
  }));
  const steps = plan.network.draws.length > 0 ? executable.feed(program, INPUTS.step) : null;
  return (row, step, lr) => {
    for (let index = 0; index < scalars.length; index++) {
      const { table, compute } = scalars[index] as (typeof scalars)[number];
      table[row] = compute(step, lr);
    }
    if (steps) steps[row] = step;
  };
}

/** Loss and metrics over the rows of an epoch, accumulated step by step in float64. */
export interface EpochSums {
  /** Returns the function that adds row `row` of a program's results: a step over `rows` rows. */
  adderOf(program: string): (row: number, rows: number) => void;
  /** Writes the values of the epoch into its columns at `index` and resets the sums. */
  finish(index: number): void;
  /** Returns the sums so far, for `restore` in another run. */
  state(): number[];
  /** Restores sums that `state` returned; [] resets them. */
  restore(state: readonly number[]): void;
}

/** Creates sums. `outputPrefix` is the prefix of the program's outputs, `seriesPrefix` that of the series among `columns`. */
export function createEpochSums(
  { spec, plan, executable, data }: EpochOptions,
  table: Table,
  programs: readonly string[],
  outputPrefix: string,
  seriesPrefix: string,
  columns: EpochColumns,
): EpochSums {
  const names = sumsOf(spec.metrics);
  const outputs = (plan.programs[programs[0] as string] as Program).outputs;
  const sums = names.map((name) => new Float64Array(elementCount((outputs[outputPrefix + name] as Tensor).shape)));
  const totals = Object.fromEntries(names.map((name, index) => [name, sums[index]])) as Record<SumName, Float64Array>;
  const scalings = (data.preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  const isLog = scalings.some((scaling) => scaling?.transform === "log");
  const context: MetricContext = {
    rows: table.rows,
    squares: squaresAroundMean(isLog && table.actual ? table.actual : table.targets, table.rows, table.targetWidth),
    // The sums of a target learned as a logarithm are already in its own units.
    scales: isLog ? [] : scalings.map((scaling) => scaling?.scale ?? 1),
  };
  const losses = columnOf(columns, `${seriesPrefix}loss` as Series);
  const metrics = summedOf(spec.metrics).map((metric) => ({
    column: columnOf(columns, (seriesPrefix + metric) as Series),
    finish: metricDefinitions[metric].finish,
  }));
  let loss = 0;
  const adders = new Map(
    programs.map((program) => {
      const stepLoss = executable.result(program, `${outputPrefix}loss`);
      const parts = names.map((name) => executable.result(program, outputPrefix + name));
      const add = (row: number, rows: number): void => {
        loss += (stepLoss[row] as number) * rows;
        for (let index = 0; index < sums.length; index++) {
          const total = sums[index] as Float64Array;
          const source = parts[index] as ArrayLike<number>;
          const width = total.length;
          for (let column = 0; column < width; column++) total[column]! += source[row * width + column] as number;
        }
      };
      return [program, add];
    }),
  );
  return {
    adderOf: (program) => adders.get(program) as (row: number, rows: number) => void,
    finish(index) {
      losses[index] = loss / table.rows;
      for (let each = 0; each < metrics.length; each++) {
        const { column, finish } = metrics[each] as (typeof metrics)[number];
        column[index] = finish(totals, context);
      }
      for (let each = 0; each < sums.length; each++) (sums[each] as Float64Array).fill(0);
      loss = 0;
    },
    state: () => [loss, ...sums.flatMap((total) => [...total])],
    restore(state) {
      loss = state[0] ?? 0;
      let next = 1;
      for (const total of sums) {
        for (let column = 0; column < total.length; column++) total[column] = state[next++] ?? 0;
      }
    },
  };
}

/** Empty columns for the series that a run computes, for as many epochs as a call may have. */
export function createColumns({ maxSteps }: TrainingPlan, spec: ResolvedSpec, isValidated: boolean): EpochColumns {
  return new Map(computedSeries(spec, isValidated).map((name) => [name, new Float64Array(maxSteps)]));
}

/** The given columns of a run, or new ones. */
export function columnsOf({ columns, plan, spec, data }: EpochOptions): EpochColumns {
  return columns ?? createColumns(plan, spec, data.validation !== null);
}

/** The series that the epochs of a job compute: all except their duration. */
export function computedSeries({ metrics, clip_grad }: ResolvedSpec, isValidated: boolean): Series[] {
  const train: Series[] = ["loss", ...summedOf(metrics)];
  const heldOut = isValidated ? ["loss", ...metrics].map((name) => `val_${name}` as Series) : [];
  return [...train, ...heldOut, "lr", ...(clip_grad?.type === "norm" ? ["grad_norm" as const] : [])];
}

/** An existing column. Throws if it does not exist, which is a bug. */
export function columnOf(columns: EpochColumns, name: Series): Float64Array {
  const column = columns.get(name);
  if (!column) throw new Error(`no epoch has a ${name}`);
  return column;
}
