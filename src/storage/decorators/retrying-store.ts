/**
 * Wraps a store with retries: methods wait for a database that is temporarily unavailable. A write whose answer was lost is
 * retried only if the table of methods says how to interpret the second answer; otherwise it throws, and the caller decides.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { NewJob } from "../../domain/jobs/job-store.ts";
import type { AskedChange } from "../../domain/store/method-table.ts";
import type { ProjectStore, Store } from "../../domain/store/store.ts";
import { type AnyFacts, type StoreMethod, wrapMethods, wrapStore } from "../../domain/store/wrap-store.ts";
import { isDuplicate } from "../dialect.ts";
import { TransientFailure } from "../postgres/postgres-failures.ts";

export interface RetryOptions {
  /** How long a request is retried. */
  readonly retryMs: number;
  /** How long a write of a training run is retried: it may carry hours of training. */
  readonly runRetryMs: number;
}

const PAUSE_MS = { first: 50, longest: 500 };

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Interprets the outcome of a second try after the answer to the first was lost. */
type Judge = (args: readonly unknown[], again: Outcome) => Promise<Outcome>;

/** Wraps the store, and those of its projects, with retries. */
export function retrying(store: Store, options: RetryOptions): Store {
  return wrapStore(store, (part) =>
    wrapMethods(part, (method, facts) => {
      const forMs = facts.ofRun ? options.runRetryMs : options.retryMs;
      return retryingMethod(method, forMs, facts.access === "read" ? ACCEPT : judgeOf(facts, part));
    }),
  );
}

/** Wraps a method with retries. `judge` is null for a write that is not retried after its answer was lost. */
function retryingMethod(method: StoreMethod, forMs: number, judge: Judge | null): StoreMethod {
  return async (...args) => {
    const deadline = performance.now() + forMs;
    let isUnsure = false;
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(PAUSE_MS.longest, pauseMs * 2)) {
      let outcome = await outcomeOf(method(...args));
      if (isUnsure && judge) outcome = await judge(args, outcome).catch((error: unknown) => ({ error }));
      if ("value" in outcome) return outcome.value;
      const { error } = outcome;
      if (!(error instanceof TransientFailure) || performance.now() + pauseMs > deadline) throw error;
      if (!error.isUndone) {
        if (!judge) throw error;
        isUnsure = true;
      }
      await delay(pauseMs);
    }
  };
}

/** Accepts the second outcome as it is. */
const ACCEPT: Judge = (_args, again) => Promise.resolve(again);

function judgeOf({ ifAnswerLost }: AnyFacts, store: ProjectStore): Judge | null {
  if (!ifAnswerLost) return null;
  if (ifAnswerLost === "repeat") return ACCEPT;
  if (ifAnswerLost === "stored") return (args, again) => unlessStored(store, (args[0] as NewJob).id, again);
  return (args, again) => unlessChanged(store, String(args[0]), ifAnswerLost.asked(...args), again);
}

/** Returns the stored job when the second try failed because the first had inserted it; otherwise the second outcome. */
async function unlessStored(store: ProjectStore, id: string, again: Outcome): Promise<Outcome> {
  const stored = "error" in again && isDuplicate(again.error) ? await store.jobs.get(id) : null;
  return stored ? { value: stored } : again;
}

/** Returns the stored job when the second try changed nothing because the first had changed it; otherwise the second outcome. */
async function unlessChanged(store: ProjectStore, id: string, { to, attempt }: AskedChange, again: Outcome): Promise<Outcome> {
  if (!("value" in again) || again.value !== null) return again;
  const job = await store.jobs.get(id);
  const isOurs =
    (attempt === undefined || job?.attempt === attempt) && JSON.stringify(job?.transitions.at(-1)) === JSON.stringify(to);
  return job && isOurs ? { value: job } : again;
}

function outcomeOf(promise: Promise<unknown>): Promise<Outcome> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
