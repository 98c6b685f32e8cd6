/** The seed of one training of a search. */
import { streamKey } from "../../engine/index.ts";

const WORD = 2 ** 32;

/** Derives the seed of a fold of a trial from the seed of the search: never drawn from a stream that a resume would restart. */
export function trialSeed(seed: number, trial: number, fold: number): number {
  const [word] = streamKey(seed, `search/${trial}/${fold}`);
  return ((word % WORD) + WORD) % WORD;
}
