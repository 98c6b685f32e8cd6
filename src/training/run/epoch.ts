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

/**
 * The values of the epochs of one call, a column a series: epoch `index` of the call at `index` of each. Columns, because an epoch
 * of a small network takes less time than an object for its values does.
 */
export type EpochColumns = ReadonlyMap<Series, Float64Array>;

export interface EpochRunner {
  /** Most epochs that one `run` can take. */
  readonly maxEpochs: number;
  /** What the last `run` computed, [maxEpochs] each; the next one writes over it. `loss` and `lr` are always among them. */
  readonly columns: EpochColumns;
  /**
   * Runs up to `count` epochs from `first` (counted from 1), with the learning rate that `nextLr` gives for each in turn. Returns
   * how many are in `columns`: fewer than `count` when it was interrupted or when a loss is not finite; 0 when the first was
   * interrupted.
   */
  run(first: number, count: number, nextLr: () => number): number;
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
    for (let index = 0; index < scalars.length; index++) {
      const { table, compute } = scalars[index] as (typeof scalars)[number];
      table[row] = compute(step, lr);
    }
    if (steps) steps[row] = step;
  };
}

/** Loss and metrics over the rows of an epoch, summed step by step in float64. */
export interface EpochSums {
  /** The function that adds row `row` of a program's results: a step over `rows` rows. */
  adderOf(program: string): (row: number, rows: number) => void;
  /** Writes the values of the epoch into its columns at `index`, and starts anew. */
  finish(index: number): void;
  /** The sums so far, for `restore` of another run. */
  state(): number[];
  /** Continues from what `state` returned; from [] it starts anew. */
  restore(state: readonly number[]): void;
}

/** `outputPrefix` is that of the program's outputs, `seriesPrefix` that of the series among `columns`. */
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
  const context: MetricContext = {
    rows: table.rows,
    squares: squaresAroundMean(table.targets, table.rows, table.targetWidth),
    scales: (data.preprocessing?.targets ?? []).map(({ scaling }) => scaling?.scale ?? 1),
  };
  const losses = columnOf(columns, `${seriesPrefix}loss` as Series);
  const metrics = spec.metrics.map((metric) => ({
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

/** Empty columns for the series that a run of `options` computes, [length] each. */
export function createColumns({ spec, data }: EpochOptions, length: number): EpochColumns {
  return new Map(computedSeries(spec, data.validation !== null).map((name) => [name, new Float64Array(length)]));
}

/** The series that the epochs of a job compute: all but the time that they take. */
export function computedSeries({ metrics, clip_grad }: ResolvedSpec, isValidated: boolean): Series[] {
  const train: Series[] = ["loss", ...metrics];
  const heldOut = isValidated ? train.map((name) => `val_${name}` as Series) : [];
  return [...train, ...heldOut, "lr", ...(clip_grad?.type === "norm" ? ["grad_norm" as const] : [])];
}

/** A column that is there. Throws on one that is not, which is a bug. */
export function columnOf(columns: EpochColumns, name: Series): Float64Array {
  const column = columns.get(name);
  if (!column) throw new Error(`no epoch has a ${name}`);
  return column;
}
