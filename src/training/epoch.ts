/**
 * What the two ways of running an epoch share: filling the tables that compiled steps read, and folding what the steps
 * return into the values of an epoch.
 */
import type { Series } from "../domain/metric.ts";
import type { Metric, ResolvedSpec } from "../domain/spec.ts";
import type { Executable } from "../engine/index.ts";
import { INPUTS, type TrainingPlan } from "./build.ts";
import type { JobData } from "./data.ts";
import { metricDefinitions, squaresAroundMean } from "./metrics.ts";
import type { EpochValues } from "./recorder.ts";
import type { Table } from "./table.ts";

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
}

export interface EpochOptions {
  readonly spec: ResolvedSpec;
  readonly plan: TrainingPlan;
  readonly executable: Executable;
  readonly data: JobData;
  /** Asked between the calls of an epoch that needs several. */
  interrupted(): boolean;
}

/** Writes row `row` of a program's tables: what step `step` of the job (counted from 1) is given besides its rows. */
export type StepFeed = (row: number, step: number, lr: number) => void;

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
}

/** `outputPrefix` is that of the program's outputs, `seriesPrefix` that of the values. */
export function createEpochSums(
  { spec, executable }: EpochOptions,
  table: Table,
  programs: readonly string[],
  outputPrefix: string,
  seriesPrefix: string,
): EpochSums {
  const results = new Map(
    programs.map((program) => {
      const result = (name: string) => executable.result(program, outputPrefix + name);
      return [program, { loss: result("loss"), metrics: spec.metrics.map(result) }];
    }),
  );
  const squares = squaresAroundMean(table.targets, table.rows, table.targetWidth);
  const sums = spec.metrics.map((metric) => new Float64Array(widthOf(metric, table)));
  let loss = 0;
  return {
    add(program, row, rows) {
      const { loss: losses, metrics } = results.get(program) as { loss: ArrayLike<number>; metrics: ArrayLike<number>[] };
      loss += (losses[row] as number) * rows;
      sums.forEach((total, index) => {
        const source = metrics[index] as ArrayLike<number>;
        for (let column = 0; column < total.length; column++) total[column]! += source[row * total.length + column] as number;
      });
    },
    finish(values) {
      values[`${seriesPrefix}loss` as Series] = loss / table.rows;
      spec.metrics.forEach((metric, index) => {
        const total = sums[index] as Float64Array;
        values[(seriesPrefix + metric) as Series] = metricDefinitions[metric].finish(total, table.rows, squares);
        total.fill(0);
      });
      loss = 0;
    },
  };
}

const widthOf = (metric: Metric, { targetWidth }: Table) => (metric === "accuracy" ? 1 : targetWidth);
