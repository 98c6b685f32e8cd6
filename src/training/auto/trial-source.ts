/**
 * Trains the candidates of a search and hands them out in the order of their numbers, whoever trained them: this thread, or an assistant
 * beside it. A candidate is a function of the search and its number, so that it does not matter who does.
 */
import type { Networks, Trial } from "./search-state.ts";

/** A candidate that was trained on all folds; without networks where it diverged. */
export interface TrainedCandidate {
  readonly trial: Trial;
  readonly networks: Networks | null;
}

/** Another thread that trains candidates of the same search, one at a time. */
export interface Assistant {
  /** Whether it has nothing to do. */
  readonly isIdle: boolean;
  /** Gives an idle assistant a candidate by its number. */
  start(number: number): void;
  /** Returns what it has finished since the last call; null if nothing. "lost" if it has died, with what it was doing. */
  take(): TrainedCandidate | "lost" | null;
  /** Waits until it has finished something, at most so long. */
  wait(ms: number): void;
  /** Ends its thread, whatever it is doing. */
  close(): void;
}

export interface TrialSource {
  /** Returns a candidate by its number; null when the search has ended meanwhile. Numbers are asked for in order. */
  take(number: number): TrainedCandidate | null;
  /** Gives an idle assistant its next candidate. Called every few milliseconds while this thread trains. */
  poll(): void;
}

/** How long this thread waits for its assistant before it looks whether the search has ended. */
const WAIT_MS = 50;

/** Creates a source of candidates `first`..`last`. `train` trains one here: null when the search has ended meanwhile. */
export function createTrialSource(
  { first, last, assistant }: { readonly first: number; readonly last: number; readonly assistant: Assistant | null },
  train: (number: number) => TrainedCandidate | null,
  ended: () => boolean,
): TrialSource {
  const trained = new Map<number, TrainedCandidate>();
  let helper = assistant;
  let next = first;
  let given: number | null = null;
  const poll = () => {
    if (!helper) return;
    const result = helper.take();
    if (result === "lost") helper = null;
    else if (result) {
      trained.set(result.trial.number, result);
      given = null;
    }
    if (helper?.isIdle && next <= last) {
      given = next++;
      helper.start(given);
    }
  };
  /** The candidate that this thread trains now; null where only the assistant has one left. */
  const ownNumber = (): number | null => {
    if (helper === null && given !== null) {
      const lost = given;
      given = null;
      return lost;
    }
    return next <= last ? next++ : null;
  };
  return {
    poll,
    take(number) {
      for (;;) {
        poll();
        const known = trained.get(number);
        if (known) {
          trained.delete(number);
          return known;
        }
        if (ended()) return null;
        const own = ownNumber();
        if (own === null) helper?.wait(WAIT_MS);
        else {
          const result = train(own);
          if (!result) return null;
          trained.set(own, result);
        }
      }
    },
  };
}
