/** The seed of one training of a search. */
import { streamKey } from "../../engine/index.ts";

const WORD = 2 ** 32;

/**
 * Derives the seed of a fold of a trial from the seed of the search. It does not come from a stream, because a resume would restart the
 * stream.
 */
export function trialSeed(seed: number, trial: number, fold: number): number {
  const [word] = streamKey(seed, `search/${trial}/${fold}`);
  return ((word % WORD) + WORD) % WORD;
}
