/**
 * What the two ways of running an epoch share: filling the tables that compiled steps read, and folding what the steps
 * return into the values of an epoch.
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

/** Values of an epoch; `loss` is always among them. */
export type Epoch = EpochValues & { loss: number };

export interface EpochRunner {
  /** Most epochs that one `run` can take. */
  readonly maxEpochs: number;
  /**
   * Runs up to `count` epochs from `first` (counted from 1), with the learning rate that `nextLr` gives for each in turn.
   * Fewer come back when it was interrupted or when a loss is not finite; none when the first was interrupted.
   */
  run(first: number, count: number, nextLr: () => number): Epoch[];
  /** The epoch under way, which the next `run` goes on with; null between epochs. */
  readonly partial: PartialEpoch | null;
}

/** An epoch whose steps are not all done, or whose validation is not. */
export interface PartialEpoch {
  /** Steps that are done. */
  readonly steps: number;
  readonly lr: number;
  /** Sums over them: the loss, then those of the metrics. */
  readonly sums: readonly number[];
  /** Sum of their gradients' norms. */
  readonly norms: number;
}

export interface EpochOptions {
  readonly spec: ResolvedSpec;
  readonly plan: TrainingPlan;
  readonly executable: Executable;
  readonly data: JobData;
  /** Asked between the calls of an epoch that needs several: whether to come back to the caller for a moment. */
  interrupted(): boolean;
  /** The same, where coming back loses work: only for good. */
  ended(): boolean;
  /** The epoch that a checkpoint was written in the middle of. */
  readonly partial: PartialEpoch | null;
}

/** Time that one call into the engine may take, so that a cancel is seen in time. */
export const CALL_BUDGET_MS = 10;

/** Items for the next call: as many as fit its time, and never more than twice as many as the last. */
export function nextCount(count: number, elapsedMs: number, most: number): number {
  const fitting = Math.floor((CALL_BUDGET_MS * count) / Math.max(elapsedMs, 1e-3));
  return Math.max(1, Math.min(most, 2 * count, fitting));
}

/** Writes row `row` of a program's tables: what step `step` of the job (counted from 1) is given besides its rows. */
export type StepFeed = (row: number, step: number, lr: number) => void;

/** Feeds a program the optimiser's scalars and, if a layer draws random numbers, the number of the step. */
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

/** Loss and metrics over the rows of an epoch, gathered step by step in float64. */
export interface EpochSums {
  /** Adds row `row` of the program's results: a step over `rows` rows. */
  add(program: string, row: number, rows: number): void;
  /** Writes the values of the epoch into `values` and starts anew. */
  finish(values: EpochValues): void;
  /** What was gathered so far, for `restore` of another run. */
  state(): number[];
  /** Goes on from what `state` returned; from [] it starts anew. */
  restore(state: readonly number[]): void;
}

/** `outputPrefix` is that of the program's outputs, `seriesPrefix` that of the values. */
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
