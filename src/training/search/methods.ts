/**
 * The methods of sweeps: which trials come next. The parameters of a trial are a function of the sweep, its number, and the results of
 * earlier generations, never of the order in which those came, nor of a clock: a sweep has the same trials and the same winner on any
 * number of threads and machines, and after any interruption.
 */
import { DEFAULT_TRIALS, MAX_TRIALS, type Method, type MethodOf } from "../../domain/sweeps/method.ts";
import type { TrialParameters } from "../../domain/sweeps/parameter.ts";
import type { Generation, TrialResult } from "../../domain/sweeps/trial.ts";
import { combinations, countCombinations } from "./grid.ts";
import { nextRungs } from "./halving.ts";
import { createRandomTrials } from "./random.ts";
import { byNumber, type Search } from "./search.ts";
import { createTpeTrials, generationSize } from "./tpe.ts";

/** Trials of a generation if none depends on another: enough to keep many machines busy, and few enough for one message. */
const INDEPENDENT = 4096;

/** Plans generation `index`, by the results of all trials before it in the order of their numbers. */
type Plan<M extends Method> = (search: Search<M>, results: readonly TrialResult[], index: number) => Generation | null;

const PLANS: { readonly [T in Method["type"]]: Plan<MethodOf<T>> } = {
  grid(search, results, index) {
    const { space, method, trials } = search;
    const first = results.length;
    const last = Math.min(trials, first + INDEPENDENT);
    const chosen: TrialParameters[] = [];
    let number = 0;
    for (const combination of combinations(space, method.points)) {
      if (number >= last) break;
      if (number++ >= first) chosen.push({ ...combination });
    }
    return newTrials(index, first, chosen);
  },
  random(search, results, index) {
    const first = results.length;
    return newTrials(index, first, numbered(first, Math.min(search.trials - first, INDEPENDENT), createRandomTrials(search)));
  },
  tpe(search, results, index) {
    const first = results.length;
    return newTrials(index, first, numbered(first, generationSize(search, first), createTpeTrials(search, results)));
  },
  halving: nextRungs,
};

const numbered = (first: number, count: number, parametersOf: (number: number) => TrialParameters) =>
  Array.from({ length: Math.max(0, count) }, (_, place) => parametersOf(first + place));

function newTrials(index: number, first: number, chosen: readonly TrialParameters[]): Generation | null {
  if (chosen.length === 0) return null;
  const trials = chosen.map((parameters, place) => ({ number: first + place, parameters, untilEpoch: null, goesOn: false }));
  return { index, trials, pruned: [] };
}

/**
 * Returns the next generation, or null if the sweep is over. `results` are all trials of all generations so far, in any order: each is done
 * with its generation, and none is missing. Store a plan before any of it runs.
 */
export function nextGeneration(search: Search, results: readonly TrialResult[]): Generation | null {
  const ordered = byNumber(results);
  const index = ordered.reduce((next, { generation }) => Math.max(next, generation + 1), 0);
  return (PLANS[search.method.type] as Plan<Method>)(search, ordered, index);
}

/**
 * How many trials a sweep has: the requested number, at most those of its grid; null if it does not say, and its grid has more than a sweep
 * may have.
 */
export function trialCount({
  space,
  method,
  trials,
}: Pick<Search, "space" | "method"> & { readonly trials: number | undefined }): number | null {
  if (space.dimensions.length === 0) return 1;
  if (method.type !== "grid") return trials ?? DEFAULT_TRIALS;
  const count = countCombinations(space, method.points, MAX_TRIALS + 1);
  if (trials === undefined) return count > MAX_TRIALS ? null : count;
  return Math.min(trials, count);
}
