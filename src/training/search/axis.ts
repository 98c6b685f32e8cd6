/**
 * A range as an axis on which trials are spread evenly: the logarithm of the numbers where the scale is logarithmic. A grid of
 * numbers has cells, so that its first and last number are as likely as the others.
 */
import type { Range } from "../../domain/sweeps/parameter.ts";
import { deterministicMath } from "../../engine/index.ts";

const { exp, log } = deterministicMath;

/** A range and its axis. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  /** How many numbers the range has; Infinity where it is continuous. */
  readonly count: number;
  /** The number of the range that is nearest to a place on the axis. */
  numberAt(place: number): number;
  /** The place of a number of the range. */
  placeOf(number: number): number;
  /** The cell of a number: from where to where its places are. null where the numbers are too many to have one. */
  cellOf: ((number: number) => readonly [number, number]) | null;
}

/** Up to so many numbers, a number has a probability; beyond, a density. */
const MAX_CELLS = 256;

/** Creates the axis of a range. */
export function createAxis({ min, max, scale, integer, step: given }: Range): Axis {
  const step = given ?? (integer ? 1 : null);
  const toAxis = scale === "log" ? log : (number: number) => number;
  const fromAxis = scale === "log" ? exp : (place: number) => place;
  const clamp = (number: number) => Math.min(max, Math.max(min, number));
  if (step === null || min === max)
    return {
      low: toAxis(min),
      high: toAxis(max),
      count: min === max ? 1 : Number.POSITIVE_INFINITY,
      numberAt: (place) => clamp(fromAxis(place)),
      placeOf: toAxis,
      cellOf: null,
    };
  // Rounding must not lose the last number: 0 to 0.3 by 0.1 are four.
  const steps = Math.floor((max - min) / step + 1e-9);
  const half = step / 2;
  return {
    low: toAxis(min - half),
    high: toAxis(min + steps * step + half),
    count: steps + 1,
    numberAt: (place) => clamp(min + Math.min(steps, Math.max(0, Math.round((fromAxis(place) - min) / step))) * step),
    placeOf: toAxis,
    cellOf: steps < MAX_CELLS ? (number) => [toAxis(number - half), toAxis(number + half)] : null,
  };
}
