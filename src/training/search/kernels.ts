/**
 * The kernels of one parameter: a distribution around the value of each trial, and one over the whole range, the prior, which comes last.
 * As in Optuna's `_ParzenEstimator`: the bandwidth of a number is the distance to its farther neighbour, and never less than a hundredth of
 * the range ("magic clip").
 */
import type { ParameterValue } from "../../domain/sweeps/parameter.ts";
import type { OptionsDimension, RangeDimension } from "../../domain/sweeps/parameter-space.ts";
import { deterministicMath } from "../../engine/index.ts";
import { createAxis } from "./axis.ts";
import { normalMass, truncatedNormal } from "./normal.ts";

const { log } = deterministicMath;

/** Kernels of a parameter, counted from that of the oldest trial. */
export interface Kernels {
  /** Draws a value from a kernel, by a uniform number in [0, 1). */
  draw(kernel: number, uniform: number): ParameterValue;
  /** Adds to the logarithm of each kernel that of its density at a value, or of its probability of one. */
  addLogs(logs: Float64Array, value: ParameterValue): void;
}

const LOG_SQRT_2_PI = 0.9189385332046727;

/** The kernels of a range, truncated to it, from the numbers of trials. */
export function createRangeKernels({ range }: RangeDimension, numbers: readonly number[]): Kernels {
  const { low, high, numberAt, placeOf, cellOf } = createAxis(range);
  const places = numbers.map(placeOf);
  const means = Float64Array.from([...places, 0.5 * (low + high)]);
  const deviations = Float64Array.from([...bandwidths(places, low, high), high - low]);
  const logMasses = means.map((mean, kernel) => log(normalMass(low, high, mean, deviations[kernel] as number)));
  // A density is divided by the width of its kernel, a probability is not.
  const logHeights = logMasses.map((logMass, kernel) => -logMass - log(deviations[kernel] as number) - LOG_SQRT_2_PI);
  // Few different numbers are requested again and again.
  const known = new Map<number, Float64Array>();

  function logsInCell([left, right]: readonly [number, number]): Float64Array {
    return means.map((mean, kernel) => {
      const mass = normalMass(left, right, mean, deviations[kernel] as number);
      return log(mass) - (logMasses[kernel] as number);
    });
  }

  return {
    draw(kernel, uniform) {
      return numberAt(truncatedNormal(uniform, low, high, means[kernel] as number, deviations[kernel] as number));
    },
    addLogs(logs, value) {
      const number = value as number;
      if (cellOf) {
        const cell = known.get(number) ?? logsInCell(cellOf(number));
        known.set(number, cell);
        for (let kernel = 0; kernel < logs.length; kernel++) logs[kernel] = (logs[kernel] as number) + (cell[kernel] as number);
        return;
      }
      const place = placeOf(number);
      for (let kernel = 0; kernel < logs.length; kernel++) {
        const z = (place - (means[kernel] as number)) / (deviations[kernel] as number);
        logs[kernel] = (logs[kernel] as number) + (logHeights[kernel] as number) - 0.5 * z * z;
      }
    },
  };
}

/** The distance of each value to its farther neighbour; the outermost have one, and a single value has the ends of the range. */
function bandwidths(places: readonly number[], low: number, high: number): number[] {
  const range = high - low;
  const least = range / Math.min(100, 2 + places.length);
  const clip = (width: number) => Math.min(range, Math.max(least, width));
  const [only] = places;
  if (only !== undefined && places.length === 1) return [clip(Math.max(only - low, high - only))];
  const order = places.map((_, index) => index).sort((a, b) => (places[a] as number) - (places[b] as number) || a - b);
  const widths = new Array<number>(places.length);
  for (const [rank, index] of order.entries()) {
    const here = places[index] as number;
    const below = places[order[rank - 1] as number] ?? here;
    const above = places[order[rank + 1] as number] ?? here;
    widths[index] = clip(Math.max(here - below, above - here));
  }
  return widths;
}

/** The kernels of options: each has its own, and every option by the weight of the prior. */
export function createOptionKernels(
  { options }: OptionsDimension,
  values: readonly ParameterValue[],
  priorWeight: number,
): Kernels {
  const places = new Map(options.map(({ value }, place) => [value, place]));
  const own = Int32Array.from([...values.map((value) => places.get(value) as number), -1]);
  const share = priorWeight / own.length;
  const total = 1 + share * options.length;
  const logOther = log(share / total);
  const logOwn = log((1 + share) / total);
  const logPrior = -log(options.length);
  return {
    draw(kernel, uniform) {
      const mine = own[kernel] as number;
      const drawn = (uniform * total - 1) / share;
      // The first 1 / total of the line is the kernel's own option.
      const place = mine < 0 ? uniform * options.length : drawn < 0 ? mine : drawn;
      return options[Math.min(options.length - 1, Math.floor(place))]?.value as ParameterValue;
    },
    addLogs(logs, value) {
      const place = places.get(value) as number;
      for (let kernel = 0; kernel < logs.length; kernel++) {
        const mine = own[kernel] as number;
        logs[kernel] = (logs[kernel] as number) + (mine < 0 ? logPrior : mine === place ? logOwn : logOther);
      }
    },
  };
}
