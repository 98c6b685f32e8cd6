/** Grid search: every combination of the values of all parameters, in row-major order. */

import type { ParameterValue, TrialParameters } from "../../domain/sweeps/parameter.ts";
import { type Dimension, isActive, type Space } from "../../domain/sweeps/parameter-space.ts";
import { createAxis } from "./axis.ts";

/** The combinations, the last parameter fastest. One that is inactive takes no part. There may be more than can be counted. */
export function* combinations({ dimensions }: Space, points: number): Generator<TrialParameters, void> {
  const values = dimensions.map((dimension) => valuesOf(dimension, points));
  const chosen: Record<string, ParameterValue> = {};
  function* from(index: number): Generator<TrialParameters, void> {
    const dimension = dimensions[index];
    if (!dimension) {
      yield { ...chosen };
      return;
    }
    if (!isActive(dimension, chosen)) {
      yield* from(index + 1);
      return;
    }
    for (const value of values[index] as ParameterValue[]) {
      chosen[dimension.pointer] = value;
      yield* from(index + 1);
    }
    delete chosen[dimension.pointer];
  }
  yield* from(0);
}

/** How many combinations there are; `limit` where there are as many or more. */
export function countCombinations(space: Space, points: number, limit: number): number {
  let count = 0;
  for (const _ of combinations(space, points)) if (++count === limit) break;
  return count;
}

function valuesOf(dimension: Dimension, points: number): ParameterValue[] {
  if (dimension.kind === "options") return dimension.options.map(({ value }) => value);
  const { min, max } = dimension.range;
  const { low, high, count, numberAt, placeOf } = createAxis(dimension.range);
  if (count <= points) return Array.from({ length: count }, (_, index) => min + index * (dimension.range.step ?? 1));
  if (points === 1) return [numberAt((low + high) / 2)];
  const [from, to] = [placeOf(min), placeOf(max)];
  const spread = Array.from({ length: points }, (_, index) => numberAt(from + (index / (points - 1)) * (to - from)));
  // Integers at the low end of a logarithmic scale may fall together.
  return [...new Set(spread)];
}
