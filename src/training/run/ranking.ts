/** The metrics of an epoch that need all held-out rows in order of their scores: the areas under curves, as the evaluation has them. */
import type { Series } from "../../domain/metrics/metric.ts";
import { RANKED_METRICS } from "../../domain/spec/spec.ts";
import { elementCount } from "../../domain/tensor.ts";
import type { Program, Tensor } from "../../engine/index.ts";
import { rank } from "../evaluate/evaluate.ts";
import { RANKED_OUTPUT } from "./build.ts";
import { columnOf, type EpochColumns, type EpochOptions } from "./epoch.ts";

export interface Ranking {
  /** Returns the function that takes step `step` of a program's results: rows from `firstRow` on. */
  takerOf(program: string): (step: number, firstRow: number) => void;
  /** Writes the areas under the curves of the rows taken into the columns at `index`; NaN where the part lacks a class. */
  finish(index: number): void;
}

/** Creates the ranking of the held-out rows of `programs`; null where no metric needs it. */
export function createRanking(
  { spec, plan, executable, data, classes }: EpochOptions,
  programs: readonly string[],
  columns: EpochColumns,
): Ranking | null {
  const ranked = RANKED_METRICS.filter((metric) => spec.metrics.includes(metric));
  const table = data.validation;
  if (!table || ranked.length === 0) return null;
  const { rows, targets } = table;
  const shapeOf = (program: string) => ((plan.programs[program] as Program).outputs[RANKED_OUTPUT] as Tensor).shape;
  const width = shapeOf(programs[0] as string)[1] as number;
  const outputs = new Float32Array(rows * width);
  const written = ranked.map((metric) => ({ metric, column: columnOf(columns, `val_${metric}` as Series) }));
  return {
    takerOf(program) {
      const results = executable.result(program, RANKED_OUTPUT);
      const size = elementCount(shapeOf(program));
      return (step, firstRow) => outputs.set(results.subarray(step * size, (step + 1) * size), firstRow * width);
    },
    finish(index) {
      const areas = rank({ rows, outputs, targets }, classes);
      for (const { metric, column } of written) column[index] = areas[metric] ?? Number.NaN;
    },
  };
}
