/**
 * The tree-structured Parzen estimator (J. Bergstra, R. Bardenet, Y. Bengio, B. Kegl, "Algorithms for hyper-parameter optimization", NIPS
 * 2011) in generations: one density of the best trials and one of all others; some draws of the first are compared, and the one with the
 * greatest ratio is chosen. Defaults are Optuna's; parameters that are active together are drawn together, as with its options multivariate
 * and group. A failed trial is one of the others, whereas Optuna leaves it out: it is worth knowing where training diverges.
 */
import type { MethodOf } from "../../domain/sweeps/method.ts";
import type { ParameterValue, TrialParameters } from "../../domain/sweeps/parameter.ts";
import { type Dimension, isActive } from "../../domain/sweeps/parameter-space.ts";
import type { TrialResult } from "../../domain/sweeps/trial.ts";
import { createRandom, type Key, streamKey } from "../../engine/index.ts";
import { createAxis } from "./axis.ts";
import { createDensity, type Density } from "./parzen.ts";
import { createRandomTrials } from "./random.ts";
import { byNumber, fromBest, type Search } from "./search.ts";

type TpeSearch = Search<MethodOf<"tpe">>;

/** Maximum trials that count as good. */
const MAX_GOOD = 25;
/** Default minimum trials of a generation, and number of earlier trials for each trial of a later one. */
const MIN_GENERATION = 4;
const GENERATION_SHARE = 20;

/** The number of trials of the next generation, after this many. */
export function generationSize({ method, trials }: TpeSearch, done: number): number {
  const wanted =
    done < method.startup_trials
      ? method.startup_trials - done
      : (method.generation ?? Math.max(MIN_GENERATION, Math.floor(done / GENERATION_SHARE)));
  return Math.min(trials - done, wanted);
}

/** Creates the function from the number of a trial to its parameters, by the results of all trials of earlier generations. */
export function createTpeTrials(search: TpeSearch, results: readonly TrialResult[]): (number: number) => TrialParameters {
  const { space, method, seed } = search;
  const randomTrial = createRandomTrials(search);
  const good = goodOf(search, results);
  if (results.length < method.startup_trials || good.length === 0) return randomTrial;
  const isGood = new Set(good.map(({ number }) => number));
  const others = results.filter(({ number }) => !isGood.has(number));
  const groups = groupsOf(space.dimensions).map((dimensions) => createGroup(dimensions, good, byNumber(others), method, seed));
  return (number) => {
    const chosen: Record<string, ParameterValue> = {};
    for (const group of groups) if (isActive(group.first, chosen)) Object.assign(chosen, group.choose(number));
    return chosen;
  };
}

/** The best trials, in the order of their numbers. */
function goodOf({ method, isMaximized }: TpeSearch, results: readonly TrialResult[]): TrialResult[] {
  const count = Math.min(Math.ceil(method.gamma * results.length), MAX_GOOD);
  const known = results.filter(({ value, state }) => value !== null && state !== "failed");
  return byNumber(fromBest(known, isMaximized).slice(0, count));
}

/** Parameters that are active together, each group after the one that it depends on. */
function groupsOf(dimensions: readonly Dimension[]): Dimension[][] {
  const groups = new Map<string, Dimension[]>();
  for (const dimension of dimensions) {
    const condition = JSON.stringify(dimension.condition);
    groups.set(condition, [...(groups.get(condition) ?? []), dimension]);
  }
  return [...groups.values()];
}

interface Group {
  readonly first: Dimension;
  /** Chooses the parameters of a trial. */
  choose(number: number): TrialParameters;
}

function createGroup(
  all: readonly Dimension[],
  good: readonly TrialResult[],
  others: readonly TrialResult[],
  { candidates, prior_weight }: MethodOf<"tpe">,
  seed: number,
): Group {
  const first = all[0] as Dimension;
  const dimensions = all.filter((dimension) => onlyValueOf(dimension) === null);
  const fixed = Object.fromEntries(
    all.flatMap((dimension) => {
      const only = onlyValueOf(dimension);
      return only === null ? [] : [[dimension.pointer, only.value]];
    }),
  );
  const densityOf = (results: readonly TrialResult[]) => {
    const trials = results.map(({ parameters }) => parameters).filter((parameters) => isActive(first, parameters));
    return createDensity(dimensions, trials, prior_weight);
  };
  const [ofGood, ofOthers] = [densityOf(good), densityOf(others)];
  const key = streamKey(seed, `tpe${first.pointer}`);
  return {
    first,
    choose(number) {
      const values = bestCandidate(ofGood, ofOthers, candidates, key, number * candidates * (1 + dimensions.length));
      return {
        ...fixed,
        ...Object.fromEntries(dimensions.map(({ pointer }, index) => [pointer, values[index] as ParameterValue])),
      };
    },
  };
}

/** Of this many draws of one density, the one with the greatest ratio to another; among equals the first. */
function bestCandidate(good: Density, others: Density, candidates: number, key: Key, position: number): ParameterValue[] {
  const random = createRandom(key, position);
  const uniform = () => random.uniform();
  let best = { values: good.draw(uniform), gain: Number.NEGATIVE_INFINITY };
  for (let drawn = 0; drawn < candidates; drawn++) {
    const values = drawn === 0 ? best.values : good.draw(uniform);
    const gain = good.logAt(values) - others.logAt(values);
    if (gain > best.gain) best = { values, gain };
  }
  return best.values;
}

/** The value of a parameter with only one; null if there are more. */
function onlyValueOf(dimension: Dimension): { readonly value: ParameterValue } | null {
  if (dimension.kind === "options")
    return dimension.options.length === 1 ? { value: dimension.options[0]?.value ?? null } : null;
  return createAxis(dimension.range).count === 1 ? { value: dimension.range.min } : null;
}
