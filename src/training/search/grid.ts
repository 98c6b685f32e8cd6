/** Grid search: every combination of the values of all parameters, in row-major order. */

import type { ParameterValue, TrialParameters } from "../../domain/sweeps/parameter.ts";
import { type Dimension, isActive, type Space } from "../../domain/sweeps/parameter-space.ts";
import { createAxis } from "./axis.ts";

/** A parameter that is not set yet, and one that takes no part. */
const NEW = -1;
const INACTIVE = -2;

/**
 * The combinations, the last parameter fastest. One that is inactive takes no part. There may be more than can be counted. What is
 * yielded is the same object each time, to be copied if it is kept.
 */
export function* combinations({ dimensions }: Space, points: number): Generator<TrialParameters, void> {
  const values = dimensions.map((dimension) => valuesOf(dimension, points));
  const places = new Int32Array(dimensions.length).fill(NEW);
  const chosen: Record<string, ParameterValue> = {};
  let index = 0;
  while (index >= 0) {
    const dimension = dimensions[index];
    if (!dimension) {
      yield chosen;
      index--;
      continue;
    }
    const place = places[index] as number;
    const own = values[index] as ParameterValue[];
    if (place === NEW && !isActive(dimension, chosen)) {
      places[index++] = INACTIVE;
    } else if (place === INACTIVE || place === own.length - 1) {
      delete chosen[dimension.pointer];
      places[index--] = NEW;
    } else {
      chosen[dimension.pointer] = own[place + 1] as ParameterValue;
      places[index++] = place + 1;
    }
  }
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
