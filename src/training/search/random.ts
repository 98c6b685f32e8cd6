/** Random search (J. Bergstra, Y. Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012). */

import type { ParameterValue, TrialParameters } from "../../domain/sweeps/parameter.ts";
import type { Dimension } from "../../domain/sweeps/parameter-space.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import { createAxis } from "./axis.ts";
import { choose, type Search } from "./search.ts";

/**
 * Creates the function from the number of a trial to its random parameters. Each parameter has its own random stream; trial n takes the
 * n-th number, so neither other trials nor other parameters change it.
 */
export function createRandomTrials({ space, seed }: Pick<Search, "space" | "seed">): (number: number) => TrialParameters {
  const draws = new Map(space.dimensions.map((dimension) => [dimension.pointer, createDraw(dimension, seed)]));
  return (number) => choose(space, ({ pointer }) => (draws.get(pointer) as Draw)(number));
}

type Draw = (number: number) => ParameterValue;

function createDraw(dimension: Dimension, seed: number): Draw {
  const key = streamKey(seed, `random${dimension.pointer}`);
  const uniform = (number: number) => createRandom(key, number).uniform();
  if (dimension.kind === "range") {
    const { low, high, numberAt } = createAxis(dimension.range);
    return (number) => numberAt(low + uniform(number) * (high - low));
  }
  const { options } = dimension;
  return (number) => options[Math.floor(uniform(number) * options.length)]?.value as ParameterValue;
}
