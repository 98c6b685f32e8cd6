/**
 * Successive halving (K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS
 * 2016) and Hyperband (L. Li et al., "Hyperband: a novel bandit-based approach to hyperparameter optimization", JMLR 18, 2018). The
 * rungs of all brackets run side by side: generation g is the g-th rung of each.
 */
import type { MethodOf } from "../../domain/sweeps/method.ts";
import type { Generation, PlannedTrial, TrialResult } from "../../domain/sweeps/trial.ts";
import { createRandomTrials } from "./random.ts";
import { fromBest, type Search } from "./search.ts";

/** Most of the epochs of all whole trainings that a bracket from the default first rung takes. */
const DEFAULT_SHARE = 1 / 4;
/** With the default first rung, at most this share of the trials is trained to the end. */
const MAX_WHOLE = 1 / 8;

/** Trials that compete, and the epochs at which they are compared; the last is that of a whole training. */
export interface Bracket {
  readonly first: number;
  readonly trials: number;
  readonly rungs: readonly number[];
}

/**
 * The brackets of a sweep: each begins one rung higher than the one before, with fewer trials, as Hyperband has it.
 *
 * @internal Exported for tests.
 */
export function bracketsOf({ method, epochs, trials }: Search<MethodOf<"halving">>): Bracket[] {
  const { factor, min_epochs: least } = method;
  const rungs = least === null ? defaultRungs(epochs, factor) : rungsDownTo(least, epochs, factor);
  const ladders = rungs.slice(0, method.brackets).map((_, from) => rungs.slice(from));
  // Hyperband gives a bracket of s halvings ceil((s_max + 1) / (s + 1) factor^s) trials.
  const weights = ladders.map(({ length }) => Math.ceil((rungs.length / length) * factor ** (length - 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  let first = 0;
  return ladders.map((own, index) => {
    before += weights[index] as number;
    const next = Math.floor((trials * before) / total);
    const bracket = { first, trials: next - first, rungs: own };
    first = next;
    return bracket;
  });
}

function rungsDownTo(least: number, epochs: number, factor: number): number[] {
  const rungs = [epochs];
  for (let rung = Math.floor(epochs / factor); rung >= least; rung = Math.floor(epochs / factor ** rungs.length))
    rungs.unshift(rung);
  return rungs;
}

/**
 * The rungs from the latest first one that keeps to DEFAULT_SHARE. With k cuts and rungs a, fa, ..., f^(k-1) a, 1 of a whole training, each
 * trial costs a k (1 - 1/f) + f^-k of one on average. A late first rung is worth more than many: early losses say little of the last.
 */
function defaultRungs(epochs: number, factor: number): number[] {
  const cuts = Math.ceil(Math.log(1 / MAX_WHOLE) / Math.log(factor) - 1e-9);
  const first = Math.floor((epochs * (DEFAULT_SHARE - factor ** -cuts)) / (cuts * (1 - 1 / factor)));
  const below = Array.from({ length: cuts }, (_, cut) => Math.max(1, first) * factor ** cut);
  return [...below.filter((rung) => rung < epochs), epochs];
}

/** The next rung of each bracket, by the values at the rung before; null after the last. */
export function nextRungs(
  search: Search<MethodOf<"halving">>,
  results: readonly TrialResult[],
  index: number,
): Generation | null {
  const randomTrial = createRandomTrials(search);
  const trials: PlannedTrial[] = [];
  const pruned: number[] = [];
  for (const bracket of bracketsOf(search)) {
    const epochs = bracket.rungs[index];
    if (epochs === undefined) continue;
    const untilEpoch = index === bracket.rungs.length - 1 ? null : epochs;
    if (index === 0) {
      for (let number = bracket.first; number < bracket.first + bracket.trials; number++)
        trials.push({ number, parameters: randomTrial(number), untilEpoch, goesOn: false });
      continue;
    }
    const ranked = byProspects(
      results.filter((result) => isIn(bracket, result) && result.generation === index - 1 && result.state !== "failed"),
      search.isMaximized,
    );
    const places = Math.max(1, Math.floor(bracket.trials / search.method.factor ** index));
    const chosen = ranked.slice(0, places).toSorted((a, b) => a.number - b.number);
    for (const { number, parameters } of chosen) trials.push({ number, parameters, untilEpoch, goesOn: true });
    pruned.push(...ranked.slice(places).map(({ number }) => number));
  }
  return trials.length === 0 ? null : { index, trials, pruned: pruned.sort((a, b) => a - b) };
}

/**
 * Results from the likeliest to be the best at the end to the least likely: by the better of two places, that of the value now and that of the
 * value it is heading to. Fast learners have the first, slow ones that catch up the second. Of equal ones those whose other place is better come first.
 */
function byProspects(results: readonly TrialResult[], isMaximized: boolean): TrialResult[] {
  const placesOf = (order: readonly TrialResult[]) => new Map(order.map(({ number }, place) => [number, place]));
  const now = placesOf(fromBest(results, isMaximized));
  const later = placesOf(
    fromBest(
      results.map((result) => ({ ...result, value: result.projected_value ?? result.value })),
      isMaximized,
    ),
  );
  const prospects = results.map((result) => {
    const places = [now.get(result.number) as number, later.get(result.number) as number];
    return { result, better: Math.min(...places), worse: Math.max(...places) };
  });
  prospects.sort((a, b) => a.better - b.better || a.worse - b.worse || a.result.number - b.result.number);
  return prospects.map(({ result }) => result);
}

const isIn = ({ first, trials }: Bracket, { number }: TrialResult) => number >= first && number < first + trials;
