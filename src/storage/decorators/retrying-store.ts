/**
 * A store whose methods wait for a database that has gone away, and answer as if it had not. A change whose answer was lost
 * is asked for again only where it can be told whether it was made; any other fails, and its caller decides.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "../../domain/jobs/job.ts";
import type { ProjectStore, Store } from "../../domain/ports.ts";
import { isDuplicate } from "../dialect.ts";
import { PassingFailure } from "../postgres/postgres-failures.ts";

export interface RetryOptions {
  /** How long a request waits. */
  readonly retryMs: number;
  /** How long what a run writes waits: hours of training may hang on it. */
  readonly runRetryMs: number;
}

/** What asks the database for nothing, or is to say at once that it is away. */
const AT_ONCE = ["health", "onHealth", "close", "ping", "ofProject"] as const satisfies readonly (keyof Store)[];

type Method = Exclude<keyof Store, (typeof AT_ONCE)[number]>;

const PAUSE_MS = { first: 50, longest: 500 };

/** What only runs do. */
const OF_RUNS: ReadonlySet<string> = new Set<Method>([
  "appendMetrics",
  "insertCheckpoint",
  "finishJob",
  "readPayload",
  "readCheckpoint",
]);

/** Changes nothing, and can be asked again whatever happened. */
const READS = /^(get|list|read|find|describe|queuePosition|next|projectsInTurn)/;

type Outcome = { readonly value: unknown } | { readonly error: unknown };
type Judge = (store: ProjectStore, args: readonly unknown[], again: Outcome) => Promise<Outcome>;

/**
 * Changes that can be asked for again after their answer was lost, and what the second answer means then: the change made by
 * the first is found.
 */
const JUDGES: Partial<Record<Method, Judge>> = {
  // It knows its newest chunk again by itself.
  appendMetrics: (_store, _args, again) => Promise.resolve(again),
  async insertJob(store, [job], again) {
    const stored = "error" in again && isDuplicate(again.error) ? await store.getJob((job as { id: string }).id) : null;
    return stored ? { value: stored } : again;
  },
  async transition(store, [id, request], again) {
    const { to } = request as { to: { state: string; at: number; reason: string } };
    return unlessMoved(store, String(id), again, (job) => isSame(job.transitions.at(-1), to));
  },
  async finishJob(store, [id, attempt, at, reason, outcome], again) {
    const to = { state: (outcome as { state: string }).state, at, reason };
    return unlessMoved(store, String(id), again, (job) => job.attempt === attempt && isSame(job.transitions.at(-1), to));
  },
};

/** The store, and those of its projects, with patience. */
export function retrying(store: Store, options: RetryOptions): Store {
  return { ...retryingMethods(store, options), ofProject: (project) => retryingMethods(store.ofProject(project), options) };
}

function retryingMethods<S extends ProjectStore>(store: S, { retryMs, runRetryMs }: RetryOptions): S {
  const wrap = (name: Method) => {
    const method = (store as unknown as Store)[name] as (...args: unknown[]) => Promise<unknown>;
    const forMs = OF_RUNS.has(name) ? runRetryMs : retryMs;
    const judge = JUDGES[name];
    const mayRepeat = READS.test(name) || judge !== undefined;
    return async (...args: unknown[]): Promise<unknown> => {
      const deadline = performance.now() + forMs;
      let isUnsure = false;
      for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(PAUSE_MS.longest, pauseMs * 2)) {
        let outcome = await settle(method(...args));
        if (isUnsure && judge) outcome = await settleOutcome(judge(store, args, outcome));
        if ("value" in outcome) return outcome.value;
        const { error } = outcome;
        if (!(error instanceof PassingFailure) || performance.now() + pauseMs > deadline) throw error;
        if (!error.isUndone) {
          if (!mayRepeat) throw error;
          isUnsure = true;
        }
        await delay(pauseMs);
      }
    };
  };
  const names = Object.keys(store).filter((name): name is Method => !(AT_ONCE as readonly string[]).includes(name));
  return { ...store, ...Object.fromEntries(names.map((name) => [name, wrap(name)])) };
}

/** Where the second try changed nothing because the first had: the job as the first left it. */
async function unlessMoved(store: ProjectStore, id: string, again: Outcome, isOurs: (job: Job) => boolean): Promise<Outcome> {
  if (!("value" in again) || again.value !== null) return again;
  const job = await store.getJob(id);
  return job && isOurs(job) ? { value: job } : again;
}

function isSame(last: object | undefined, to: object): boolean {
  return JSON.stringify(last) === JSON.stringify(to);
}

function settle(promise: Promise<unknown>): Promise<Outcome> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

function settleOutcome(promise: Promise<Outcome>): Promise<Outcome> {
  return promise.catch((error: unknown) => ({ error }));
}
