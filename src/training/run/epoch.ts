/**
 * Shared code of the two epoch runners: filling the feed tables of compiled steps, and reducing the results of steps to the
 * values of an epoch.
 */
import type { Series } from "../../domain/metrics/metric.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount } from "../../domain/tensor.ts";
import type { Executable, Program, Tensor } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";
import type { Table } from "../data/table.ts";
import { type MetricContext, metricDefinitions, type SumName, squaresAroundMean, sumsOf } from "../evaluate/metrics.ts";
import { INPUTS, type TrainingPlan } from "./build.ts";
import type { EpochValues } from "./recorder.ts";

/** The values of an epoch, always with `loss`. */
export type Epoch = EpochValues & { loss: number };

export interface EpochRunner {
  /** Most epochs per `run`. */
  readonly maxEpochs: number;
  /**
   * Runs up to `count` epochs from `first` (counted from 1) and calls `nextLr` for the learning rate of each. Returns fewer
   * epochs if it was interrupted or a loss is not finite; none if the first epoch was interrupted.
   */
  run(first: number, count: number, nextLr: () => number): Epoch[];
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

export interface EpochOptions {
  readonly spec: ResolvedSpec;
  readonly plan: TrainingPlan;
  readonly executable: Executable;
  readonly data: JobData;
  /** Called between the calls of an epoch with several: whether to return to the caller, who may resume the epoch. */
  interrupted(): boolean;
  /** Called where returning loses work: whether the run has ended. */
  ended(): boolean;
  /** The partial epoch of the checkpoint that the run resumes from. */
  readonly partial: PartialEpoch | null;
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
    for (const { table, compute } of scalars) table[row] = compute(step, lr);
    if (steps) steps[row] = step;
  };
}

/** Loss and metrics over the rows of an epoch, accumulated step by step in float64. */
export interface EpochSums {
  /** Adds row `row` of the program's results: a step over `rows` rows. */
  add(program: string, row: number, rows: number): void;
  /** Writes the values of the epoch into `values` and resets the sums. */
  finish(values: EpochValues): void;
  /** Returns the sums so far, for `restore` in another run. */
  state(): number[];
  /** Restores sums that `state` returned; [] resets them. */
  restore(state: readonly number[]): void;
}

/** Creates sums. `outputPrefix` is the prefix of the program's outputs, `seriesPrefix` that of the series in the values. */
export function createEpochSums(
  { spec, plan, executable, data }: EpochOptions,
  table: Table,
  programs: readonly string[],
  outputPrefix: string,
  seriesPrefix: string,
): EpochSums {
  const names = sumsOf(spec.metrics);
  const results = new Map(
    programs.map((program) => {
      const result = (name: string) => executable.result(program, outputPrefix + name);
      return [program, { loss: result("loss"), sums: names.map(result) }];
    }),
  );
  const outputs = (plan.programs[programs[0] as string] as Program).outputs;
  const sums = names.map((name) => new Float64Array(elementCount((outputs[outputPrefix + name] as Tensor).shape)));
  const totals = Object.fromEntries(names.map((name, index) => [name, sums[index]])) as Record<SumName, Float64Array>;
  const context: MetricContext = {
    rows: table.rows,
    squares: squaresAroundMean(table.targets, table.rows, table.targetWidth),
    scales: (data.preprocessing?.targets ?? []).map(({ scaling }) => scaling?.scale ?? 1),
  };
  let loss = 0;
  return {
    add(program, row, rows) {
      const { loss: losses, sums: parts } = results.get(program) as { loss: ArrayLike<number>; sums: ArrayLike<number>[] };
      loss += (losses[row] as number) * rows;
      sums.forEach((total, index) => {
        const source = parts[index] as ArrayLike<number>;
        for (let column = 0; column < total.length; column++) total[column]! += source[row * total.length + column] as number;
      });
    },
    finish(values) {
      values[`${seriesPrefix}loss` as Series] = loss / table.rows;
      for (const metric of spec.metrics)
        values[(seriesPrefix + metric) as Series] = metricDefinitions[metric].finish(totals, context);
      for (const total of sums) total.fill(0);
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
